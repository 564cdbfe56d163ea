// What the kernels of CholeskyQR are given; kernel_args.h says how. All of them cut matrices into
// square tiles of kDoubleTile, and blocks have kDoubleThreads threads. Matrices of doubles are
// [tiles * kDoubleTile] both ways, what the columns do not fill is zero.
#pragma once

#include "engine/ops/cuda/kernel_args.h"

namespace engine::ops::kernels {

// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): whoever launches names every member

constexpr int kDoubleTile = 32;
constexpr int kDoubleThreads = 256;

// How many dependent columns each tile had in the times before: where n counts are all zero there
// is nothing to do. n = 0: there always is.
struct DependentCounts
{
    const int* counts;
    Index n;
};

// parts[slice, pair] = a tile of the Gram matrix of the slice's rows; grid (pairs of tiles (i, j),
// i <= j, row by row; slices).
struct GramPartsArgs
{
    static constexpr const char* kKernel = "gram_parts";
    const float* x;
    double* parts;
    DependentCounts before;
    Index rows;
    Index width;
    Index slice_rows;
    Index tiles;
};

// gram = the parts' sum in the order of the slices, both triangles. grid (pairs).
struct GramSumArgs
{
    static constexpr const char* kKernel = "gram_sum";
    const double* parts;
    double* gram;
    DependentCounts before;
    Index tiles;
    Index slices;
};

// Rows of `tile` of the Cholesky factor R of gram, right of the diagonal, and the diagonal tile's
// inverse; the rows of the tiles before are there. counts[tile] = its dependent columns. grid
// (tiles from the diagonal on).
struct CholeskyRowsArgs
{
    static constexpr const char* kKernel = "cholesky_rows";
    const double* gram;
    double* factor;
    double* inverse;
    int* counts;
    DependentCounts before;
    double dependent; // a squared length from the span that is this share of the column's own
    Index tile;
    Index tiles;
    Index width;
};

// The tiles of R^-1 above those of the diagonal, which are there. grid (tiles: a block has a
// column).
struct InvertFactorArgs
{
    static constexpr const char* kKernel = "invert_factor";
    const double* factor;
    double* inverse;
    DependentCounts before;
    Index tiles;
};

// x = x R^-1, random numbers where its diagonal is zero. grid (tiles of rows).
struct MultiplyInverseArgs
{
    static constexpr const char* kKernel = "multiply_inverse";
    float* x;
    const double* inverse;
    DependentCounts before;
    Index rows;
    Index width;
    Index tiles;
};

// NOLINTEND(cppcoreguidelines-pro-type-member-init)

} // namespace engine::ops::kernels
