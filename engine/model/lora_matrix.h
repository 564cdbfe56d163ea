// The A and B of one adapted matrix, and what the model computes with in their place.
#pragma once

#include <cstdint>

#include "engine/model/target.h"
#include "engine/tensor/tensor.h"

namespace engine {

// One adapted matrix. A is [rank, in_features], B is [out_features, rank], both float32 (the master
// copy). The A's of matrices with the same input lie one after the other in memory.
struct LoraMatrix
{
    std::int64_t layer = 0;
    Target target = Target::QProj;
    std::int64_t rank = 0;
    std::int64_t in_features = 0;
    float scaling = 0.0F;
    Tensor lora_a;
    Tensor lora_b;
    Tensor init_a; // A0, B0 of LoRA-GA; undefined otherwise
    Tensor init_b;
    // What the model computes with: in the base's dtype. Undefined when that is float32 (the master
    // serves).
    Tensor lora_a_copy;
    Tensor lora_b_copy;
    Tensor init_a_copy;
    Tensor init_b_copy;

    [[nodiscard]] ConstTensorView a() const
    {
        return lora_a_copy.defined() ? lora_a_copy.view() : lora_a.view();
    }

    [[nodiscard]] ConstTensorView b() const
    {
        return lora_b_copy.defined() ? lora_b_copy.view() : lora_b.view();
    }

    [[nodiscard]] ConstTensorView a0() const
    {
        return init_a_copy.defined() ? init_a_copy.view() : init_a.view();
    }

    [[nodiscard]] ConstTensorView b0() const
    {
        return init_b_copy.defined() ? init_b_copy.view() : init_b.view();
    }

    [[nodiscard]] bool has_init_pair() const { return init_a.defined(); }
};

} // namespace engine
