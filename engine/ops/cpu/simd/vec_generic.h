// Vec: four float32 lanes in the compiler's own vectors, for any processor; the interface is the
// same in every vec_*.h. One file because it is one type and the functions on it.
#pragma once

#include <cstdint>

#include "engine/core/dtype.h"

namespace engine::ops::simd::generic {

using Lanes = float __attribute__((vector_size(16)));
using Bits = std::int32_t __attribute__((vector_size(16)));

struct Vec
{
    Lanes v;
};

inline constexpr std::int64_t kLanes = 4;
inline constexpr int kTileRows = 4; // 4 x 2 accumulators of 16 registers
inline constexpr int kTileVectors = 2;
inline constexpr int kPackedRows = kTileRows;
inline constexpr int kPackedVectors = kTileVectors;

inline Vec set(float x)
{
    return {Lanes{x, x, x, x}};
}

inline Vec load_part(const float* p, std::int64_t n)
{
    Vec x = set(0.0F);
    for (std::int64_t i = 0; i < n; ++i) {
        x.v[i] = p[i];
    }
    return x;
}

inline Vec load(const float* p)
{
    return {Lanes{p[0], p[1], p[2], p[3]}};
}

inline void store_part(float* p, Vec x, std::int64_t n)
{
    for (std::int64_t i = 0; i < n; ++i) {
        p[i] = x.v[i];
    }
}

inline void store(float* p, Vec x)
{
    store_part(p, x, kLanes);
}

inline Vec load_part(const bfloat16_t* p, std::int64_t n)
{
    Bits bits = {0, 0, 0, 0};
    for (std::int64_t i = 0; i < n; ++i) {
        bits[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(p[i].bits) << 16U);
    }
    return {reinterpret_cast<Lanes>(bits)};
}

inline Vec load(const bfloat16_t* p)
{
    return load_part(p, kLanes);
}

// To nearest even; a NaN keeps its top bits and becomes quiet.
inline void store_part(bfloat16_t* p, Vec x, std::int64_t n)
{
    const Bits bits = reinterpret_cast<Bits>(x.v);
    for (std::int64_t i = 0; i < n; ++i) {
        const auto word = static_cast<std::uint32_t>(bits[i]);
        const bool is_nan = (word & 0x7fffffffU) > 0x7f800000U;
        const std::uint32_t rounded =
            is_nan ? word | 0x400000U : word + 0x7fffU + ((word >> 16U) & 1U);
        p[i].bits = static_cast<std::uint16_t>(rounded >> 16U);
    }
}

inline void store(bfloat16_t* p, Vec x)
{
    store_part(p, x, kLanes);
}

inline Vec operator+(Vec a, Vec b)
{
    return {a.v + b.v};
}

inline Vec operator-(Vec a, Vec b)
{
    return {a.v - b.v};
}

inline Vec operator*(Vec a, Vec b)
{
    return {a.v * b.v};
}

inline Vec operator/(Vec a, Vec b)
{
    return {a.v / b.v};
}

// a * b + c
inline Vec fma(Vec a, Vec b, Vec c)
{
    return {a.v * b.v + c.v};
}

// c - a * b
inline Vec fnma(Vec a, Vec b, Vec c)
{
    return {c.v - a.v * b.v};
}

inline Vec square_root(Vec a)
{
    return {Lanes{__builtin_sqrtf(a.v[0]),
                  __builtin_sqrtf(a.v[1]),
                  __builtin_sqrtf(a.v[2]),
                  __builtin_sqrtf(a.v[3])}};
}

// The second operand where either is NaN.
inline Vec maximum(Vec a, Vec b)
{
    return {a.v > b.v ? a.v : b.v};
}

inline Vec minimum(Vec a, Vec b)
{
    return {a.v < b.v ? a.v : b.v};
}

// Whole numbers up to 2^22: adding and subtracting 1.5 * 2^23 leaves no fraction.
inline Vec round_to_nearest(Vec a)
{
    const Lanes magic = set(12582912.0F).v;
    return {(a.v + magic) - magic};
}

// x * 2^n for whole n in [-126, 128].
inline Vec scale_by_power(Vec x, Vec n)
{
    // In two factors, because 2^128 has no float. The limits keep a NaN's conversion defined.
    const Lanes bounded = minimum(set(256.0F), maximum(n, set(-256.0F))).v;
    const Bits whole = __builtin_convertvector(bounded, Bits);
    const Bits half = whole >> 1;
    const Bits rest = whole - half;
    const Lanes a = reinterpret_cast<Lanes>((half + 127) << 23);
    const Lanes b = reinterpret_cast<Lanes>((rest + 127) << 23);
    return {x.v * a * b};
}

// 0 where a < b, else x.
inline Vec zero_if_less(Vec a, Vec b, Vec x)
{
    return {a.v < b.v ? set(0.0F).v : x.v};
}

// The first n lanes of x, `other` in the rest.
inline Vec first_lanes(Vec x, std::int64_t n, Vec other)
{
    for (std::int64_t i = n; i < kLanes; ++i) {
        x.v[i] = other.v[i];
    }
    return x;
}

inline float sum_lanes(Vec a)
{
    return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]);
}

inline float max_lanes(Vec a)
{
    float result = a.v[0];
    for (std::int64_t i = 1; i < kLanes; ++i) {
        result = a.v[i] > result ? a.v[i] : result;
    }
    return result;
}

// table[code] of four four-bit codes, two a byte, the first in the high bits.
inline Vec lookup_nibbles(const std::uint8_t* codes, const float* table)
{
    return {Lanes{
        table[codes[0] >> 4], table[codes[0] & 15], table[codes[1] >> 4], table[codes[1] & 15]}};
}

// Four bytes in two's complement.
inline Vec load_signed_bytes(const std::uint8_t* p)
{
    Vec x = set(0.0F);
    for (std::int64_t i = 0; i < kLanes; ++i) {
        x.v[i] = static_cast<float>(static_cast<std::int8_t>(p[i]));
    }
    return x;
}

} // namespace engine::ops::simd::generic
