// Words: eight unsigned 32-bit lanes for AVX2; the interface is the same in every words_*.h.
#pragma once

#include <cstdint>
#include <immintrin.h>

#include "engine/ops/cpu/simd/vec_avx2.h"

namespace engine::ops::simd::avx2 {

// Eight unsigned 32-bit numbers.
struct Words
{
    __m256i v;
};

inline Words set_words(std::uint32_t x)
{
    return {_mm256_set1_epi32(static_cast<int>(x))};
}

inline Words load_words(const std::uint32_t* p)
{
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
}

// The bits of the lanes.
inline Words words_of(Vec x)
{
    return {_mm256_castps_si256(x.v)};
}

// Each 128 bits as four floats: the first at p, the next at p + stride.
inline void store_quads(float* p, std::int64_t stride, Words words)
{
    const __m256 x = _mm256_castsi256_ps(words.v);
    _mm_storeu_ps(p, _mm256_castps256_ps128(x));
    _mm_storeu_ps(p + stride, _mm256_extractf128_ps(x, 1));
}

inline Words operator^(Words a, Words b)
{
    return {_mm256_xor_si256(a.v, b.v)};
}

// The low halves of a * factor; the high halves go to `high`.
inline Words multiply(Words a, Words factor, Words& high)
{
    constexpr int kOdd = 0xaa;
    const __m256i even = _mm256_mul_epu32(a.v, factor.v);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a.v, 32), factor.v);
    high = {_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, kOdd)};
    return {_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), kOdd)};
}

// In each 128 bits: words[k] becomes lane k of the four.
inline void transpose_quads(Words (&words)[4])
{
    const __m256i a = _mm256_unpacklo_epi32(words[0].v, words[1].v);
    const __m256i b = _mm256_unpackhi_epi32(words[0].v, words[1].v);
    const __m256i c = _mm256_unpacklo_epi32(words[2].v, words[3].v);
    const __m256i d = _mm256_unpackhi_epi32(words[2].v, words[3].v);
    words[0] = {_mm256_unpacklo_epi64(a, c)};
    words[1] = {_mm256_unpackhi_epi64(a, c)};
    words[2] = {_mm256_unpacklo_epi64(b, d)};
    words[3] = {_mm256_unpackhi_epi64(b, d)};
}

// x where word >= bound, else 0.
inline Vec keep_if_not_below(Words word, Words bound, Vec x)
{
    const __m256i not_below = _mm256_cmpeq_epi32(_mm256_max_epu32(word.v, bound.v), word.v);
    return {_mm256_and_ps(_mm256_castsi256_ps(not_below), x.v)};
}

} // namespace engine::ops::simd::avx2
