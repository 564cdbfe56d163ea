// The small element-wise ops that a step needs: fill, copy with cast, add, scale, bias.
#pragma once

#include "engine/ops/gradient_mode.h"
#include "engine/tensor/backend.h"

namespace engine::ops {

// x = 0, any dtype.
void zero(Backend& backend, TensorView x);

// destination = source, converting between f32, bf16 and f16; equal number of elements; no
// aliasing.
void copy(Backend& backend, ConstTensorView source, TensorView destination);

// y = a + b; one dtype (f32 or bf16), equal sizes; y may alias a or b.
void add(Backend& backend, ConstTensorView a, ConstTensorView b, TensorView y);

// y = a - b, or a where b is undefined, rounded once. All [rows, width]. a and b are f32 and y is
// f32 or bf16; without b all may be bf16. A stride says how many elements lie from one row to the
// next where those are columns of a wider matrix (0: the rows follow one another). No aliasing.
struct SubtractArgs
{
    ConstTensorView a;
    std::int64_t a_stride = 0;
    ConstTensorView b = {};
    TensorView y;
    std::int64_t y_stride = 0;
};

void subtract(Backend& backend, const SubtractArgs& args);

// x *= factor; f32 or bf16.
void scale(Backend& backend, TensorView x, float factor);

// x[i] += bias for every row; x: [n, width] f32 or bf16; bias: [width] f32 or bf16.
void add_bias(Backend& backend, TensorView x, ConstTensorView bias);

// dbias (f32 [width]) per mode: the sum of dy's rows.
void bias_backward(Backend& backend, ConstTensorView dy, TensorView dbias, GradientMode mode);

// rows_out[i] = x[indices[i]]; indices: I32 [m]; x: [n, width]; rows_out: [m, width], one dtype.
void gather_rows(Backend& backend, ConstTensorView x, ConstTensorView indices, TensorView rows_out);

// dx = 0, then dx[indices[i]] = drows[i]; the indices are distinct.
void scatter_rows(Backend& backend, ConstTensorView drows, ConstTensorView indices, TensorView dx);

} // namespace engine::ops
