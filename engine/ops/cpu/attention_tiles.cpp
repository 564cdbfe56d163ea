// Score tiles and the scratch size of attention.
#include "engine/ops/cpu/attention_tiles.h"

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/kernels.h"

namespace engine::ops::kernels {

void hide_scores(const AttentionShape& shape,
                 const TilePosition& position,
                 float* scores,
                 float hidden)
{
    const std::int64_t last_query = position.query + position.queries - 1;
    const bool causal = position.key + position.keys - 1 > position.query;
    const bool windowed =
        shape.sliding_window > 0 && last_query - position.key >= shape.sliding_window;
    if (!causal && !windowed) {
        return;
    }
    for (std::int64_t j = 0; j < position.keys; ++j) {
        float* row = scores + j * kQueryBlock;
        const std::int64_t key = position.key + j;
        // Queries before the key, then those a window or more after it.
        const std::int64_t first_seeing =
            std::clamp<std::int64_t>(key - position.query, 0, position.queries);
        std::fill(row, row + first_seeing, hidden);
        if (windowed) {
            const std::int64_t first_past = std::clamp<std::int64_t>(
                key + shape.sliding_window - position.query, 0, position.queries);
            std::fill(row + first_past, row + position.queries, hidden);
        }
    }
}

void score_tile(const Tile& keys,
                const float* queries_t,
                const TilePosition& position,
                std::int64_t head_dim,
                float* scores)
{
    simd::vector_kernels().tile_product({.m = position.keys,
                                         .n = position.queries,
                                         .k = head_dim,
                                         .a = keys.data,
                                         .a_row = keys.stride,
                                         .b = queries_t,
                                         .ldb = kQueryBlock,
                                         .c = scores,
                                         .ldc = kQueryBlock});
}

std::int64_t attention_scratch_bytes(CpuBackend& /*backend*/,
                                     const AttentionShape& shape,
                                     DType /*dtype*/,
                                     std::int64_t /*n*/,
                                     std::int64_t max_seq_len)
{
    const std::int64_t floats =
        std::max(forward_scratch(shape), backward_scratch(shape, max_seq_len));
    return floats * num_threads() * static_cast<std::int64_t>(sizeof(float));
}

} // namespace engine::ops::kernels
