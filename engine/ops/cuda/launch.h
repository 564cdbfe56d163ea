// What the launchers share: grids, dtype suffixes, flags.
#pragma once

#include <algorithm>
#include <bit>

#include "engine/tensor/cuda_backend.h"

namespace engine::ops::kernels {

inline constexpr int kThreads = 256;                  // of a block
inline constexpr std::int64_t kElementsPerThread = 8; // kPack of device.cuh

[[nodiscard]] inline std::int64_t ceil_div(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

// One thread for each of n things.
[[nodiscard]] inline LaunchShape threads_for(std::int64_t n)
{
    return {.grid_x = ceil_div(n, kThreads), .block = kThreads};
}

// One thread for every pack of n elements.
[[nodiscard]] inline LaunchShape packs_for(std::int64_t n)
{
    return threads_for(ceil_div(n, kElementsPerThread));
}

// The threads that have a row's packs, or as many as a warp has: a power of two.
[[nodiscard]] inline int lanes_for(std::int64_t width)
{
    constexpr unsigned kWarp = 32;
    const auto packs = static_cast<std::uint64_t>(ceil_div(width, kElementsPerThread));
    return static_cast<int>(std::bit_ceil(std::min<std::uint64_t>(packs, kWarp)));
}

// One block a row, with whole warps and no more threads than the row has packs.
[[nodiscard]] inline LaunchShape rows_for(std::int64_t rows, std::int64_t width)
{
    constexpr std::int64_t kWarp = 32;
    constexpr std::int64_t kMost = 512;
    const std::int64_t packs = ceil_div(width, kElementsPerThread);
    const std::int64_t threads = std::clamp(ceil_div(packs, kWarp) * kWarp, kWarp, kMost);
    return {.grid_x = rows, .block = static_cast<int>(threads)};
}

// The end of a kernel's name.
[[nodiscard]] inline const char* suffix_of(DType dtype)
{
    return dtype == DType::F32 ? "_f32" : "_bf16";
}

[[nodiscard]] inline int is_bf16(ConstTensorView tensor)
{
    return tensor.dtype() == DType::BF16 ? 1 : 0;
}

} // namespace engine::ops::kernels
