// Matrices that lie one after the other in memory, so that a product can take them as one.
#pragma once

#include <span>
#include <vector>

#include "engine/model/lora_adapter.h"

namespace engine {

// Room for a matrix of A's shape beside every matrix of the adapter, contents undefined. The A's of
// matrices with the same input are neighbours. `owners` receives what the parts borrow from.
[[nodiscard]] std::vector<Tensor> stacked_like_a(Backend& backend,
                                                 DType dtype,
                                                 std::span<const LoraMatrix> matrices,
                                                 std::vector<Tensor>& owners);

// All the rows of `parts` as one matrix; undefined unless they are neighbours of the same width and
// dtype, in this order.
[[nodiscard]] TensorView as_one_matrix(std::span<const TensorView> parts);
[[nodiscard]] ConstTensorView as_one_matrix(std::span<const ConstTensorView> parts);

} // namespace engine
