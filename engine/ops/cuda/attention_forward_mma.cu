// Attention forward on tensor cores: attention_forward.cu's algorithm with bfloat16 products and
// float32 sums (Dao 2023, FlashAttention-2: a warp has whole rows, so warps never exchange any).
#include "engine/ops/cuda/attention_mma_tiles.cuh"

namespace engine::ops::kernels {

// Rows group and group + 8 of a warp's sixteen, as a lane holds them.
struct RunningSoftmax
{
    float highest[2] = {-INFINITY, -INFINITY}; // as the scores are, without the scale
    float sum[2] = {0.0F, 0.0F};               // of this lane's columns
};

// Scores become weights: 2^(scale * score) over the highest. What was summed before shrinks to the
// new highest.
template <int kDim, int kCols>
__device__ inline void soften(RunningSoftmax& softmax,
                              float scale,
                              float (&scores)[kCols / 8][4],
                              float (&out)[kDim / 8][4])
{
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        float tile_max = -INFINITY;
#pragma unroll
        for (int j = 0; j < kCols / 8; ++j) {
            tile_max = fmaxf(tile_max, fmaxf(scores[j][2 * r], scores[j][2 * r + 1]));
        }
        const float before = softmax.highest[r];
        softmax.highest[r] = fmaxf(before, row_max(tile_max));
        // Nothing seen yet.
        const float base = softmax.highest[r] == -INFINITY ? 0.0F : softmax.highest[r] * scale;
        const float shrink = power_of_two(before * scale - base);
        float tile_sum = 0.0F;
#pragma unroll
        for (int j = 0; j < kCols / 8; ++j) {
#pragma unroll
            for (int i = 2 * r; i < 2 * r + 2; ++i) {
                scores[j][i] = power_of_two(scores[j][i] * scale - base);
                tile_sum += scores[j][i];
            }
        }
        softmax.sum[r] = softmax.sum[r] * shrink + tile_sum;
#pragma unroll
        for (int d = 0; d < kDim / 8; ++d) {
            out[d][2 * r] *= shrink;
            out[d][2 * r + 1] *= shrink;
        }
    }
}

template <int kDim>
__device__ void attention_mma_body(const AttentionArgs& args)
{
    constexpr int kKeys = kTileRows<kDim>;
    alignas(kTileAlignment) __shared__ BfPack tiles[kTilesMemory];
    const SharedAddress memory = shared_address(tiles);
    const AttentionLayout& layout = args.layout;
    const Sequence sequence = sequence_of(layout, static_cast<int>(blockIdx.x) / layout.tiles);
    // The last tiles see most keys; they start first.
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
    RowFragments<kDim> own[1];
    load_own_rows<kDim>(own, memory, {args.q}, own_rows);

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
            copy_tile<kKeys, kDim>(stage_of(key), args.k, rows);
            copy_tile<kKeys, kDim>(stage_of(key) + kTileBytes, args.v, rows);
        }
        commit_copies();
    };
    RunningSoftmax softmax;
    float out[kDim / 8][4] = {};
    int key = begin / kKeys * kKeys;
    copy_keys(key);
    for (; key < end; key += kKeys) {
        copy_keys(key + kKeys);
        wait_for_copies<1>();
        __syncthreads();
        const Visibility visible = visibility(layout, own_position, kWarpRows, key, kKeys);
        if (visible != Visibility::None) {
            float scores[kKeys / 8][4] = {};
            multiply_rows<kDim, kKeys>(scores, own[0], stage_of(key), 0);
            if (visible == Visibility::Some) {
                hide<true>(scores, layout, own_position, key, -INFINITY);
            }
            soften<kDim, kKeys>(softmax, layout.scale * kLog2E, scores, out);
            add_weighted_rows<kDim, kKeys>(out, scores, stage_of(key) + kTileBytes, 0);
        }
        __syncthreads(); // the stage is read
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        const float sum = row_sum(softmax.sum[r]);
        const int row = own_first + sum_row(2 * r);
        store_sums<kDim>(args.out, row, own_rows, out, r, 1.0F / sum);
        if (args.lse != nullptr && row < own_rows.count && threadIdx.x % 4 == 0) {
            args.lse[static_cast<Index>(head) * layout.rows + own_rows.first_row + row] =
                softmax.highest[r] * layout.scale + logf(sum);
        }
    }
}

LOWRANK_KERNEL(attention_bf16_mma_64, AttentionArgs)
{
    attention_mma_body<64>(args);
}

LOWRANK_KERNEL(attention_bf16_mma_128, AttentionArgs)
{
    attention_mma_body<128>(args);
}

} // namespace engine::ops::kernels
