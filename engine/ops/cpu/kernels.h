// The ops as the CPU runs them, one overload per op; arguments were checked by engine/ops/<op>.cpp.
#pragma once

#include "engine/ops/attention.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/dequantize.h"
#include "engine/ops/dropout.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/optimizer_step.h"
#include "engine/ops/orthonormalize.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope_direction.h"
#include "engine/tensor/cpu_backend.h"

namespace engine::ops::kernels {

void matmul(CpuBackend& backend, const MatmulArgs& args);

void dequantize(CpuBackend& backend, const QuantizedMatrix& matrix, TensorView weight);
void quantized_linear(CpuBackend& backend,
                      ConstTensorView x,
                      const QuantizedMatrix& weight,
                      TensorView y,
                      float beta);

void embedding_forward(CpuBackend& backend,
                       ConstTensorView ids,
                       ConstTensorView table,
                       TensorView y);
void embedding_backward(CpuBackend& backend,
                        ConstTensorView ids,
                        ConstTensorView dy,
                        TensorView dtable);

void rms_norm_forward(CpuBackend& backend,
                      ConstTensorView x,
                      ConstTensorView weight,
                      float eps,
                      TensorView y,
                      TensorView rstd);
void rms_norm_backward(CpuBackend& backend, const RmsNormBackwardArgs& args);

void rope(CpuBackend& backend,
          TensorView x,
          std::int64_t head_dim,
          ConstTensorView positions,
          ConstTensorView cos_table,
          ConstTensorView sin_table,
          Rotation rotation);

void attention_forward(CpuBackend& backend, const AttentionForwardArgs& args);
void attention_backward(CpuBackend& backend, const AttentionBackwardArgs& args);
std::int64_t attention_scratch_bytes(CpuBackend& backend,
                                     const AttentionShape& shape,
                                     DType dtype,
                                     std::int64_t n,
                                     std::int64_t max_seq_len);
void attention_cached(CpuBackend& backend,
                      const AttentionShape& shape,
                      ConstTensorView q,
                      ConstTensorView k_cache,
                      ConstTensorView v_cache,
                      std::int64_t length,
                      TensorView out);

void swiglu_forward(CpuBackend& backend, ConstTensorView gate, ConstTensorView up, TensorView h);
void swiglu_backward(CpuBackend& backend,
                     ConstTensorView dh,
                     ConstTensorView gate,
                     ConstTensorView up,
                     TensorView dgate,
                     TensorView dup);

void zero(CpuBackend& backend, TensorView x);
void copy(CpuBackend& backend, ConstTensorView source, TensorView destination);
void add(CpuBackend& backend, ConstTensorView a, ConstTensorView b, TensorView y);
void subtract(CpuBackend& backend, const SubtractArgs& args);
void scale(CpuBackend& backend, TensorView x, float factor);
void add_bias(CpuBackend& backend, TensorView x, ConstTensorView bias);
void bias_backward(CpuBackend& backend, ConstTensorView dy, TensorView dbias, GradientMode mode);
void gather_rows(CpuBackend& backend,
                 ConstTensorView x,
                 ConstTensorView indices,
                 TensorView rows_out);
void scatter_rows(CpuBackend& backend,
                  ConstTensorView drows,
                  ConstTensorView indices,
                  TensorView dx);

void dropout(CpuBackend& backend, ConstTensorView x, const DropoutKey& key, TensorView y);
void dropout_accumulate(CpuBackend& backend,
                        ConstTensorView dy,
                        const DropoutKey& key,
                        TensorView dx);

void cross_entropy(CpuBackend& backend, const CrossEntropyArgs& args);
void weighted_loss(CpuBackend& backend,
                   ConstTensorView losses,
                   ConstTensorView weights,
                   TensorView loss);

void adamw_step(CpuBackend& backend,
                std::span<const ParameterStep> parameters,
                const AdamWStep& step);
void sgd_step(CpuBackend& backend,
              std::span<const ParameterStep> parameters,
              ConstTensorView grad_scale);
void grad_scale(CpuBackend& backend, const GradScaleArgs& args);
double sum_of_squares(CpuBackend& backend, std::span<const ParameterStep> parameters);

void orthonormalize(CpuBackend& backend, TensorView matrix);
void gram(CpuBackend& backend, ConstTensorView matrix, std::span<double> product);

} // namespace engine::ops::kernels
