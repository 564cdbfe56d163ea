// AdamW, SGD and the gradient norm over all parameters in one launch.
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

LOWRANK_KERNEL(adamw, AdamWArgs)
{
    const ParameterEntry parameter = args.parameters[blockIdx.y];
    const Index stride = static_cast<Index>(gridDim.x) * blockDim.x;
    for (Index i = thread_number(); i < parameter.size; i += stride) {
        const float g = parameter.grad[i] * args.grad_scale;
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
    const ParameterEntry parameter = args.parameters[blockIdx.y];
    const Index stride = static_cast<Index>(gridDim.x) * blockDim.x;
    for (Index i = thread_number(); i < parameter.size; i += stride) {
        store_value(parameter,
                    i,
                    parameter.value[i] * parameter.decay - parameter.step_size * parameter.grad[i]);
    }
}

// The sum over a block in a fixed order.
__device__ inline double block_sum_of_doubles(double value)
{
    __shared__ double parts[kWarp];
    for (int step = kWarp / 2; step > 0; step /= 2) {
        value += __shfl_xor_sync(kAllLanes, value, step);
    }
    if (threadIdx.x % kWarp == 0) {
        parts[threadIdx.x / kWarp] = value;
    }
    __syncthreads();
    double sum = 0.0;
    for (int i = 0; i < static_cast<int>(blockDim.x) / kWarp; ++i) {
        sum += parts[i];
    }
    return sum;
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

LOWRANK_KERNEL(sum_parts, SumPartsArgs)
{
    double sum = 0.0;
    for (Index i = threadIdx.x; i < args.n; i += blockDim.x) {
        sum += args.parts[i];
    }
    sum = block_sum_of_doubles(sum);
    if (threadIdx.x == 0) {
        *args.total = sum;
    }
}

} // namespace engine::ops::kernels
