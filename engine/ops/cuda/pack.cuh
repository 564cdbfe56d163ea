// Eight neighbouring elements at a time: 16-byte moves where the memory is aligned.
#pragma once

#include "engine/ops/cuda/device.cuh"

namespace engine::ops::kernels {

constexpr int kPack = 8;

struct Floats
{
    float v[kPack];
};

template <typename T>
struct alignas(16) Pack
{
    T v[kPack];
};

// Elements [i, i + kPack), 0 from n on.
template <typename T>
__device__ inline Floats load_pack(const void* data, Index i, Index n)
{
    const T* from = static_cast<const T*>(data) + i;
    Floats floats;
    if (i + kPack <= n && reinterpret_cast<unsigned long long>(from) % alignof(Pack<T>) == 0) {
        const Pack<T> pack = *reinterpret_cast<const Pack<T>*>(from);
        for (int k = 0; k < kPack; ++k) {
            floats.v[k] = to_float(pack.v[k]);
        }
        return floats;
    }
    for (int k = 0; k < kPack; ++k) {
        floats.v[k] = i + k < n ? to_float(from[k]) : 0.0F;
    }
    return floats;
}

template <typename T>
__device__ inline Pack<T> pack_of(const Floats& floats)
{
    Pack<T> pack;
    for (int k = 0; k < kPack; ++k) {
        pack.v[k] = from_float<T>(floats.v[k]);
    }
    return pack;
}

// Rounded two at a time.
template <>
__device__ inline Pack<bf16> pack_of<bf16>(const Floats& floats)
{
    unsigned pairs[kPack / 2];
    for (int k = 0; k < kPack / 2; ++k) {
        pairs[k] = pack_bf16(floats.v[2 * k], floats.v[2 * k + 1]);
    }
    Pack<bf16> pack;
    memcpy(&pack, pairs, sizeof pack);
    return pack;
}

// Nothing from n on.
template <typename T>
__device__ inline void store_pack(void* data, Index i, Index n, const Floats& floats)
{
    T* to = static_cast<T*>(data) + i;
    if (i + kPack <= n && reinterpret_cast<unsigned long long>(to) % alignof(Pack<T>) == 0) {
        *reinterpret_cast<Pack<T>*>(to) = pack_of<T>(floats);
        return;
    }
    for (int k = 0; k < kPack && i + k < n; ++k) {
        to[k] = from_float<T>(floats.v[k]);
    }
}

// A vector that the model may keep in either dtype.
__device__ inline Floats load_pack_of(const void* data, int is_bf16, Index i, Index n)
{
    return is_bf16 != 0 ? load_pack<bf16>(data, i, n) : load_pack<float>(data, i, n);
}

} // namespace engine::ops::kernels
