// Device code as host C++: put before every .cu file by the emulator's build. A thread of a block
// is a fiber; only barriers and shuffles switch between them.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/core/dtype.h"
#include "tests/support/gpu_emulator/block.h"
#include "tests/support/gpu_emulator/mma.h"
#include "tests/support/gpu_emulator/registry.h"

#define __device__
#define __grid_constant__
#define __restrict__
// All fibers of a block share it, and blocks run one after the other.
#define __shared__ static

// The kernel as a function, and its name in the registry.
#define LOWRANK_KERNEL(name, Args)                                                                 \
    static void name(const Args& args);                                                            \
    static const emulator::Registration registration_##name(                                       \
        #name, sizeof(Args), [](const void* args) { name(*static_cast<const Args*>(args)); });     \
    static void name([[maybe_unused]] const Args& args)

using emulator::blockDim;
using emulator::blockIdx;
using emulator::gridDim;
using emulator::threadIdx;
using std::max;
using std::min;

inline void __syncthreads()
{
    emulator::block_barrier();
}

template <typename T>
T __shfl_xor_sync(unsigned /*lanes*/, T value, int step)
{
    emulator::share(&value, sizeof value);
    emulator::receive(threadIdx.x % 32 ^ static_cast<unsigned>(step), &value, sizeof value);
    return value;
}

// Rounded each for itself: the host is not asked to fuse them.
inline float __fadd_rn(float a, float b)
{
    return a + b;
}

inline float __fmul_rn(float a, float b)
{
    return a * b;
}

inline float __uint_as_float(unsigned bits)
{
    return std::bit_cast<float>(bits);
}

inline unsigned __float_as_uint(float value)
{
    return std::bit_cast<unsigned>(value);
}

inline float half_to_float(unsigned short bits)
{
    return engine::to_float(engine::float16_t{bits});
}

inline unsigned short float_to_half(float value)
{
    return engine::to_float16(value).bits;
}
