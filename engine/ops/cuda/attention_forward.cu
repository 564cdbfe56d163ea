// Attention forward in float32 arithmetic: a block has a tile of queries of one head and streams
// the keys; the softmax is kept running (Dao et al. 2022, algorithm 1), scores never leave the
// block.
#include "engine/ops/cuda/attention_tiles.cuh"

namespace engine::ops::kernels {

template <typename T, int kDim, int kRows>
__device__ void attention_body(const AttentionArgs& args)
{
    __shared__ float queries[kRows][kDim + 1];
    __shared__ float keys[kRows][kDim + 1]; // and the values after them
    __shared__ float weights[kRows][kRows + 1];
    const AttentionLayout& layout = args.layout;
    const Sequence sequence = sequence_of(layout, static_cast<int>(blockIdx.x) / layout.tiles);
    // The last tiles see most keys; they start first.
    const int first = (layout.tiles - 1 - static_cast<int>(blockIdx.x) % layout.tiles) * kRows;
    if (first >= sequence.queries) {
        return;
    }
    const int head = blockIdx.y;
    const int kv_head = head / (layout.num_heads / layout.num_kv_heads);
    const int row = threadIdx.x / kParts;
    const int part = threadIdx.x % kParts;
    const int first_position = first + sequence.shift;
    load_tile<T, kRows, kDim>(queries,
                              args.q,
                              sequence.query_begin + first,
                              sequence.queries - first,
                              layout.num_heads,
                              head,
                              layout.head_dim);
    float out[kDim / kParts] = {};
    float highest = -INFINITY;
    float sum = 0.0F;
    const int end = min(sequence.keys, first_position + kRows);
    const int begin =
        layout.sliding_window == 0 ? 0 : max(0, first_position - layout.sliding_window + 1);
    for (int key = begin / kRows * kRows; key < end; key += kRows) {
        const auto load = [&](const void* data) {
            __syncthreads(); // the tile that was there is read
            load_tile<T, kRows, kDim>(keys,
                                      data,
                                      sequence.key_begin + key,
                                      sequence.keys - key,
                                      layout.num_kv_heads,
                                      kv_head,
                                      layout.head_dim);
            __syncthreads();
        };
        load(args.k);
        float scores[kRows / kParts];
        float tile_max = -INFINITY;
#pragma unroll
        for (int j = 0; j < kRows / kParts; ++j) {
            const int c = part + kParts * j;
            const bool visible =
                key + c < sequence.keys && is_visible(layout, first_position + row, key + c);
            scores[j] =
                visible ? dot<kRows, kDim>(queries, row, keys, c) * layout.scale : -INFINITY;
            tile_max = fmaxf(tile_max, scores[j]);
        }
        const float before = highest;
        highest = fmaxf(before, row_max(tile_max));
        const float base = highest == -INFINITY ? 0.0F : highest; // nothing seen yet
        const float shrink = expf(before - base);
        float tile_sum = 0.0F;
#pragma unroll
        for (int j = 0; j < kRows / kParts; ++j) {
            const float weight = expf(scores[j] - base);
            weights[row][part + kParts * j] = weight;
            tile_sum += weight;
        }
        sum = sum * shrink + row_sum(tile_sum);
#pragma unroll
        for (int i = 0; i < kDim / kParts; ++i) {
            out[i] *= shrink;
        }
        load(args.v);
        accumulate<kRows, kDim>(out, weights, row, keys, part);
    }
    if (first + row >= sequence.queries) {
        return;
    }
    const Index q_row = sequence.query_begin + first + row;
    store_row<T, kDim>(
        args.out, q_row, layout.num_heads, head, layout.head_dim, part, out, 1.0F / sum);
    if (args.lse != nullptr && part == 0) {
        args.lse[static_cast<Index>(head) * layout.rows + q_row] = highest + logf(sum);
    }
}

LOWRANK_KERNEL(attention_f32_64, AttentionArgs)
{
    attention_body<float, 64, 32>(args);
}

LOWRANK_KERNEL(attention_f32_128, AttentionArgs)
{
    attention_body<float, 128, 32>(args);
}

LOWRANK_KERNEL(attention_f32_256, AttentionArgs)
{
    attention_body<float, 256, 16>(args);
}

LOWRANK_KERNEL(attention_bf16_64, AttentionArgs)
{
    attention_body<bf16, 64, 32>(args);
}

LOWRANK_KERNEL(attention_bf16_128, AttentionArgs)
{
    attention_body<bf16, 128, 32>(args);
}

LOWRANK_KERNEL(attention_bf16_256, AttentionArgs)
{
    attention_body<bf16, 256, 16>(args);
}

} // namespace engine::ops::kernels
