// Matrix product c = alpha * op(a) op(b) + beta * c, on the device's matrix library.
#pragma once

#include "engine/tensor/backend.h"

namespace engine::ops {

enum class Transpose { No, Yes };

// a: [m, k] (or [k, m] when transposed), b: [k, n] (or [n, k]), c: [m, n]. All 2-D and contiguous.
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
    ConstTensorView addend = {}; // shape and dtype of c; with beta 1 only
};

void matmul(Backend& backend, const MatmulArgs& args);

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
