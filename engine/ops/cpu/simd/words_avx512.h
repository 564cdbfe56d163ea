// Words: sixteen unsigned 32-bit lanes for AVX-512; the interface is the same in every words_*.h.
#pragma once

#include <cstdint>
#include <immintrin.h>

#include "engine/ops/cpu/simd/vec_avx512.h"

namespace engine::ops::simd::avx512 {

// Sixteen unsigned 32-bit numbers.
struct Words
{
    __m512i v;
};

inline Words set_words(std::uint32_t x)
{
    return {_mm512_set1_epi32(static_cast<int>(x))};
}

inline Words load_words(const std::uint32_t* p)
{
    return {_mm512_loadu_si512(p)};
}

// The bits of the lanes.
inline Words words_of(Vec x)
{
    return {_mm512_castps_si512(x.v)};
}

// Each 128 bits as four floats: the first at p, the next at p + stride, and so on.
inline void store_quads(float* p, std::int64_t stride, Words words)
{
    const __m512 x = _mm512_castsi512_ps(words.v);
    _mm_storeu_ps(p, _mm512_castps512_ps128(x));
    _mm_storeu_ps(p + stride, _mm512_extractf32x4_ps(x, 1));
    _mm_storeu_ps(p + 2 * stride, _mm512_extractf32x4_ps(x, 2));
    _mm_storeu_ps(p + 3 * stride, _mm512_extractf32x4_ps(x, 3));
}

inline Words operator^(Words a, Words b)
{
    return {_mm512_xor_si512(a.v, b.v)};
}

// The low halves of a * factor; the high halves go to `high`.
inline Words multiply(Words a, Words factor, Words& high)
{
    constexpr __mmask16 kOdd = 0xaaaa;
    const __m512i even = _mm512_mul_epu32(a.v, factor.v);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a.v, 32), factor.v);
    high = {_mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), kOdd, odd)};
    return {_mm512_mask_mov_epi32(even, kOdd, _mm512_slli_epi64(odd, 32))};
}

// In each 128 bits: words[k] becomes lane k of the four.
inline void transpose_quads(Words (&words)[4])
{
    const __m512i a = _mm512_unpacklo_epi32(words[0].v, words[1].v);
    const __m512i b = _mm512_unpackhi_epi32(words[0].v, words[1].v);
    const __m512i c = _mm512_unpacklo_epi32(words[2].v, words[3].v);
    const __m512i d = _mm512_unpackhi_epi32(words[2].v, words[3].v);
    words[0] = {_mm512_unpacklo_epi64(a, c)};
    words[1] = {_mm512_unpackhi_epi64(a, c)};
    words[2] = {_mm512_unpacklo_epi64(b, d)};
    words[3] = {_mm512_unpackhi_epi64(b, d)};
}

// x where word >= bound, else 0.
inline Vec keep_if_not_below(Words word, Words bound, Vec x)
{
    return {_mm512_maskz_mov_ps(_mm512_cmpge_epu32_mask(word.v, bound.v), x.v)};
}

} // namespace engine::ops::simd::avx512
