// Adapted projections of one input (q, k and v; gate and up): the input is read once for all of
// them, by one product with their A's, which lie one after the other.
//
// With [A] the A's below each other and [H], [U] the h and u of lora_linear.h side by side:
//     [H] = x [A]^T      y_i += s_i H_i B_i^T
//     U_i = s_i dy_i B_i   dB_i = s_i dy_i^T H_i   d[A] = [U]^T x   dx += [U] [A]
//
// Where a mask of its own stands before each adapter (dropout), an adapter has a frozen pair, or
// the A's are no neighbours, each projection does its own products, with the same memory.
#pragma once

#include <span>

#include "engine/model/lora_linear.h"

namespace engine {

// All members have the same x. The h of the adapted ones are neighbours in memory, in the order of
// the members; what is in them is for lora_group_backward alone. scratch.u has room for the rows of
// all of them.
void lora_group_forward(Backend& backend, std::span<const LoraLinearForwardArgs> members);

// All members have the same x and dx, the first one's `output` says whether dx is written or added
// to; with more than one member x and dx are different memory. Adapters' gradients only.
void lora_group_backward(Backend& backend, std::span<const LoraLinearBackwardArgs> members);

} // namespace engine
