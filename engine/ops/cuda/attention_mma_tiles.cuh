// What attention's tensor-core kernels share: the other side's tiles, the mask, the output's rows.
//
// A block owns sixty-four rows (queries, or keys). The other side streams through two stages of two
// tiles: while one stage is worked on, the next is copied.
#pragma once

#include "engine/ops/cuda/attention_tiles.cuh"
#include "engine/ops/cuda/mma_tiles.cuh"

namespace engine::ops::kernels {

constexpr int kTilePacks = 512;
constexpr int kTileBytes = kTilePacks * kPackBytes; // 8 KiB
constexpr float kLog2E = 1.44269504F;

template <int kDim>
constexpr int kTileRows = kTilePacks* kPack / kDim;

// All of a block's shared tiles, in packs, aligned to kTileAlignment. Its own rows pass through
// them first.
constexpr int kStages = 2;
constexpr int kTilesMemory = kStages * 2 * kTilePacks;

// Rows [0, count) of one head, from first_row on.
struct HeadRows
{
    int first_row;
    int count;
    int heads;
    int head;
    int head_dim;
};

// Begins to copy kRows rows; what is beyond `rows` and beyond head_dim becomes 0.
template <int kRows, int kDim>
__device__ inline void copy_tile(SharedAddress tile, const void* data, const HeadRows& rows)
{
    constexpr int kRowPacks = kDim / kPack;
    constexpr int kStep = kMmaThreads / kRowPacks; // rows of one turn of the block
    static_assert(kStep % 8 == 0);
    const Index stride = static_cast<Index>(rows.heads) * rows.head_dim;
    const int row = static_cast<int>(threadIdx.x) / kRowPacks;
    const int pack = static_cast<int>(threadIdx.x) % kRowPacks;
    const bf16* from = static_cast<const bf16*>(data) + (rows.first_row + row) * stride
                       + rows.head * rows.head_dim + pack * kPack;
    const SharedAddress to = pack_at<kDim>(tile, row, pack);
    const int count = pack * kPack < rows.head_dim ? rows.count - row : 0;
#pragma unroll
    for (int i = 0; i < kRows; i += kStep) {
        copy_async<kPackBytes>(to + i * kRowBytes<kDim>, from + i * stride, i < count);
    }
}

// The block's own rows of each operand, through memory into registers.
template <int kDim, int kCount>
__device__ inline void load_own_rows(RowFragments<kDim> (&own)[kCount],
                                     SharedAddress memory,
                                     const void* const (&data)[kCount],
                                     const HeadRows& rows)
{
    constexpr int kPacks = kBlockRows * kDim / kPack;
    static_assert(kCount * kPacks <= kTilesMemory);
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
        copy_tile<kBlockRows, kDim>(memory + i * kPacks * kPackBytes, data[i], rows);
    }
    commit_copies();
    wait_for_copies<0>();
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
        load_row_fragments<kDim>(own[i], memory + i * kPacks * kPackBytes);
    }
    __syncthreads(); // the memory is free
}

// Queries [position, position + queries) against keys [key, key + keys), counted in positions.
enum class Visibility { None, Some, All };

__device__ inline Visibility
visibility(const AttentionLayout& layout, int position, int queries, int key, int keys)
{
    const int last_position = position + queries - 1;
    const int last_key = key + keys - 1;
    const bool windowed = layout.sliding_window != 0;
    if (key > last_position || (windowed && last_key <= position - layout.sliding_window)) {
        return Visibility::None;
    }
    const bool all =
        last_key <= position && (!windowed || key > last_position - layout.sliding_window);
    return all ? Visibility::All : Visibility::Some;
}

// What the mask hides of sums becomes `value`; position and key are those of the first.
template <bool kRowsAreQueries, int kTiles>
__device__ inline void
hide(float (&sums)[kTiles][4], const AttentionLayout& layout, int position, int key, float value)
{
    const bool windowed = layout.sliding_window != 0;
    const int steps = kRowsAreQueries ? position - key : key - position;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
        // Columns [first, end) of this lane's row are visible, counted from the lane's own first.
        const int diagonal = steps + sum_row(2 * r) - sum_col(0);
        const int first =
            kRowsAreQueries ? (windowed ? diagonal - layout.sliding_window + 1 : 0) : diagonal;
        const int end = kRowsAreQueries ? diagonal + 1
                        : windowed      ? diagonal + layout.sliding_window
                                        : 8 * kTiles;
#pragma unroll
        for (int j = 0; j < kTiles; ++j) {
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const int col = 8 * j + i;
                float& sum = sums[j][2 * r + i];
                sum = col >= first && col < end ? sum : value;
            }
        }
    }
}

// Row r (0 or 1) of this lane's sums becomes a row of the output, times `factor`.
template <int kDim>
__device__ inline void store_sums(void* data,
                                  int row,
                                  const HeadRows& rows,
                                  const float (&sums)[kDim / 8][4],
                                  int r,
                                  float factor)
{
    if (row >= rows.count) {
        return;
    }
    const Index at = static_cast<Index>(rows.first_row + row) * rows.heads + rows.head;
    bf16* to = static_cast<bf16*>(data) + at * rows.head_dim;
#pragma unroll
    for (int j = 0; j < kDim / 8; ++j) {
        const int c = 8 * j + sum_col(0);
        if (c < rows.head_dim) {
            *reinterpret_cast<unsigned*>(to + c) =
                pack_bf16(sums[j][2 * r] * factor, sums[j][2 * r + 1] * factor);
        }
    }
}

} // namespace engine::ops::kernels
