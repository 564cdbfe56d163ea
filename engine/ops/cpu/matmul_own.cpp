// Matrix products by our own kernels: blocks of b packed as float32 panels in cache, register tiles
// per instruction set. Serves bf16 on processors without bf16 instructions, and every product of a
// build without oneDNN.
#include <algorithm>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/matmul_backends.h"
#include "engine/ops/cpu/scratch.h"
#include "engine/ops/cpu/simd/vector_kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

// Blocks in elements: a packed b block (kDepth x kColumns floats) and the running sums of a row
// block fit in a core's second-level cache together.
constexpr std::int64_t kRows = 512;
constexpr std::int64_t kColumns = 256;
constexpr std::int64_t kDepth = 256;
constexpr std::int64_t kFewBlocks = 4; // a thread; above, an uneven share costs little
constexpr std::int64_t kStrip = 56;    // rows of a converted at a time
constexpr std::int64_t kWidestPanel = 64;
static_assert(kDepth <= simd::kPackedStride);

// A matrix operand by strides; element (i, j) = data[i * row + j * column].
template <typename T>
struct Operand
{
    const T* data = nullptr;
    std::int64_t row = 0;
    std::int64_t column = 0;

    [[nodiscard]] const T* at(std::int64_t i, std::int64_t j) const
    {
        return data + i * row + j * column;
    }
};

template <typename T>
Operand<T> operand(const ConstTensorView& tensor, std::int64_t stride, Transpose transpose)
{
    if (transpose == Transpose::Yes) {
        return {tensor.data<T>(), 1, stride};
    }
    return {tensor.data<T>(), stride, 1};
}

struct Block
{
    std::int64_t row, rows, column, columns;
};

struct PackedB;
struct PackedA;
struct Sums;

// Elements [i, i + rows) x [j, j + columns) as float32 rows of stride `stride`.
template <typename T>
void pack(const Operand<T>& from,
          std::int64_t i,
          std::int64_t rows,
          std::int64_t j,
          std::int64_t columns,
          float* to,
          std::int64_t stride)
{
    const auto& kernels = simd::vector_kernels();
    if (from.column == 1) {
        for (std::int64_t r = 0; r < rows; ++r) {
            kernels.elements<T>().to_float(from.at(i + r, j), to + r * stride, columns);
        }
        return;
    }
    kernels.elements<T>().transpose(from.at(i, j), from.column, to, stride, columns, rows);
}

// c = alpha * sums + beta * c for one block.
template <typename C>
void write_block(const MatmulArgs& args, const Block& block, float* sums)
{
    const auto& kernels = simd::vector_kernels();
    const std::int64_t stride = row_stride(args.c, args.c_stride);
    for (std::int64_t r = 0; r < block.rows; ++r) {
        float* line = sums + r * block.columns;
        C* c = args.c.data<C>() + (block.row + r) * stride + block.column;
        if (args.alpha != 1.0F) {
            kernels.f32.scale(line, args.alpha, block.columns);
        }
        if (args.beta == 1.0F) {
            kernels.elements<C>().add_floats(c, line, block.columns);
        } else {
            kernels.elements<C>().from_float(line, c, block.columns);
        }
    }
}

// Rows [l, l + depth) of b's block in panels as wide as a register tile, one after the other: the
// tile then reads b in one stream, however long the rows of b are.
template <typename T>
void pack_panels(
    const Operand<T>& b, const Block& block, std::int64_t l, std::int64_t depth, float* panels)
{
    const std::int64_t width = simd::vector_kernels().panel_columns;
    for (std::int64_t j = 0; j < block.columns; j += width) {
        const std::int64_t columns = std::min(width, block.columns - j);
        pack(b, l, depth, block.column + j, columns, panels + j * depth, width);
    }
}

// sums (+)= a strip of a's rows, packed, times the panels.
void multiply_strip(simd::TileProduct product, std::int64_t columns)
{
    const auto& kernels = simd::vector_kernels();
    const float* panels = product.b;
    float* sums = product.c;
    product.ldb = kernels.panel_columns;
    for (std::int64_t j = 0; j < columns; j += kernels.panel_columns) {
        product.n = std::min(kernels.panel_columns, columns - j);
        product.b = panels + j * product.k;
        product.c = sums + j;
        kernels.tile_product(product);
    }
}

// One block of c over the whole depth.
template <typename T>
void compute_block(const MatmulArgs& args, const Block& block, std::int64_t k)
{
    const Operand<T> a = operand<T>(args.a, row_stride(args.a, args.a_stride), args.transpose_a);
    const Operand<T> b = operand<T>(args.b, row_stride(args.b, args.b_stride), args.transpose_b);
    float* packed_b = thread_scratch<PackedB>(kDepth * (kColumns + kWidestPanel));
    float* packed_a = thread_scratch<PackedA>(kStrip * simd::kPackedStride);
    float* sums = thread_scratch<Sums>(kRows * kColumns);
    for (std::int64_t l = 0; l < k; l += kDepth) {
        const std::int64_t depth = std::min(kDepth, k - l);
        pack_panels(b, block, l, depth, packed_b);
        for (std::int64_t i = 0; i < block.rows; i += kStrip) {
            const std::int64_t rows = std::min(kStrip, block.rows - i);
            pack(a, block.row + i, rows, l, depth, packed_a, simd::kPackedStride);
            multiply_strip({.m = rows,
                            .k = depth,
                            .a = packed_a,
                            .a_row = simd::kPackedStride,
                            .b = packed_b,
                            .c = sums + i * block.columns,
                            .ldc = block.columns,
                            .accumulate = l > 0},
                           block.columns);
        }
    }
    dispatch_float(
        args.c.dtype(), "matmul", [&]<typename C>() { write_block<C>(args, block, sums); });
}

} // namespace

void matmul_own(const MatmulArgs& args)
{
    const std::int64_t m = args.c.size(0);
    const std::int64_t n = args.c.size(1);
    const std::int64_t k = args.a.size(args.transpose_a == Transpose::Yes ? 0 : 1);
    // Smaller blocks where few would be shared unevenly; every row of blocks packs all of b again.
    const std::int64_t column_blocks = (n + kColumns - 1) / kColumns;
    std::int64_t row_blocks = (m + kRows - 1) / kRows;
    const std::int64_t few = kFewBlocks * num_threads();
    while (row_blocks < m && row_blocks * column_blocks < few
           && row_blocks * column_blocks % num_threads() != 0) {
        ++row_blocks;
    }
    const std::int64_t blocks = row_blocks * column_blocks;
    dispatch_float(args.a.dtype(), "matmul", [&]<typename T>() {
        // Static parts: every thread has met its scratch after the first call of a shape.
        parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t index = begin; index < end; ++index) {
                const std::int64_t i = index / column_blocks;
                const std::int64_t j = index % column_blocks;
                const std::int64_t row = m * i / row_blocks;
                const std::int64_t column = n * j / column_blocks;
                compute_block<T>(args,
                                 {.row = row,
                                  .rows = m * (i + 1) / row_blocks - row,
                                  .column = column,
                                  .columns = n * (j + 1) / column_blocks - column},
                                 k);
            }
        });
    });
}

} // namespace engine::ops::kernels
