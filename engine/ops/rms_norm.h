// RMSNorm (Zhang & Sennrich 2019): y = x / sqrt(mean(x^2) + eps) * weight over the last axis, as
// Hugging Face's llama.
#pragma once

#include "engine/ops/gradient_mode.h"
#include "engine/tensor/backend.h"

namespace engine::ops {

// x, y: [rows, width], f32 or bf16, same dtype; weight: [width], f32 or bf16; rstd: f32 [rows],
// saved for backward (may be undefined when no backward follows). Statistics in float32; y may
// alias x.
void rms_norm_forward(Backend& backend,
                      ConstTensorView x,
                      ConstTensorView weight,
                      float eps,
                      TensorView y,
                      TensorView rstd);

// With xhat = x * rstd and g = dy * weight: dx (+)= rstd * (g - xhat * mean(g * xhat)).
// dx: [rows, width]; `accumulate` adds to it, otherwise it is written; dx may alias dy, not x.
// dweight: f32 [width], sum over rows of dy * xhat, per `dweight_mode`.
struct RmsNormBackwardArgs
{
    ConstTensorView dy;
    ConstTensorView x;
    ConstTensorView weight;
    ConstTensorView rstd;
    TensorView dx;
    bool accumulate = false;
    TensorView dweight = {};
    GradientMode dweight_mode = GradientMode::Skip;
};

void rms_norm_backward(Backend& backend, const RmsNormBackwardArgs& args);

} // namespace engine::ops
