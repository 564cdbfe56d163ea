// Adapted projections of one input (q, k and v; gate and up; or one alone): the input is read once
// for all of them, by one product with their A's, which lie one after the other.
//
// With [A] the A's below each other and [H], [U] the h and u of lora_linear.h side by side:
//     [H] = x [A]^T      y_i += s_i H_i B_i^T
//     U_i = s_i dy_i B_i   dB_i = s_i dy_i^T H_i   d[A] = [U]^T x   dx += [U] [A]
//
// LoRA-GA's frozen pair is taken off through differences, B A - B0 A0 = (B - B0) A + B0 (A - A0) =
// (B - B0) A0 + B (A - A0), formed in float32 before they are rounded: nothing cancels, so the
// start changes no output even in bfloat16. The products are as many, with twice the rank:
//     [H, H0] = x [A, A - A0]^T   y_i += s_i [H_i, H0_i] [B_i - B0_i, B0_i]^T
//     V_i = s_i dy_i (B_i - B0_i)   dx += [U, V] [A - A0, A0]   dA and dB as above
//
// Where a mask of its own stands before each adapter (dropout), only some have a frozen pair, or
// the A's are no neighbours, each projection does its own products, with the same memory.
#pragma once

#include <span>

#include "engine/model/lora_linear.h"

namespace engine {

inline constexpr std::size_t kMostMembers = 3;

// All members have the same x. The h of the adapted ones are neighbours in memory, in the order of
// the members; what is in them is for lora_group_backward alone. scratch.u has room for the rows of
// all of them, twice with a frozen pair; scratch.pair for pair_elements.
void lora_group_forward(Backend& backend, std::span<const LoraLinearForwardArgs> members);

// Only the h of an adapted projection that is alone, the same bit for bit: what the backward needs
// of a forward whose output is not wanted again. y is not used.
void lora_group_hidden(Backend& backend, const LoraLinearForwardArgs& alone);

// All members have the same x and dx, the first one's `output` says whether dx is written or added
// to; with more than one member x and dx are different memory.
void lora_group_backward(Backend& backend, std::span<const LoraLinearBackwardArgs> members);

// Elements of scratch.pair for members whose ranks add up to `rank`; `largest_b` is the most
// elements that B of one of them has.
[[nodiscard]] constexpr std::int64_t
pair_elements(std::int64_t rank, std::int64_t in_features, std::int64_t largest_b)
{
    return 2 * (rank * in_features + largest_b);
}

} // namespace engine
