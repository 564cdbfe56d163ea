// From the last block's output to the loss and back: only rows that have a label, and of their
// logits only one chunk in memory at a time.
#pragma once

#include "engine/model/block.h"

namespace engine {

// Where the gradients of the head's own weights go; undefined: frozen.
struct HeadGradients
{
    TensorView norm;    // f32 [hidden]
    TensorView lm_head; // f32 [vocab, hidden]
    bool accumulate = false;
};

struct LossHeadArgs
{
    ConstTensorView x;            // [n, hidden]; the last block's output
    HeadScratch scratch;          // norm's rows hold the gathered rows' gradient afterwards
    ConstTensorView targets;      // i32 [targets]
    ConstTensorView labels;       // i32 [targets]
    ConstTensorView loss_weights; // f32 [targets]
    TensorView dx;                // [n, hidden], may be x's memory; undefined: loss only
    HeadGradients gradients;
};

// Writes each target's negative log-likelihood into scratch.losses, and dx.
void loss_head(Backend& backend, const BaseModel& model, const LossHeadArgs& args);

// Float32 logits of the rows `targets` into host memory, row-major [targets, vocab].
void logits_head(Backend& backend,
                 const BaseModel& model,
                 ConstTensorView x,
                 ConstTensorView targets,
                 const HeadScratch& scratch,
                 std::span<float> logits);

} // namespace engine
