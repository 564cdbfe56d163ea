// A linear layer of few rows on a quantised weight that is decoded on the way and never written
// out: what an answer, token by token, computes.
#pragma once

#include "engine/ops/dequantize.h"

namespace engine::ops {

// Up to here it beats dequantize() and a product (README.md has the measurement).
inline constexpr std::int64_t kFewRows = 4;

// y[m, n] = x[m, k] W[n, k]^T + beta * y, 1 <= m <= kFewRows. W's elements are those of
// dequantize() in x's dtype, bit for bit; sums are float32 and rounded once. x and y: f32 or bf16,
// of one dtype, not aliased. beta: 0 (y's old contents may be NaN) or 1.
void quantized_linear(Backend& backend,
                      ConstTensorView x,
                      const QuantizedMatrix& weight,
                      TensorView y,
                      float beta = 0.0F);

} // namespace engine::ops
