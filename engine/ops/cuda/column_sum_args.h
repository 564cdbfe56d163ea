// What the column sum's kernel is given; kernel_args.h says how.
#pragma once

#include "engine/ops/cuda/kernel_args.h"

namespace engine::ops::kernels {

constexpr int kSumThreads = 256; // of a block

// sum[slice, c] (+)= sum over the slice's rows of dy[row, c] * x[row, c] * rstd[row]; without x of
// dy alone. grid (blocks of lanes * kPack columns, slices); `lanes`: lanes_for(width).
struct ColumnSumArgs
{
    static constexpr const char* kKernel = "column_sum";
    const void* dy;
    const void* x;
    const float* rstd;
    float* sum;
    Index rows;
    Index width;
    Index slice_rows;
    int lanes;
    int accumulate;
};

} // namespace engine::ops::kernels
