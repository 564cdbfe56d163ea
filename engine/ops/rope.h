// Rotary position embedding (Su et al. 2021) in Hugging Face's half-split form: pairs are (x[i],
// x[i + d/2]).
#pragma once

#include "engine/tensor/backend.h"

namespace engine::ops {

// x: [n, heads * head_dim], f32 or bf16, rotated in place. positions: I32 [n], each below the
// tables' length. cos_table, sin_table: f32 [max_positions, head_dim / 2], with any scaling already
// inside. y[i] = x[i] cos - x[i+d/2] sin;  y[i+d/2] = x[i+d/2] cos + x[i] sin.
void rope_forward(Backend& backend,
                  TensorView x,
                  std::int64_t head_dim,
                  ConstTensorView positions,
                  ConstTensorView cos_table,
                  ConstTensorView sin_table);

// The inverse rotation: a gradient with respect to y becomes one with respect to x, in place.
void rope_backward(Backend& backend,
                   TensorView dx,
                   std::int64_t head_dim,
                   ConstTensorView positions,
                   ConstTensorView cos_table,
                   ConstTensorView sin_table);

} // namespace engine::ops
