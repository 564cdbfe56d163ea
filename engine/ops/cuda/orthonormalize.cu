// CholeskyQR in tiles of doubles: a block computes a tile, a thread four elements of it.
#include "engine/ops/cuda/orthonormalize_args.h"
#include "engine/ops/cuda/philox.cuh"

namespace engine::ops::kernels {

// A row more than needed keeps the columns of a transposed tile in different banks.
struct DoubleTile
{
    double at[kDoubleTile][kDoubleTile + 1];
};

constexpr int kTileElements = kDoubleTile * kDoubleTile;
constexpr int kHalfTile = kDoubleTile / 2;
constexpr int kOfThread = 4; // elements
static_assert(kHalfTile * kHalfTile == kDoubleThreads);

enum class Layout { AsStored, Transposed };

// tile[l][i] = from[l, i], or from[i, l]; zero outside [rows, columns] of `from`. Nobody may still
// be reading the tile.
template <typename T>
__device__ inline void
load_tile(DoubleTile& tile, const T* from, Index stride, Index rows, Index columns, Layout layout)
{
    for (int e = threadIdx.x; e < kTileElements; e += kDoubleThreads) {
        const int row = e / kDoubleTile;
        const int column = e % kDoubleTile;
        double value = 0.0;
        if (row < rows && column < columns) {
            value = static_cast<double>(from[row * stride + column]);
        }
        if (layout == Layout::Transposed) {
            tile.at[column][row] = value;
        } else {
            tile.at[row][column] = value;
        }
    }
}

// The same of a matrix of whole tiles.
__device__ inline void
load_tile(DoubleTile& tile, const double* from, Index stride, Layout layout = Layout::AsStored)
{
    load_tile(tile, from, stride, kDoubleTile, kDoubleTile, layout);
}

// The thread's elements of a tile: number k is at (row_of(k), column_of(k)).
__device__ inline int row_of(int k)
{
    return static_cast<int>(threadIdx.x) / kHalfTile + k / 2 * kHalfTile;
}

__device__ inline int column_of(int k)
{
    return static_cast<int>(threadIdx.x) % kHalfTile + k % 2 * kHalfTile;
}

// sums += left^T right.
__device__ inline void
multiply_tiles(const DoubleTile& left, const DoubleTile& right, double (&sums)[kOfThread])
{
    for (int l = 0; l < kDoubleTile; ++l) {
        for (int k = 0; k < kOfThread; ++k) {
            sums[k] += left.at[l][row_of(k)] * right.at[l][column_of(k)];
        }
    }
}

// Uniform over the grid.
__device__ inline bool nothing_to_do(const DependentCounts& before)
{
    bool any = before.n == 0;
    for (Index i = 0; i < before.n; ++i) {
        any = any || before.counts[i] != 0;
    }
    return !any;
}

struct TilePair
{
    Index i;
    Index j;
};

__device__ inline TilePair pair_of(Index number, Index tiles)
{
    Index i = 0;
    while (number >= tiles - i) {
        number -= tiles - i;
        ++i;
    }
    return {i, i + number};
}

LOWRANK_KERNEL(gram_parts, GramPartsArgs)
{
    __shared__ DoubleTile left;
    __shared__ DoubleTile right;
    if (nothing_to_do(args.before)) {
        return;
    }
    const TilePair pair = pair_of(blockIdx.x, args.tiles);
    const Index i = pair.i * kDoubleTile;
    const Index j = pair.j * kDoubleTile;
    const Index first = blockIdx.y * args.slice_rows;
    const Index end = min(first + args.slice_rows, args.rows);
    double sums[kOfThread] = {};
    for (Index row = first; row < end; row += kDoubleTile) {
        const float* x = args.x + row * args.width;
        __syncthreads();
        load_tile(left, x + i, args.width, end - row, args.width - i, Layout::AsStored);
        load_tile(right, x + j, args.width, end - row, args.width - j, Layout::AsStored);
        __syncthreads();
        multiply_tiles(left, right, sums);
    }
    double* part =
        args.parts + (static_cast<Index>(blockIdx.y) * gridDim.x + blockIdx.x) * kTileElements;
    for (int k = 0; k < kOfThread; ++k) {
        part[row_of(k) * kDoubleTile + column_of(k)] = sums[k];
    }
}

LOWRANK_KERNEL(gram_sum, GramSumArgs)
{
    if (nothing_to_do(args.before)) {
        return;
    }
    const TilePair pair = pair_of(blockIdx.x, args.tiles);
    const Index stride = args.tiles * kDoubleTile;
    for (int e = threadIdx.x; e < kTileElements; e += kDoubleThreads) {
        const double* part = args.parts + static_cast<Index>(blockIdx.x) * kTileElements + e;
        double sum = 0.0;
        for (Index slice = 0; slice < args.slices; ++slice) {
            sum += part[slice * gridDim.x * kTileElements];
        }
        const Index row = pair.i * kDoubleTile + e / kDoubleTile;
        const Index column = pair.j * kDoubleTile + e % kDoubleTile;
        args.gram[row * stride + column] = sum;
        if (pair.i != pair.j) {
            args.gram[column * stride + row] = sum;
        }
    }
}

// tile = gram's tile less the product of R's rows above; R's tiles there start at `factor`, those
// of the tile's own rows' columns and those of its columns.
__device__ inline void remaining_tile(const CholeskyRowsArgs& args,
                                      Index column,
                                      DoubleTile& left,
                                      DoubleTile& right,
                                      DoubleTile& tile)
{
    const Index stride = args.tiles * kDoubleTile;
    const Index i = args.tile * kDoubleTile;
    const Index j = column * kDoubleTile;
    double sums[kOfThread] = {};
    for (Index k = 0; k < i; k += kDoubleTile) {
        __syncthreads();
        load_tile(left, args.factor + k * stride + i, stride);
        load_tile(right, args.factor + k * stride + j, stride);
        __syncthreads();
        multiply_tiles(left, right, sums);
    }
    __syncthreads(); // the tile may be one that was multiplied
    for (int k = 0; k < kOfThread; ++k) {
        tile.at[row_of(k)][column_of(k)] =
            args.gram[(i + row_of(k)) * stride + j + column_of(k)] - sums[k];
    }
    __syncthreads();
}

// The upper triangle of the tile becomes its Cholesky factor, but for the diagonal, whose
// reciprocals are `roots`: 0 for a dependent column and for one that the matrix has not, whose rows
// become zero.
__device__ inline void factorize_tile(const CholeskyRowsArgs& args, DoubleTile& tile, double* roots)
{
    const Index stride = args.tiles * kDoubleTile;
    const int thread = threadIdx.x;
    for (int j = 0; j < kDoubleTile; ++j) {
        const Index column = args.tile * kDoubleTile + j;
        const double pivot = tile.at[j][j];
        const double length = args.gram[column * stride + column];
        const bool zero =
            column >= args.width || (pivot <= args.dependent * length && length - length == 0.0);
        const double root = zero ? 0.0 : 1.0 / sqrt(pivot);
        if (thread == 0) {
            roots[j] = root;
        }
        if (thread > j && thread < kDoubleTile) {
            tile.at[j][thread] *= root;
        }
        __syncthreads();
        for (int e = thread; e < kTileElements; e += kDoubleThreads) {
            const int row = e / kDoubleTile;
            const int at = e % kDoubleTile;
            if (row > j && at >= row) {
                tile.at[row][at] -= tile.at[j][row] * tile.at[j][at];
            }
        }
        __syncthreads();
    }
}

// A thread has a column, from the diagonal up.
__device__ inline void
invert_tile(const DoubleTile& factor, const double* roots, DoubleTile& inverse)
{
    const int j = threadIdx.x;
    if (j < kDoubleTile) {
        for (int i = kDoubleTile - 1; i >= 0; --i) {
            double sum = i == j ? 1.0 : 0.0;
            for (int k = i + 1; k <= j; ++k) {
                sum -= factor.at[i][k] * inverse.at[k][j];
            }
            inverse.at[i][j] = i <= j ? sum * roots[i] : 0.0;
        }
    }
    __syncthreads();
}

LOWRANK_KERNEL(cholesky_rows, CholeskyRowsArgs)
{
    __shared__ DoubleTile left;
    __shared__ DoubleTile right;
    __shared__ DoubleTile diagonal;
    __shared__ DoubleTile inverse;
    __shared__ double roots[kDoubleTile];
    if (nothing_to_do(args.before)) {
        return;
    }
    // Every block factorises the diagonal's tile for itself.
    remaining_tile(args, args.tile, left, right, diagonal);
    factorize_tile(args, diagonal, roots);
    invert_tile(diagonal, roots, inverse);
    const Index stride = args.tiles * kDoubleTile;
    const Index i = args.tile * kDoubleTile;
    if (blockIdx.x == 0) {
        for (int k = 0; k < kOfThread; ++k) {
            args.inverse[(i + row_of(k)) * stride + i + column_of(k)] =
                inverse.at[row_of(k)][column_of(k)];
        }
        if (threadIdx.x == 0) {
            int count = 0;
            for (int k = 0; k < kDoubleTile && i + k < args.width; ++k) {
                count += roots[k] == 0.0 ? 1 : 0;
            }
            args.counts[args.tile] = count;
        }
        return;
    }
    const Index column = args.tile + blockIdx.x;
    remaining_tile(args, column, left, right, right);
    double sums[kOfThread] = {};
    multiply_tiles(inverse, right, sums); // R's rows are those of (inverse)^T
    for (int k = 0; k < kOfThread; ++k) {
        args.factor[(i + row_of(k)) * stride + column * kDoubleTile + column_of(k)] = sums[k];
    }
}

LOWRANK_KERNEL(invert_factor, InvertFactorArgs)
{
    __shared__ DoubleTile left;
    __shared__ DoubleTile right;
    if (nothing_to_do(args.before)) {
        return;
    }
    const Index stride = args.tiles * kDoubleTile;
    const Index j = static_cast<Index>(blockIdx.x) * kDoubleTile;
    for (Index i = j - kDoubleTile; i >= 0; i -= kDoubleTile) {
        double sums[kOfThread] = {};
        for (Index k = i + kDoubleTile; k <= j; k += kDoubleTile) {
            __syncthreads();
            load_tile(left, args.factor + i * stride + k, stride, Layout::Transposed);
            load_tile(right, args.inverse + k * stride + j, stride);
            __syncthreads();
            multiply_tiles(left, right, sums);
        }
        __syncthreads();
        load_tile(left, args.inverse + i * stride + i, stride, Layout::Transposed);
        for (int k = 0; k < kOfThread; ++k) {
            right.at[row_of(k)][column_of(k)] = -sums[k];
            sums[k] = 0.0;
        }
        __syncthreads();
        multiply_tiles(left, right, sums);
        for (int k = 0; k < kOfThread; ++k) {
            args.inverse[(i + row_of(k)) * stride + j + column_of(k)] = sums[k];
        }
    }
}

// In [-0.5, 0.5), by the element's place alone.
__device__ inline float random_element(Index row, Index column)
{
    const PhiloxWords words = philox4x32(
        0, static_cast<unsigned long long>(column), static_cast<unsigned long long>(row));
    return static_cast<float>(words.v[0] >> 8U) * 0x1p-24F - 0.5F;
}

// From the last columns to the first, so that what a product still needs is not yet overwritten.
LOWRANK_KERNEL(multiply_inverse, MultiplyInverseArgs)
{
    __shared__ DoubleTile left;
    __shared__ DoubleTile right;
    if (nothing_to_do(args.before)) {
        return;
    }
    const Index stride = args.tiles * kDoubleTile;
    const Index first = static_cast<Index>(blockIdx.x) * kDoubleTile;
    const Index rows = args.rows - first;
    float* x = args.x + first * args.width;
    for (Index j = (args.tiles - 1) * kDoubleTile; j >= 0; j -= kDoubleTile) {
        double sums[kOfThread] = {};
        for (Index k = 0; k <= j; k += kDoubleTile) {
            __syncthreads();
            load_tile(left, x + k, args.width, rows, args.width - k, Layout::Transposed);
            load_tile(right, args.inverse + k * stride + j, stride);
            __syncthreads();
            multiply_tiles(left, right, sums);
        }
        for (int k = 0; k < kOfThread; ++k) {
            const Index row = row_of(k);
            const Index column = j + column_of(k);
            if (row < rows && column < args.width) {
                const bool dependent = args.inverse[column * stride + column] == 0.0;
                x[row * args.width + column] =
                    dependent ? random_element(first + row, column) : static_cast<float>(sums[k]);
            }
        }
    }
}

} // namespace engine::ops::kernels
