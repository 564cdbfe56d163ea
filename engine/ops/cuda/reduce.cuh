// Sums and maxima over the threads of a warp and of a block, always in the same order.
#pragma once

#include "engine/ops/cuda/device.cuh"

namespace engine::ops::kernels {

constexpr unsigned kAllLanes = 0xffffffffU;
constexpr int kWarp = 32;

template <typename T>
__device__ inline T warp_sum(T value)
{
    for (int step = kWarp / 2; step > 0; step /= 2) {
        value += __shfl_xor_sync(kAllLanes, value, step);
    }
    return value;
}

__device__ inline float warp_max(float value)
{
    for (int step = kWarp / 2; step > 0; step /= 2) {
        value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, step));
    }
    return value;
}

// The sum over a block of whole warps, at most 1024 threads, in every thread; the same order
// always.
__device__ inline float block_sum(float value)
{
    __shared__ float parts[kWarp];
    const int warps = blockDim.x / kWarp;
    value = warp_sum(value);
    __syncthreads(); // the last sum's parts are read
    if (threadIdx.x % kWarp == 0) {
        parts[threadIdx.x / kWarp] = value;
    }
    __syncthreads();
    float sum = 0.0F;
    for (int i = 0; i < warps; ++i) {
        sum += parts[i];
    }
    return sum;
}

// The same of doubles.
__device__ inline double block_sum_of_doubles(double value)
{
    __shared__ double parts[kWarp];
    value = warp_sum(value);
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

} // namespace engine::ops::kernels
