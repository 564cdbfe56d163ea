// Token embedding: rows of a table by id, and the table's gradient.
#pragma once

#include "engine/ops/gradient_mode.h"
#include "engine/tensor/backend.h"

namespace engine::ops {

// ids: I32 [n], each 0 <= id < vocab_size; table: f32 or bf16 [vocab_size, hidden]; y: [n, hidden],
// f32 or bf16.
void embedding_forward(Backend& backend, ConstTensorView ids, ConstTensorView table, TensorView y);

// dtable[id] += dy, in order of the rows, so that the sum is reproducible. dtable: f32 [vocab_size,
// hidden]. Always accumulates (the head of a tied model adds to the same gradient).
void embedding_backward(Backend& backend,
                        ConstTensorView ids,
                        ConstTensorView dy,
                        TensorView dtable);

} // namespace engine::ops
