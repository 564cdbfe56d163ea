// Words: four unsigned 32-bit lanes for any processor; the interface is the same in every
// words_*.h.
#pragma once

#include <cstdint>

#include "engine/ops/cpu/simd/vec_generic.h"

namespace engine::ops::simd::generic {

// Four unsigned 32-bit numbers.
struct Words
{
    std::uint32_t v[kLanes];
};

inline Words set_words(std::uint32_t x)
{
    return {{x, x, x, x}};
}

inline Words load_words(const std::uint32_t* p)
{
    return {{p[0], p[1], p[2], p[3]}};
}

// The bits of the lanes.
inline Words words_of(Vec x)
{
    Words words = {};
    __builtin_memcpy(words.v, &x.v, sizeof(words.v));
    return words;
}

// The bits as four floats at p; wider vectors go on at p + stride.
inline void store_quads(float* p, std::int64_t /*stride*/, Words words)
{
    __builtin_memcpy(p, words.v, sizeof(words.v));
}

inline Words operator^(Words a, Words b)
{
    for (std::int64_t i = 0; i < kLanes; ++i) {
        a.v[i] ^= b.v[i];
    }
    return a;
}

// The low halves of a * factor; the high halves go to `high`.
inline Words multiply(Words a, Words factor, Words& high)
{
    for (std::int64_t i = 0; i < kLanes; ++i) {
        const std::uint64_t product = std::uint64_t{a.v[i]} * factor.v[i];
        high.v[i] = static_cast<std::uint32_t>(product >> 32U);
        a.v[i] = static_cast<std::uint32_t>(product);
    }
    return a;
}

// words[k] becomes lane k of the four.
inline void transpose_quads(Words (&words)[4])
{
    for (std::int64_t i = 0; i < kLanes; ++i) {
        for (std::int64_t j = 0; j < i; ++j) {
            const std::uint32_t word = words[i].v[j];
            words[i].v[j] = words[j].v[i];
            words[j].v[i] = word;
        }
    }
}

// x where word >= bound, else 0.
inline Vec keep_if_not_below(Words word, Words bound, Vec x)
{
    for (std::int64_t i = 0; i < kLanes; ++i) {
        x.v[i] = word.v[i] >= bound.v[i] ? x.v[i] : 0.0F;
    }
    return x;
}

} // namespace engine::ops::simd::generic
