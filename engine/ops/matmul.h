// Matrix product c = alpha * op(a) op(b) + beta * c, on the device's matrix library.
#pragma once

#include "engine/tensor/backend.h"

namespace engine::ops {

enum class Transpose { No, Yes };

// a: [m, k] (or [k, m] when transposed), b: [k, n] (or [n, k]), c: [m, n]. All 2-D, their elements
// contiguous in a row; a stride says how many elements lie from one row to the next where those are
// columns of a wider matrix (0: the rows follow one another).
// dtypes: a and b equal (f32 or bf16); c f32 or the dtype of a. Accumulation is in float32 whatever
// the dtypes. beta is 0 (c is written, its old contents may be NaN) or 1 (c is added to, rounded
// once). An addend is added instead of c's old contents, as if it had been copied into c first. c
// must not alias a or b, nor the addend but as a whole. Allocates nothing once a shape was seen.
struct MatmulArgs
{
    ConstTensorView a;
    Transpose transpose_a = Transpose::No;
    ConstTensorView b;
    Transpose transpose_b = Transpose::No;
    TensorView c;
    float alpha = 1.0F;
    float beta = 0.0F;
    ConstTensorView addend = {}; // shape and dtype of c, whose rows then follow one another; with
                                 // beta 1 only
    std::int64_t a_stride = 0;
    std::int64_t b_stride = 0;
    std::int64_t c_stride = 0;
};

// Elements from one row of an operand to the next.
[[nodiscard]] inline std::int64_t row_stride(const ConstTensorView& matrix, std::int64_t stride)
{
    return stride == 0 ? matrix.size(1) : stride;
}

// Rows [begin, end) of an operand.
template <typename Void>
[[nodiscard]] BasicTensorView<Void> some_rows(const BasicTensorView<Void>& matrix,
                                              std::int64_t stride,
                                              std::int64_t begin,
                                              std::int64_t end)
{
    if (stride == 0) {
        return matrix.rows(begin, end);
    }
    using Byte = std::conditional_t<std::is_const_v<Void>, const std::byte, std::byte>;
    Byte* first = static_cast<Byte*>(matrix.raw())
                  + static_cast<std::size_t>(begin * stride) * size_of(matrix.dtype());
    return {first, matrix.dtype(), {end - begin, matrix.size(1)}, matrix.device()};
}

// Columns [begin, begin + count) of an operand; their rows lie the operand's width apart.
template <typename Void>
[[nodiscard]] BasicTensorView<Void>
some_columns(const BasicTensorView<Void>& matrix, std::int64_t begin, std::int64_t count)
{
    using Byte = std::conditional_t<std::is_const_v<Void>, const std::byte, std::byte>;
    Byte* first = static_cast<Byte*>(matrix.raw())
                  + static_cast<std::size_t>(begin) * size_of(matrix.dtype());
    return {first, matrix.dtype(), {matrix.size(0), count}, matrix.device()};
}

void matmul(Backend& backend, const MatmulArgs& args);

// Host memory that products of such operands take in a long run beside their operands, about.
[[nodiscard]] std::int64_t matmul_memory_bytes(const Backend& backend, DType dtype);

// y[m, n] = x[m, k] weight[n, k]^T: a linear layer's forward, orientation of torch.nn.Linear.
inline void
linear(Backend& backend, ConstTensorView x, ConstTensorView weight, TensorView y, float beta = 0.0F)
{
    matmul(backend, {.a = x, .b = weight, .transpose_b = Transpose::Yes, .c = y, .beta = beta});
}

// Caps the instruction set of the CPU's products (and of its vector loops) for tests of the
// portable path: "avx512_bf16", "avx512", "avx2", "generic". Must be called before the first op.
// See also LOWRANK_MAX_ISA.
void cap_cpu_instruction_set(const char* name);

} // namespace engine::ops
