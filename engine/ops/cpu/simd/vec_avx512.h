// Vec: sixteen float32 lanes of AVX-512; the interface is the same in every vec_*.h.
// One file because it is one type and the functions on it.
#pragma once

#include <cstdint>
#include <immintrin.h>

#include "engine/core/dtype.h"

namespace engine::ops::simd::avx512 {

struct Vec
{
    __m512 v;
};

inline constexpr std::int64_t kLanes = 16;
// Accumulators of 32 registers: 6 x 4 for operands in place, 14 x 2 for packed ones.
inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = 4;
inline constexpr int kPackedRows = 14;
inline constexpr int kPackedVectors = 2;

inline __mmask16 lane_mask(std::int64_t n)
{
    return static_cast<__mmask16>((1U << static_cast<unsigned>(n)) - 1U);
}

inline Vec set(float x)
{
    return {_mm512_set1_ps(x)};
}

inline Vec load(const float* p)
{
    return {_mm512_loadu_ps(p)};
}

inline Vec load_part(const float* p, std::int64_t n)
{
    return {_mm512_maskz_loadu_ps(lane_mask(n), p)};
}

inline void store(float* p, Vec x)
{
    _mm512_storeu_ps(p, x.v);
}

inline void store_part(float* p, Vec x, std::int64_t n)
{
    _mm512_mask_storeu_ps(p, lane_mask(n), x.v);
}

inline Vec widen(__m256i bits)
{
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
}

// To nearest even; a NaN keeps its top bits and becomes quiet.
inline __m256i narrow(Vec x)
{
    const __m512i bits = _mm512_castps_si512(x.v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __mmask16 is_nan = _mm512_cmp_ps_mask(x.v, x.v, _CMP_UNORD_Q);
    const __m512i chosen = _mm512_mask_or_epi32(rounded, is_nan, bits, _mm512_set1_epi32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(chosen, 16));
}

inline Vec load(const bfloat16_t* p)
{
    return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

inline Vec load_part(const bfloat16_t* p, std::int64_t n)
{
    return widen(_mm256_maskz_loadu_epi16(lane_mask(n), p));
}

inline void store(bfloat16_t* p, Vec x)
{
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow(x));
}

inline void store_part(bfloat16_t* p, Vec x, std::int64_t n)
{
    _mm256_mask_storeu_epi16(p, lane_mask(n), narrow(x));
}

inline Vec operator+(Vec a, Vec b)
{
    return {_mm512_add_ps(a.v, b.v)};
}

inline Vec operator-(Vec a, Vec b)
{
    return {_mm512_sub_ps(a.v, b.v)};
}

inline Vec operator*(Vec a, Vec b)
{
    return {_mm512_mul_ps(a.v, b.v)};
}

inline Vec operator/(Vec a, Vec b)
{
    return {_mm512_div_ps(a.v, b.v)};
}

// a * b + c
inline Vec fma(Vec a, Vec b, Vec c)
{
    return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}

// c - a * b
inline Vec fnma(Vec a, Vec b, Vec c)
{
    return {_mm512_fnmadd_ps(a.v, b.v, c.v)};
}

inline Vec square_root(Vec a)
{
    return {_mm512_sqrt_ps(a.v)};
}

// The second operand where either is NaN.
inline Vec maximum(Vec a, Vec b)
{
    return {_mm512_max_ps(a.v, b.v)};
}

inline Vec minimum(Vec a, Vec b)
{
    return {_mm512_min_ps(a.v, b.v)};
}

inline Vec round_to_nearest(Vec a)
{
    return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

// x * 2^n for whole n; 0 and infinity beyond the range.
inline Vec scale_by_power(Vec x, Vec n)
{
    return {_mm512_scalef_ps(x.v, n.v)};
}

// 0 where a < b, else x.
inline Vec zero_if_less(Vec a, Vec b, Vec x)
{
    return {_mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_NLT_UQ), x.v)};
}

// The first n lanes of x, `other` in the rest.
inline Vec first_lanes(Vec x, std::int64_t n, Vec other)
{
    return {_mm512_mask_mov_ps(other.v, lane_mask(n), x.v)};
}

inline float sum_lanes(Vec a)
{
    return _mm512_reduce_add_ps(a.v);
}

inline float max_lanes(Vec a)
{
    return _mm512_reduce_max_ps(a.v);
}

// table[code] of sixteen four-bit codes, two a byte, the first in the high bits.
inline Vec lookup_nibbles(const std::uint8_t* codes, const float* table)
{
    const __m512i bytes =
        _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes)));
    const __m512i pairs =
        _mm512_or_si512(_mm512_slli_epi64(bytes, 32), _mm512_srli_epi64(bytes, 4));
    const __m512i index = _mm512_and_si512(pairs, _mm512_set1_epi32(15));
    return {_mm512_permutexvar_ps(index, _mm512_loadu_ps(table))};
}

// Sixteen bytes in two's complement.
inline Vec load_signed_bytes(const std::uint8_t* p)
{
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes))};
}

} // namespace engine::ops::simd::avx512
