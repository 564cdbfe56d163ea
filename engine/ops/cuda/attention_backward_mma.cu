// Attention backward on tensor cores: attention_backward.cu's two kernels with bfloat16 products
// and float32 sums. Both take sixteen rows of the other side at a time, so that all sums stay in
// registers.
#include "engine/ops/cuda/attention_mma_tiles.cuh"

namespace engine::ops::kernels {

constexpr int kChunk = 16;

// Of one query; lse in powers of two.
struct QueryValue
{
    float lse;
    float delta;
};

template <int kDim>
__device__ void attention_dq_mma_body(const AttentionDqArgs& args)
{
    constexpr int kKeys = kTileRows<kDim>;
    alignas(kTileAlignment) __shared__ BfPack tiles[kTilesMemory];
    const SharedAddress memory = shared_address(tiles);
    const AttentionLayout& layout = args.in.layout;
    const Sequence sequence = packed_sequence(layout, static_cast<int>(blockIdx.x) / layout.tiles);
    const int first = (layout.tiles - 1 - static_cast<int>(blockIdx.x) % layout.tiles) * kBlockRows;
    if (first >= sequence.queries) {
        return;
    }
    const int head = blockIdx.y;
    const int kv_head = head / (layout.num_heads / layout.num_kv_heads);
    const int own_first = static_cast<int>(threadIdx.x) / kWarp * kWarpRows;
    const int position = first + sequence.shift;
    const int own_position = position + own_first;
    const HeadRows own_rows = {sequence.query_begin + first,
                               sequence.queries - first,
                               layout.num_heads,
                               head,
                               layout.head_dim};
    RowFragments<kDim> own[2];
    load_own_rows<kDim>(own, memory, {args.in.q, args.in.dout}, own_rows);
    QueryValue values[2] = {};
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        const int row = own_first + sum_row(2 * r);
        if (row < own_rows.count) {
            const Index at = static_cast<Index>(head) * layout.rows + own_rows.first_row + row;
            values[r] = {args.in.lse[at] * kLog2E, args.in.delta[at]};
        }
    }

    const int end = min(sequence.keys, position + kBlockRows);
    const int begin = layout.sliding_window == 0 ? 0 : max(0, position - layout.sliding_window + 1);
    const auto stage_of = [&](int key) { return memory + key / kKeys % kStages * 2 * kTileBytes; };
    const auto copy_keys = [&](int key) {
        if (key < end) {
            const HeadRows rows = {sequence.key_begin + key,
                                   sequence.keys - key,
                                   layout.num_kv_heads,
                                   kv_head,
                                   layout.head_dim};
            copy_tile<kKeys, kDim>(stage_of(key), args.in.k, rows);
            copy_tile<kKeys, kDim>(stage_of(key) + kTileBytes, args.in.v, rows);
        }
        commit_copies();
    };
    const float scale = layout.scale * kLog2E;
    float dq[kDim / 8][4] = {};
    int key = begin / kKeys * kKeys;
    copy_keys(key);
    for (; key < end; key += kKeys) {
        copy_keys(key + kKeys);
        wait_for_copies<1>();
        __syncthreads();
        for (int chunk = 0; chunk < kKeys; chunk += kChunk) {
            const Visibility visible =
                visibility(layout, own_position, kWarpRows, key + chunk, kChunk);
            if (visible == Visibility::None) {
                continue;
            }
            float scores[kChunk / 8][4] = {};
            float dps[kChunk / 8][4] = {};
            multiply_rows<kDim, kChunk>(scores, own[0], stage_of(key), chunk);
            multiply_rows<kDim, kChunk>(dps, own[1], stage_of(key) + kTileBytes, chunk);
#pragma unroll
            for (int j = 0; j < kChunk / 8; ++j) {
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    scores[j][i] = power_of_two(scores[j][i] * scale - values[i / 2].lse);
                    dps[j][i] = (dps[j][i] - values[i / 2].delta) * scores[j][i];
                }
            }
            if (visible == Visibility::Some) {
                hide<true>(dps, layout, own_position, key + chunk, 0.0F);
            }
            add_weighted_rows<kDim, kChunk>(dq, dps, stage_of(key), chunk);
        }
        __syncthreads(); // the stage is read
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        store_sums<kDim>(args.dq, own_first + sum_row(2 * r), own_rows, dq, r, layout.scale);
    }
}

// Scores are [keys x queries] here: what they leave in a lane is dout's and q's left operand.
template <int kDim>
__device__ void attention_dkdv_mma_body(const AttentionDkDvArgs& args)
{
    constexpr int kQueries = kTileRows<kDim>;
    alignas(kTileAlignment) __shared__ BfPack tiles[kTilesMemory];
    const SharedAddress memory = shared_address(tiles);
    __shared__ float lse[kStages][kQueries];
    __shared__ float delta[kStages][kQueries];
    const AttentionLayout& layout = args.in.layout;
    const Sequence sequence = packed_sequence(layout, static_cast<int>(blockIdx.x) / layout.tiles);
    const int first = static_cast<int>(blockIdx.x) % layout.tiles * kBlockRows;
    if (first >= sequence.keys) {
        return;
    }
    const int kv_head = blockIdx.y;
    const int group = layout.num_heads / layout.num_kv_heads;
    const int own_first = static_cast<int>(threadIdx.x) / kWarp * kWarpRows;
    const int own_key = first + own_first;
    const HeadRows own_rows = {sequence.key_begin + first,
                               sequence.keys - first,
                               layout.num_kv_heads,
                               kv_head,
                               layout.head_dim};
    RowFragments<kDim> own[2];
    load_own_rows<kDim>(own, memory, {args.in.k, args.in.v}, own_rows);

    // Queries [first, end) see any of the tile's keys.
    const int end = layout.sliding_window == 0
                        ? sequence.queries
                        : min(sequence.queries, first + kBlockRows - 1 + layout.sliding_window);
    const int end_head = (kv_head + 1) * group;
    const auto copy_queries = [&](int stage, int head, int query) {
        if (head < end_head) {
            const SharedAddress to = memory + stage * 2 * kTileBytes;
            const HeadRows rows = {sequence.query_begin + query,
                                   sequence.queries - query,
                                   layout.num_heads,
                                   head,
                                   layout.head_dim};
            copy_tile<kQueries, kDim>(to, args.in.q, rows);
            copy_tile<kQueries, kDim>(to + kTileBytes, args.in.dout, rows);
            const int row = threadIdx.x;
            if (row < kQueries) {
                const bool inside = row < rows.count;
                const Index at =
                    inside ? static_cast<Index>(head) * layout.rows + rows.first_row + row : 0;
                copy_async<sizeof(float)>(
                    shared_address(&lse[stage][row]), args.in.lse + at, inside);
                copy_async<sizeof(float)>(
                    shared_address(&delta[stage][row]), args.in.delta + at, inside);
            }
        }
        commit_copies();
    };
    const float scale = layout.scale * kLog2E;
    float dk[kDim / 8][4] = {};
    float dv[kDim / 8][4] = {};
    // The queries of one head after the other.
    int head = kv_head * group;
    int query = first;
    int stage = 0;
    copy_queries(stage, head, query);
    while (head < end_head) {
        const int position = query;
        query += kQueries;
        if (query >= end) {
            query = first;
            ++head;
        }
        copy_queries(1 - stage, head, query);
        wait_for_copies<1>();
        __syncthreads();
        const SharedAddress queries = memory + stage * 2 * kTileBytes;
        const SharedAddress douts = queries + kTileBytes;
        for (int chunk = 0; chunk < kQueries; chunk += kChunk) {
            const Visibility visible =
                visibility(layout, position + chunk, kChunk, own_key, kWarpRows);
            if (visible == Visibility::None) {
                continue;
            }
            float scores[kChunk / 8][4] = {};
            float dps[kChunk / 8][4] = {};
            multiply_rows<kDim, kChunk>(scores, own[0], queries, chunk);
            multiply_rows<kDim, kChunk>(dps, own[1], douts, chunk);
#pragma unroll
            for (int j = 0; j < kChunk / 8; ++j) {
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    const int row = chunk + 8 * j + sum_col(i);
                    scores[j][i] = power_of_two(scores[j][i] * scale - lse[stage][row] * kLog2E);
                    dps[j][i] -= delta[stage][row];
                }
            }
            if (visible == Visibility::Some) {
                hide<false>(scores, layout, position + chunk, own_key, 0.0F);
            }
#pragma unroll
            for (int j = 0; j < kChunk / 8; ++j) {
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    dps[j][i] *= scores[j][i];
                }
            }
            // Queries past the sequence's end are rows of zeros: they add nothing.
            add_weighted_rows<kDim, kChunk>(dv, scores, douts, chunk);
            add_weighted_rows<kDim, kChunk>(dk, dps, queries, chunk);
        }
        __syncthreads(); // the stage is read
        stage = 1 - stage;
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        const int row = own_first + sum_row(2 * r);
        store_sums<kDim>(args.dk, row, own_rows, dk, r, layout.scale);
        store_sums<kDim>(args.dv, row, own_rows, dv, r, 1.0F);
    }
}

#define LOWRANK_ATTENTION_BACKWARD_MMA(dim)                                                        \
    LOWRANK_KERNEL(attention_dq_bf16_mma_##dim, AttentionDqArgs)                                   \
    {                                                                                              \
        attention_dq_mma_body<dim>(args);                                                          \
    }                                                                                              \
    LOWRANK_KERNEL(attention_dkdv_bf16_mma_##dim, AttentionDkDvArgs)                               \
    {                                                                                              \
        attention_dkdv_mma_body<dim>(args);                                                        \
    }

LOWRANK_ATTENTION_BACKWARD_MMA(64)
LOWRANK_ATTENTION_BACKWARD_MMA(128)

} // namespace engine::ops::kernels
