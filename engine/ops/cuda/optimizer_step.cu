// AdamW, SGD, the gradient norm and clipping over all parameters in one launch.
#include "engine/ops/cuda/optimizer_args.h"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

__device__ inline void store_value(const ParameterEntry& parameter, Index i, float value)
{
    parameter.value[i] = value;
    if (parameter.copy == nullptr) {
        return;
    }
    if (parameter.copy_is_bf16 != 0) {
        store<bf16>(parameter.copy, i, value);
    } else {
        store<float>(parameter.copy, i, value);
    }
}

// The factor of every gradient; NaN: the step is to change nothing.
__device__ inline float factor_of(const float* grad_scale)
{
    return grad_scale == nullptr ? 1.0F : *grad_scale;
}

LOWRANK_KERNEL(adamw, AdamWArgs)
{
    const float grad_scale = factor_of(args.grad_scale);
    if (grad_scale != grad_scale) {
        return;
    }
    const ParameterEntry parameter = args.parameters[blockIdx.y];
    const Index stride = static_cast<Index>(gridDim.x) * blockDim.x;
    for (Index i = thread_number(); i < parameter.size; i += stride) {
        const float g = parameter.grad[i] * grad_scale;
        const float m = args.beta1 * parameter.m[i] + (1.0F - args.beta1) * g;
        const float v = args.beta2 * parameter.v[i] + (1.0F - args.beta2) * g * g;
        parameter.m[i] = m;
        parameter.v[i] = v;
        const float step =
            parameter.step_size * m / (sqrtf(v) * args.inverse_sqrt_bias2 + args.eps);
        store_value(parameter, i, parameter.value[i] * parameter.decay - step);
    }
}

LOWRANK_KERNEL(sgd, SgdArgs)
{
    const float grad_scale = factor_of(args.grad_scale);
    if (grad_scale != grad_scale) {
        return;
    }
    const ParameterEntry parameter = args.parameters[blockIdx.y];
    const float step = parameter.step_size * grad_scale;
    const Index stride = static_cast<Index>(gridDim.x) * blockDim.x;
    for (Index i = thread_number(); i < parameter.size; i += stride) {
        store_value(parameter, i, parameter.value[i] * parameter.decay - step * parameter.grad[i]);
    }
}

LOWRANK_KERNEL(sum_of_squares, SumOfSquaresArgs)
{
    const ParameterEntry parameter = args.parameters[blockIdx.y];
    const Index stride = static_cast<Index>(gridDim.x) * blockDim.x;
    double sum = 0.0;
    for (Index i = thread_number(); i < parameter.size; i += stride) {
        const double g = parameter.grad[i];
        sum += g * g;
    }
    sum = block_sum_of_doubles(sum);
    if (threadIdx.x == 0) {
        args.parts[blockIdx.y * gridDim.x + blockIdx.x] = sum;
    }
}

// In every thread.
__device__ inline double sum_of_parts(const double* parts, Index n)
{
    double sum = 0.0;
    for (Index i = threadIdx.x; i < n; i += blockDim.x) {
        sum += parts[i];
    }
    return block_sum_of_doubles(sum);
}

LOWRANK_KERNEL(sum_parts, SumPartsArgs)
{
    const double sum = sum_of_parts(args.parts, args.n);
    if (threadIdx.x == 0) {
        *args.total = sum;
    }
}

__device__ inline bool is_finite(double x)
{
    return x - x == 0.0;
}

LOWRANK_KERNEL(grad_scale, GradScaleKernelArgs)
{
    constexpr double kClipEpsilon = 1e-6; // of torch.nn.utils.clip_grad_norm_
    const double norm = sqrt(sum_of_parts(args.parts, args.n));
    if (threadIdx.x != 0) {
        return;
    }
    double scale =
        args.max_grad_norm > 0.0 ? fmin(1.0, args.max_grad_norm / (norm + kClipEpsilon)) : 1.0;
    bool finite = is_finite(norm);
    for (Index i = 0; i < args.num_losses; ++i) {
        finite = finite && is_finite(args.losses[i]);
    }
    *args.grad_norm = static_cast<float>(norm);
    *args.grad_scale = static_cast<float>(finite ? scale : NAN);
}

} // namespace engine::ops::kernels
