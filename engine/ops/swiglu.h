// SwiGLU (Shazeer 2020): h = silu(gate) * up, silu(x) = x / (1 + exp(-x)).
#pragma once

#include "engine/tensor/backend.h"

namespace engine::ops {

// All [n, width], one dtype, f32 or bf16. h may alias gate or up.
void swiglu_forward(Backend& backend, ConstTensorView gate, ConstTensorView up, TensorView h);

// With s = sigmoid(gate): dup = dh * gate * s;  dgate = dh * up * s * (1 + gate * (1 - s)).
// dgate and dup are written and may alias gate, up or dh element for element (dgate may be gate's
// own memory).
void swiglu_backward(Backend& backend,
                     ConstTensorView dh,
                     ConstTensorView gate,
                     ConstTensorView up,
                     TensorView dgate,
                     TensorView dup);

} // namespace engine::ops
