// What the kernels are written with: their head, bfloat16 and half.
// Only device code includes this.
#pragma once

#include "engine/ops/cuda/kernel_args.h"

// A kernel of one struct argument. The tests' emulator defines its own.
#ifndef LOWRANK_KERNEL
#define LOWRANK_KERNEL(name, Args)                                                                 \
    extern "C" __global__ void name(const __grid_constant__ Args args)

__device__ inline float half_to_float(unsigned short bits)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}

__device__ inline unsigned short float_to_half(float value)
{
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}
#endif

// Defines kernel_f32 and kernel_bf16 from the template body_<T>(args).
#define LOWRANK_FLOAT_KERNELS(name, Args, body)                                                    \
    LOWRANK_KERNEL(name##_f32, Args)                                                               \
    {                                                                                              \
        body<float>(args);                                                                         \
    }                                                                                              \
    LOWRANK_KERNEL(name##_bf16, Args)                                                              \
    {                                                                                              \
        body<bf16>(args);                                                                          \
    }

namespace engine::ops::kernels {

// Stored as their bits; all arithmetic is in float.
struct bf16
{
    unsigned short bits;
};

struct f16
{
    unsigned short bits;
};

__device__ inline float to_float(float value)
{
    return value;
}

__device__ inline float to_float(bf16 value)
{
    return __uint_as_float(static_cast<unsigned>(value.bits) << 16U);
}

__device__ inline float to_float(f16 value)
{
    return half_to_float(value.bits);
}

template <typename T>
__device__ inline T from_float(float value);

template <>
__device__ inline float from_float<float>(float value)
{
    return value;
}

// To the nearest bfloat16, even on a tie; NaN stays NaN.
__device__ inline unsigned bf16_bits(float value)
{
    const unsigned bits = __float_as_uint(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) {
        return (bits >> 16U) | 0x40U;
    }
    return (bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U;
}

// Two numbers rounded so, `low` in the lower half: one instruction from compute capability 8.0 on.
__device__ inline unsigned pack_bf16(float low, float high)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    unsigned packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
#else
    return bf16_bits(high) << 16U | bf16_bits(low);
#endif
}

template <>
__device__ inline bf16 from_float<bf16>(float value)
{
    return {static_cast<unsigned short>(pack_bf16(value, 0.0F))};
}

template <>
__device__ inline f16 from_float<f16>(float value)
{
    return {float_to_half(value)};
}

template <typename T>
__device__ inline float load(const void* data, Index i)
{
    return to_float(static_cast<const T*>(data)[i]);
}

template <typename T>
__device__ inline void store(void* data, Index i, float value)
{
    static_cast<T*>(data)[i] = from_float<T>(value);
}

// The element number of this thread in a grid of one dimension.
__device__ inline Index thread_number()
{
    return static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
}

} // namespace engine::ops::kernels
