// Vec: eight float32 lanes of AVX2 with FMA; the interface is the same in every vec_*.h.
// One file because it is one type and the functions on it.
#pragma once

#include <cstdint>
#include <immintrin.h>

#include "engine/core/dtype.h"

namespace engine::ops::simd::avx2 {

struct Vec
{
    __m256 v;
};

inline constexpr std::int64_t kLanes = 8;
inline constexpr int kTileRows = 6; // 6 x 2 accumulators of 16 registers
inline constexpr int kTileVectors = 2;
inline constexpr int kPackedRows = kTileRows;
inline constexpr int kPackedVectors = kTileVectors;

inline __m256i lane_mask(std::int64_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
}

inline Vec set(float x)
{
    return {_mm256_set1_ps(x)};
}

inline Vec load(const float* p)
{
    return {_mm256_loadu_ps(p)};
}

inline Vec load_part(const float* p, std::int64_t n)
{
    return {_mm256_maskload_ps(p, lane_mask(n))};
}

inline void store(float* p, Vec x)
{
    _mm256_storeu_ps(p, x.v);
}

inline void store_part(float* p, Vec x, std::int64_t n)
{
    _mm256_maskstore_ps(p, lane_mask(n), x.v);
}

inline Vec widen(__m128i bits)
{
    return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16))};
}

// To nearest even; a NaN keeps its top bits and becomes quiet.
inline __m128i narrow(Vec x)
{
    const __m256i bits = _mm256_castps_si256(x.v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded =
        _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(x.v, x.v, _CMP_UNORD_Q));
    const __m256i top = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, is_nan), 16);
    const __m256i packed = _mm256_packus_epi32(top, top);
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
}

inline Vec load(const bfloat16_t* p)
{
    return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

inline Vec load_part(const bfloat16_t* p, std::int64_t n)
{
    alignas(16) std::uint16_t bits[kLanes] = {};
    for (std::int64_t i = 0; i < n; ++i) {
        bits[i] = p[i].bits;
    }
    return widen(_mm_load_si128(reinterpret_cast<const __m128i*>(bits)));
}

inline void store(bfloat16_t* p, Vec x)
{
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrow(x));
}

inline void store_part(bfloat16_t* p, Vec x, std::int64_t n)
{
    alignas(16) std::uint16_t bits[kLanes];
    _mm_store_si128(reinterpret_cast<__m128i*>(bits), narrow(x));
    for (std::int64_t i = 0; i < n; ++i) {
        p[i].bits = bits[i];
    }
}

inline Vec operator+(Vec a, Vec b)
{
    return {_mm256_add_ps(a.v, b.v)};
}

inline Vec operator-(Vec a, Vec b)
{
    return {_mm256_sub_ps(a.v, b.v)};
}

inline Vec operator*(Vec a, Vec b)
{
    return {_mm256_mul_ps(a.v, b.v)};
}

inline Vec operator/(Vec a, Vec b)
{
    return {_mm256_div_ps(a.v, b.v)};
}

// a * b + c
inline Vec fma(Vec a, Vec b, Vec c)
{
    return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}

// c - a * b
inline Vec fnma(Vec a, Vec b, Vec c)
{
    return {_mm256_fnmadd_ps(a.v, b.v, c.v)};
}

inline Vec square_root(Vec a)
{
    return {_mm256_sqrt_ps(a.v)};
}

// The second operand where either is NaN.
inline Vec maximum(Vec a, Vec b)
{
    return {_mm256_max_ps(a.v, b.v)};
}

inline Vec minimum(Vec a, Vec b)
{
    return {_mm256_min_ps(a.v, b.v)};
}

inline Vec round_to_nearest(Vec a)
{
    return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

// x * 2^n for whole n in [-126, 128].
inline Vec scale_by_power(Vec x, Vec n)
{
    // In two factors, because 2^128 has no float.
    const __m256i whole = _mm256_cvtps_epi32(n.v);
    const __m256i half = _mm256_srai_epi32(whole, 1);
    const __m256i rest = _mm256_sub_epi32(whole, half);
    const __m256i bias = _mm256_set1_epi32(127);
    const __m256 a = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    const __m256 b = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return {_mm256_mul_ps(_mm256_mul_ps(x.v, a), b)};
}

// 0 where a < b, else x.
inline Vec zero_if_less(Vec a, Vec b, Vec x)
{
    return {_mm256_and_ps(_mm256_cmp_ps(a.v, b.v, _CMP_NLT_UQ), x.v)};
}

// The first n lanes of x, `other` in the rest.
inline Vec first_lanes(Vec x, std::int64_t n, Vec other)
{
    return {_mm256_blendv_ps(other.v, x.v, _mm256_castsi256_ps(lane_mask(n)))};
}

inline float sum_lanes(Vec a)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

inline float max_lanes(Vec a)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

// table[code] of eight four-bit codes, two a byte, the first in the high bits.
inline Vec lookup_nibbles(const std::uint8_t* codes, const float* table)
{
    const __m256i bytes = _mm256_cvtepu8_epi64(_mm_loadu_si32(codes));
    const __m256i pairs =
        _mm256_or_si256(_mm256_slli_epi64(bytes, 32), _mm256_srli_epi64(bytes, 4));
    const __m256i index = _mm256_and_si256(pairs, _mm256_set1_epi32(15));
    const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), index);
    const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), index);
    const __m256 is_high = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)); // bit 3 as the sign
    return {_mm256_blendv_ps(low, high, is_high)};
}

// Eight bytes in two's complement.
inline Vec load_signed_bytes(const std::uint8_t* p)
{
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes))};
}

} // namespace engine::ops::simd::avx2
