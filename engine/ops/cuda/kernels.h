// The ops as a GPU runs them, one overload per op; arguments were checked by engine/ops/<op>.cpp.
// Each queues its work and returns.
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
#include "engine/tensor/cuda_backend.h"

namespace engine::ops::kernels {

void matmul(CudaBackend& backend, const MatmulArgs& args);

void dequantize(CudaBackend& backend, const QuantizedMatrix& matrix, TensorView weight);
void quantized_linear(CudaBackend& backend,
                      ConstTensorView x,
                      const QuantizedMatrix& weight,
                      TensorView y,
                      float beta);

void embedding_forward(CudaBackend& backend,
                       ConstTensorView ids,
                       ConstTensorView table,
                       TensorView y);
void embedding_backward(CudaBackend& backend,
                        ConstTensorView ids,
                        ConstTensorView dy,
                        TensorView dtable);

void rms_norm_forward(CudaBackend& backend,
                      ConstTensorView x,
                      ConstTensorView weight,
                      float eps,
                      TensorView y,
                      TensorView rstd);
void rms_norm_backward(CudaBackend& backend, const RmsNormBackwardArgs& args);

void rope(CudaBackend& backend,
          TensorView x,
          std::int64_t head_dim,
          ConstTensorView positions,
          ConstTensorView cos_table,
          ConstTensorView sin_table,
          Rotation rotation);

void attention_forward(CudaBackend& backend, const AttentionForwardArgs& args);
void attention_backward(CudaBackend& backend, const AttentionBackwardArgs& args);
std::int64_t attention_scratch_bytes(CudaBackend& backend,
                                     const AttentionShape& shape,
                                     DType dtype,
                                     std::int64_t n,
                                     std::int64_t max_seq_len);
void attention_cached(CudaBackend& backend,
                      const AttentionShape& shape,
                      ConstTensorView q,
                      ConstTensorView k_cache,
                      ConstTensorView v_cache,
                      std::int64_t length,
                      TensorView out);

void swiglu_forward(CudaBackend& backend, ConstTensorView gate, ConstTensorView up, TensorView h);
void swiglu_backward(CudaBackend& backend,
                     ConstTensorView dh,
                     ConstTensorView gate,
                     ConstTensorView up,
                     TensorView dgate,
                     TensorView dup);

void zero(CudaBackend& backend, TensorView x);
void copy(CudaBackend& backend, ConstTensorView source, TensorView destination);
void add(CudaBackend& backend, ConstTensorView a, ConstTensorView b, TensorView y);
void subtract(CudaBackend& backend, const SubtractArgs& args);
void scale(CudaBackend& backend, TensorView x, float factor);
void add_bias(CudaBackend& backend, TensorView x, ConstTensorView bias);
void bias_backward(CudaBackend& backend, ConstTensorView dy, TensorView dbias, GradientMode mode);
void gather_rows(CudaBackend& backend,
                 ConstTensorView x,
                 ConstTensorView indices,
                 TensorView rows_out);
void scatter_rows(CudaBackend& backend,
                  ConstTensorView drows,
                  ConstTensorView indices,
                  TensorView dx);

void dropout(CudaBackend& backend, ConstTensorView x, const DropoutKey& key, TensorView y);
void dropout_accumulate(CudaBackend& backend,
                        ConstTensorView dy,
                        const DropoutKey& key,
                        TensorView dx);

void cross_entropy(CudaBackend& backend, const CrossEntropyArgs& args);
void weighted_loss(CudaBackend& backend,
                   ConstTensorView losses,
                   ConstTensorView weights,
                   TensorView loss);

void adamw_step(CudaBackend& backend,
                std::span<const ParameterStep> parameters,
                const AdamWStep& step);
void sgd_step(CudaBackend& backend,
              std::span<const ParameterStep> parameters,
              ConstTensorView grad_scale);
void grad_scale(CudaBackend& backend, const GradScaleArgs& args);
double sum_of_squares(CudaBackend& backend, std::span<const ParameterStep> parameters);

void orthonormalize(CudaBackend& backend, TensorView matrix);
void gram(CudaBackend& backend, ConstTensorView matrix, std::span<double> product);

} // namespace engine::ops::kernels
