// One projection with its adapter, y = W x + b + s B A drop(x) - s B0 A0 x: forward and backward.
//
// With s = scaling, h = A drop(x), g = dL/dy:  dB = s g^T h,  u = s g B,  dA = u^T drop(x),
// dx = g W + drop(u A) - s g B0 A0. The derivation is in README.md of this folder.
//
// The frozen pair is taken off as it is, whose rounding stays in y: this is for dropout, where it
// sees another input than the trained one. Without dropout lora_group.h is the way.
#pragma once

#include <array>

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

// Memory that a call uses and leaves undefined: 1-D buffers of the activations' dtype.
struct LoraScratch
{
    TensorView u;            // rows * rank
    TensorView dropped = {}; // rows * in_features; needed with dropout only
    TensorView pair = {};    // for lora_group.h; with a frozen pair only
    // in_features * out_features each, Backend::buffers_ahead() of them; with a quantised base only
    std::array<TensorView, 2> weights = {};
};

// The first rows * width elements of a 1-D buffer as a matrix.
[[nodiscard]] inline TensorView matrix_of(TensorView buffer, std::int64_t rows, std::int64_t width)
{
    return buffer.rows(0, rows * width).reshaped({rows, width});
}

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

// Only h = A drop(x). y is not used.
void lora_linear_hidden(Backend& backend, const LoraLinearForwardArgs& args);

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
