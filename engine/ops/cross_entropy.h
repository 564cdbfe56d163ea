// Softmax cross-entropy over the vocabulary, forward and gradient in one pass over a chunk of
// logits.
#pragma once

#include "engine/tensor/backend.h"

namespace engine::ops {

// logits: f32 [n, vocab_size]; on return they hold dlogits = weights[i] * (softmax - onehot) when
// `write_gradient`, else they are unspecified. labels: I32 [n], each 0 <= label < vocab_size
// (masked rows are left out by the caller). weights: f32 [n], the factor of each row's loss in the
// total. losses: f32 [n] is written with the unweighted negative log-likelihood of each row.
struct CrossEntropyArgs
{
    TensorView logits;
    ConstTensorView labels;
    ConstTensorView weights;
    TensorView losses;
    bool write_gradient = true;
};

void cross_entropy(Backend& backend, const CrossEntropyArgs& args);

// loss (f32 [1]) = the sum over rows of weights[i] * losses[i] (f32 [n]; 0 when n is 0), in float64
// in a fixed order, rounded once.
void weighted_loss(Backend& backend,
                   ConstTensorView losses,
                   ConstTensorView weights,
                   TensorView loss);

} // namespace engine::ops
