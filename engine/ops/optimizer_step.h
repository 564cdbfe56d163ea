// The optimizers' arithmetic on float32 parameters: AdamW (Loshchilov & Hutter 2019), SGD, the
// gradient norm and clipping. Nothing here but sum_of_squares() waits for the device.
#pragma once

#include <span>

#include "engine/tensor/backend.h"

namespace engine::ops {

// One parameter with its gradient and state, all f32 of one size. For SGD m and v are undefined.
// `copy` (optional, f32 or bf16) receives the rounded new value: what the model computes with.
struct ParameterStep
{
    TensorView value;
    ConstTensorView grad;
    TensorView m = {};
    TensorView v = {};
    TensorView copy = {};
    float learning_rate = 0.0F;
    float weight_decay = 0.0F;
};

struct AdamWStep
{
    float beta1 = 0.9F;
    float beta2 = 0.999F;
    float eps = 1e-8F;
    std::int64_t step = 1;           // t, from 1
    ConstTensorView grad_scale = {}; // f32 [1], what grad_scale() wrote; undefined: 1
};

// As torch.optim.AdamW: p *= 1 - lr * wd; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
// p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps), with grad_scale * grad for g.
// A grad_scale that is NaN leaves everything as it is.
void adamw_step(Backend& backend, std::span<const ParameterStep> parameters, const AdamWStep& step);

// p *= 1 - lr * wd; p -= lr * grad_scale * g. grad_scale as in AdamWStep.
void sgd_step(Backend& backend,
              std::span<const ParameterStep> parameters,
              ConstTensorView grad_scale = {});

struct GradScaleArgs
{
    std::span<const ParameterStep> parameters;
    ConstTensorView losses = {}; // f32 [micro-batches]; undefined: not looked at
    double max_grad_norm = 0.0;  // 0: no clipping
    TensorView grad_norm = {};   // f32 [1]
    TensorView grad_scale = {};  // f32 [1]
};

// grad_norm = the norm of all gradients together, summed in float64 in a fixed order.
// grad_scale = min(1, max_grad_norm / (grad_norm + 1e-6)), as torch.nn.utils.clip_grad_norm_, or 1
// without clipping; NaN when the norm or a loss is not finite, so that such a step changes nothing.
void grad_scale(Backend& backend, const GradScaleArgs& args);

// Sum of squares of all gradients, accumulated in double in a fixed order.
[[nodiscard]] double sum_of_squares(Backend& backend, std::span<const ParameterStep> parameters);

} // namespace engine::ops
