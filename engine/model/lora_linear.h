// One projection with its adapter, y = W x + b + s B A drop(x) - s B0 A0 x: forward and backward.
//
// With s = scaling, h = A drop(x), g = dL/dy:  dB = s g^T h,  u = s g B,  dA = u^T drop(x),
// dx = g W + drop(u A) - s g B0 A0. The derivation is in README.md of this folder.
//
// Without dropout the frozen pair is taken off through differences, B A - B0 A0 =
// (B - B0) A + B0 (A - A0): nothing cancels, so the start changes no output even in bfloat16.
#pragma once

#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"
#include "engine/ops/dropout.h"

namespace engine {

struct LoraLinear
{
    const LinearWeights* base = nullptr;
    const LoraMatrix* lora = nullptr; // null: not adapted
    ops::DropoutKey dropout = {};     // probability 0: none
};

// Memory that a call uses and leaves undefined: 1-D buffers, of the activations' dtype unless said.
struct LoraScratch
{
    TensorView u;               // rows * rank
    TensorView dropped = {};    // rows * in_features; needed with dropout only
    TensorView difference = {}; // f32, rank * (in_features + out_features); with a frozen pair only
    TensorView difference_copy = {}; // likewise, of the activations' dtype; in bf16 only
    TensorView weight = {};          // in_features * out_features; with a quantised base only
};

enum class Output { Write, Add };

struct LoraLinearForwardArgs
{
    LoraLinear projection;
    ConstTensorView x;             // [n, in_features]
    TensorView y;                  // [n, out_features]
    Output output = Output::Write; // Add: y += instead of y =
    ConstTensorView addend = {};   // with Add: what is added to instead of y's old contents
    TensorView h = {};             // [n, rank], written; kept for backward
    LoraScratch scratch;
};

void lora_linear_forward(Backend& backend, const LoraLinearForwardArgs& args);

// Only h = A drop(x): what the backward needs of a forward whose output is not wanted again.
void lora_linear_hidden(Backend& backend,
                        const LoraLinear& projection,
                        ConstTensorView x,
                        TensorView h,
                        const LoraScratch& scratch);

// Where the parameters' gradients go; an undefined view is not computed. All are float32.
struct LinearGradients
{
    TensorView lora_a = {};
    TensorView lora_b = {};
    TensorView weight = {};
    TensorView bias = {};
    bool accumulate = false; // add to them instead of overwriting
};

struct LoraLinearBackwardArgs
{
    LoraLinear projection;
    ConstTensorView x;  // forward's
    ConstTensorView h;  // forward's
    ConstTensorView dy; // [n, out_features]
    LinearGradients gradients;
    TensorView dx = {}; // [n, in_features]; undefined: nobody needs it; may be x's own memory
    Output output = Output::Write;
    LoraScratch scratch;
};

void lora_linear_backward(Backend& backend, const LoraLinearBackwardArgs& args);

} // namespace engine
