// Inverted dropout whose mask is a function of (seed, stream, element), recomputed in backward,
// never stored.
#pragma once

#include "engine/tensor/backend.h"

namespace engine::ops {

struct DropoutKey
{
    std::uint64_t seed = 0;
    std::uint64_t stream = 0; // one per step, micro-batch and adapted matrix
    float probability = 0.0F; // 0 <= p < 1
};

// y = x * mask / (1 - p); f32 or bf16, one dtype; y may alias x. Element i uses word i % 4 of
// philox4x32(seed, stream, i / 4), kept when word >= p * 2^32. The same for forward and backward.
void dropout(Backend& backend, ConstTensorView x, const DropoutKey& key, TensorView y);

// dx += dy * mask / (1 - p).
void dropout_accumulate(Backend& backend, ConstTensorView dy, const DropoutKey& key, TensorView dx);

} // namespace engine::ops
