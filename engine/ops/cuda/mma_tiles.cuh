// Tiles of bfloat16 in shared memory and a warp's products with them on tensor cores.
//
// Each of a block's four warps owns sixteen rows as fragments in registers. What one product leaves
// in a lane is what the next takes from it as its left operand, so weights never go through memory.
#pragma once

#include "engine/ops/cuda/mma.cuh"
#include "engine/ops/cuda/pack.cuh"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

constexpr int kMmaWarps = 4;
constexpr int kMmaThreads = kMmaWarps * kWarp;
constexpr int kWarpRows = 16;
constexpr int kBlockRows = kMmaWarps * kWarpRows;

using BfPack = Pack<bf16>;

constexpr int kPackBytes = sizeof(BfPack);
constexpr int kTileAlignment = 256; // the longest row

template <int kDim>
constexpr int kRowBytes = kDim / kPack* kPackBytes;

// Where a row's pack lies: in turned order, so that the same pack of eight rows fills all banks.
// From pack 0 or 1 to the one 2 n further the address differs in bits that packs_on() turns; rows
// 8 n further are kRowBytes each.
template <int kDim>
__device__ inline SharedAddress pack_at(SharedAddress tile, int row, int pack)
{
    return tile + row * kRowBytes<kDim> + (pack ^ (row % 8)) * kPackBytes;
}

__device__ inline SharedAddress packs_on(SharedAddress pack, int n)
{
    return pack ^ (2 * n * kPackBytes);
}

// Sixteen rows of kDim as the left operand of products.
template <int kDim>
struct RowFragments
{
    unsigned a[kDim / 16][4];
};

// This warp's rows of kBlockRows.
template <int kDim>
__device__ inline void load_row_fragments(RowFragments<kDim>& rows, SharedAddress tile)
{
    const int lane = threadIdx.x % kWarp;
    const int row = static_cast<int>(threadIdx.x) / kWarp * kWarpRows + lane % 16;
    const SharedAddress at = pack_at<kDim>(tile, row, lane / 16);
#pragma unroll
    for (int k = 0; k < kDim / 16; ++k) {
        load_matrices(rows.a[k], packs_on(at, k));
    }
}

// Where number i of this lane's four sums stands among the sixteen rows, and the eight columns.
__device__ inline int sum_row(int i)
{
    return static_cast<int>(threadIdx.x) % kWarp / 4 + i / 2 * 8;
}

__device__ inline int sum_col(int i)
{
    return static_cast<int>(threadIdx.x) % 4 * 2 + i % 2;
}

// sums[j] += rows times the transposed rows [first + 8 j, first + 8 j + 8) of the tile; `first` is
// a multiple of 8.
template <int kDim, int kCols>
__device__ inline void multiply_rows(float (&sums)[kCols / 8][4],
                                     const RowFragments<kDim>& rows,
                                     SharedAddress tile,
                                     int first)
{
    const int lane = threadIdx.x % kWarp;
    const SharedAddress at =
        pack_at<kDim>(tile + first * kRowBytes<kDim>, lane / 16 * 8 + lane % 8, lane / 8 % 2);
#pragma unroll
    for (int k = 0; k < kDim / 16; ++k) {
#pragma unroll
        for (int j = 0; j < kCols / 16; ++j) {
            unsigned b[4];
            load_matrices(b, packs_on(at, k) + 16 * j * kRowBytes<kDim>);
            multiply_add(sums[2 * j], rows.a[k], b[0], b[1]);
            multiply_add(sums[2 * j + 1], rows.a[k], b[2], b[3]);
        }
    }
}

// sums [16 x kDim] += weights [16 x kCols] times rows [first, first + kCols) of the tile. The
// weights are sums of multiply_rows, rounded to bfloat16.
template <int kDim, int kCols>
__device__ inline void add_weighted_rows(float (&sums)[kDim / 8][4],
                                         const float (&weights)[kCols / 8][4],
                                         SharedAddress tile,
                                         int first)
{
    const int lane = threadIdx.x % kWarp;
    const SharedAddress at = pack_at<kDim>(tile + first * kRowBytes<kDim>, lane % 16, lane / 16);
#pragma unroll
    for (int j = 0; j < kCols / 16; ++j) {
        const float(&left)[4] = weights[2 * j];
        const float(&right)[4] = weights[2 * j + 1];
        const unsigned a[4] = {pack_bf16(left[0], left[1]),
                               pack_bf16(left[2], left[3]),
                               pack_bf16(right[0], right[1]),
                               pack_bf16(right[2], right[3])};
#pragma unroll
        for (int d = 0; d < kDim / 16; ++d) {
            unsigned b[4];
            load_matrices_transposed(b, packs_on(at, d) + 16 * j * kRowBytes<kDim>);
            multiply_add(sums[2 * d], a, b[0], b[1]);
            multiply_add(sums[2 * d + 1], a, b[2], b[3]);
        }
    }
}

} // namespace engine::ops::kernels
