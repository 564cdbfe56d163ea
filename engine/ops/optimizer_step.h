// The optimizers' arithmetic on float32 parameters: AdamW (Loshchilov & Hutter 2019), SGD, and the
// gradient norm.
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
    std::int64_t step = 1;   // t, from 1
    float grad_scale = 1.0F; // gradients are multiplied by it first: clipping without a second pass
};

// As torch.optim.AdamW: p *= 1 - lr * wd; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
// p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps).
void adamw_step(Backend& backend, std::span<const ParameterStep> parameters, const AdamWStep& step);

// p *= 1 - lr * wd; p -= lr * grad_scale * g.
void sgd_step(Backend& backend, std::span<const ParameterStep> parameters, float grad_scale);

// Sum of squares of all gradients, accumulated in double in a fixed order.
[[nodiscard]] double sum_of_squares(Backend& backend, std::span<const ParameterStep> parameters);

} // namespace engine::ops
