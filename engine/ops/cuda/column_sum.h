// The sum over a matrix's rows, which is the gradient of a bias and of a norm's weight.
#pragma once

#include "engine/ops/gradient_mode.h"
#include "engine/tensor/cuda_backend.h"

namespace engine::ops::kernels {

// sum[c] (+)= sum over rows of dy[row, c] * x[row, c] * rstd[row]; without x of dy alone. dy and x:
// [rows, width], one dtype; rstd: f32 [rows]; sum: f32 [width]. Nothing is queued for Skip.
void column_sum(CudaBackend& backend,
                ConstTensorView dy,
                ConstTensorView x,
                ConstTensorView rstd,
                TensorView sum,
                GradientMode mode);

} // namespace engine::ops::kernels
