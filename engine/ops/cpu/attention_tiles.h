// What attention's forward and backward share: block sizes, the visible keys of a query block,
// tiles as float32, and scratch carved into pieces.
//
// Score tiles are held transposed, keys x queries: the softmax then runs over rows with one query
// per lane, and only the query block is ever transposed, once for all its keys.
#pragma once

#include <algorithm>

#include "engine/ops/attention.h"
#include "engine/ops/cpu/simd/vector_kernels.h"

namespace engine::ops::kernels {

inline constexpr std::int64_t kQueryBlock = 64;
inline constexpr std::int64_t kKeyBlock = 64;

// A float32 matrix in place or in scratch.
struct Tile
{
    const float* data = nullptr;
    std::int64_t stride = 0;
};

// Hands out pieces of a float buffer, each starting on a cache line when the buffer does; without
// a buffer it only counts.
class Carver
{
public:
    explicit Carver(float* base)
        : m_base(base)
    {}

    [[nodiscard]] float* take(std::int64_t count)
    {
        constexpr std::int64_t kLine = 16;
        float* piece = m_base == nullptr ? nullptr : m_base + m_used;
        m_used += (count + kLine - 1) / kLine * kLine;
        return piece;
    }

    [[nodiscard]] std::int64_t used() const { return m_used; }

private:
    float* m_base;
    std::int64_t m_used = 0;
};

// Rows [0, rows) of one head as float32: bf16 is converted into `copy` (rows * head_dim floats).
template <typename T>
[[nodiscard]] Tile
load_tile(const T* data, std::int64_t stride, std::int64_t rows, std::int64_t head_dim, float* copy)
{
    if constexpr (sizeof(T) == sizeof(float)) {
        return {data, stride};
    } else {
        for (std::int64_t r = 0; r < rows; ++r) {
            simd::vector_kernels().elements<T>().to_float(
                data + r * stride, copy + r * head_dim, head_dim);
        }
        return {copy, head_dim};
    }
}

// Keys [begin, end) that some query of positions [first, first + count) may see.
struct KeyRange
{
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

[[nodiscard]] inline KeyRange
visible_keys(const AttentionShape& shape, std::int64_t first, std::int64_t count)
{
    const std::int64_t begin =
        shape.sliding_window > 0 ? std::max<std::int64_t>(0, first - shape.sliding_window + 1) : 0;
    return {begin, first + count};
}

// Position of a score tile [keys, queries] in its sequence.
struct TilePosition
{
    std::int64_t query = 0;
    std::int64_t queries = 0;
    std::int64_t key = 0;
    std::int64_t keys = 0;
};

// Writes `hidden` over the scores whose key the query may not see.
void hide_scores(const AttentionShape& shape,
                 const TilePosition& position,
                 float* scores,
                 float hidden);

// scores[key][query] = keys . queries^T for one tile; queries_t is [head_dim, kQueryBlock].
void score_tile(const Tile& keys,
                const float* queries_t,
                const TilePosition& position,
                std::int64_t head_dim,
                float* scores);

// Floats of scratch per thread.
[[nodiscard]] std::int64_t forward_scratch(const AttentionShape& shape);
[[nodiscard]] std::int64_t backward_scratch(const AttentionShape& shape, std::int64_t max_seq_len);

} // namespace engine::ops::kernels
