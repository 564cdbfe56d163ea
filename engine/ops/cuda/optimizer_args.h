// What the optimizers' kernels are given; kernel_args.h says how.
#pragma once

#include "engine/ops/cuda/kernel_args.h"

namespace engine::ops::kernels {

// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): whoever launches names every member

// One entry of a list of parameters in device memory.
struct ParameterEntry
{
    float* value;
    const float* grad;
    float* m;
    float* v;
    void* copy; // null when the model keeps none
    Index size;
    float decay;     // 1 - learning_rate * weight_decay
    float step_size; // AdamW: learning_rate / (1 - beta1^t); SGD: learning_rate
    int copy_is_bf16;
    int unused;
};

// grid (pieces of the largest parameter, parameters).
struct AdamWArgs
{
    static constexpr const char* kKernel = "adamw";
    const ParameterEntry* parameters;
    const float* grad_scale; // null: 1
    float beta1;
    float beta2;
    float inverse_sqrt_bias2;
    float eps;
};

struct SgdArgs
{
    static constexpr const char* kKernel = "sgd";
    const ParameterEntry* parameters;
    const float* grad_scale; // null: 1
};

// parts[y * gridDim.x + x] = the sum of part x of parameter y's gradient, squared.
struct SumOfSquaresArgs
{
    static constexpr const char* kKernel = "sum_of_squares";
    const ParameterEntry* parameters;
    double* parts;
};

// grad_norm = the root of the sum of n parts; one block.
struct GradScaleKernelArgs
{
    static constexpr const char* kKernel = "grad_scale";
    const double* parts;
    const float* losses;
    float* grad_norm;
    float* grad_scale;
    double max_grad_norm;
    Index n;
    Index num_losses;
};

// total = the sum of n parts in order; one block.
struct SumPartsArgs
{
    static constexpr const char* kKernel = "sum_parts";
    const double* parts;
    double* total;
    Index n;
};

// NOLINTEND(cppcoreguidelines-pro-type-member-init)

} // namespace engine::ops::kernels
