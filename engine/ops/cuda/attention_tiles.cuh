// What attention's forward and backward share: which rows a block works on, tiles in shared memory,
// the mask.
#pragma once

#include "engine/ops/cuda/attention_args.h"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

// Four threads share a row of a tile: each has every fourth column.
constexpr int kParts = 4;

// Over the four threads of a row.
__device__ inline float row_max(float value)
{
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, 1));
    return fmaxf(value, __shfl_xor_sync(kAllLanes, value, 2));
}

__device__ inline float row_sum(float value)
{
    value += __shfl_xor_sync(kAllLanes, value, 1);
    return value + __shfl_xor_sync(kAllLanes, value, 2);
}

// Rows of q and of k that belong together. Query i stands at key position i + shift.
struct Sequence
{
    int query_begin;
    int queries;
    int key_begin;
    int keys;
    int shift;
};

__device__ inline Sequence packed_sequence(const AttentionLayout& layout, int number)
{
    const int begin = layout.offsets[number];
    const int length = layout.offsets[number + 1] - begin;
    return {begin, length, begin, length, 0};
}

__device__ inline Sequence sequence_of(const AttentionLayout& layout, int number)
{
    if (layout.offsets == nullptr) {
        return {0, layout.query_rows, 0, layout.key_rows, layout.key_rows - layout.query_rows};
    }
    return packed_sequence(layout, number);
}

__device__ inline bool is_visible(const AttentionLayout& layout, int position, int key)
{
    return key <= position
           && (layout.sliding_window == 0 || key > position - layout.sliding_window);
}

// Rows [0, count) of one head into a tile; what is beyond them and beyond head_dim becomes 0.
template <typename T, int kRows, int kDim>
__device__ inline void load_tile(float (&tile)[kRows][kDim + 1],
                                 const void* data,
                                 int first_row,
                                 int count,
                                 int heads,
                                 int head,
                                 int head_dim)
{
    const T* from =
        static_cast<const T*>(data) + (static_cast<Index>(first_row) * heads + head) * head_dim;
    const Index stride = static_cast<Index>(heads) * head_dim;
    for (int i = threadIdx.x; i < kRows * kDim; i += blockDim.x) {
        const int row = i / kDim;
        const int c = i % kDim;
        tile[row][c] = row < count && c < head_dim ? to_float(from[row * stride + c]) : 0.0F;
    }
}

template <int kRows, int kDim>
__device__ inline float
dot(const float (&a)[kRows][kDim + 1], int row_a, const float (&b)[kRows][kDim + 1], int row_b)
{
    float sum = 0.0F;
    for (int c = 0; c < kDim; ++c) {
        sum += a[row_a][c] * b[row_b][c];
    }
    return sum;
}

// sums += sum over j of weights[row][j] * tile[j], this thread's columns.
template <int kRows, int kDim>
__device__ inline void accumulate(float (&sums)[kDim / kParts],
                                  const float (&weights)[kRows][kRows + 1],
                                  int row,
                                  const float (&tile)[kRows][kDim + 1],
                                  int part)
{
    for (int j = 0; j < kRows; ++j) {
        const float weight = weights[row][j];
#pragma unroll
        for (int i = 0; i < kDim / kParts; ++i) {
            sums[i] += weight * tile[j][part + kParts * i];
        }
    }
}

// This thread's columns of one row, times `factor`.
template <typename T, int kDim>
__device__ inline void store_row(void* data,
                                 Index row,
                                 int heads,
                                 int head,
                                 int head_dim,
                                 int part,
                                 const float (&sums)[kDim / kParts],
                                 float factor)
{
    const Index at = (row * heads + head) * head_dim;
#pragma unroll
    for (int i = 0; i < kDim / kParts; ++i) {
        const int c = part + kParts * i;
        if (c < head_dim) {
            store<T>(data, at + c, sums[i] * factor);
        }
    }
}

} // namespace engine::ops::kernels
