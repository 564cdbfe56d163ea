// What the kernels that read quantised weights are given; kernel_args.h says how.
#pragma once

#include "engine/ops/cuda/kernel_args.h"

namespace engine::ops::kernels {

// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): whoever launches names every member

constexpr Index kNf4Block = 64;        // elements that share an absmax
constexpr Index kNf4NestedBlock = 256; // absmax values that share a nested one

// Element i = quant_map[code i] * absmax of its block, the absmax decoded from its own eight bits.
struct Nf4Elements
{
    const unsigned char* codes;
    const unsigned char* absmax;
    const float* nested_absmax;
    const float* quant_map;
    const float* nested_quant_map;
    Index n;
    float nested_offset;
    int unused = 0;
};

// Element (row, i) = code[row, i] * scale[row].
struct Int8Elements
{
    const unsigned char* codes;
    const float* scale;
    Index columns;
};

struct DequantizeNf4Args
{
    static constexpr const char* kKernel = "dequantize_nf4";
    Nf4Elements matrix;
    void* weight;
};

// One block a row.
struct DequantizeInt8Args
{
    static constexpr const char* kKernel = "dequantize_int8";
    Int8Elements matrix;
    void* weight;
};

// y = x W^T, or y += with `accumulate`; one warp a row of W.
struct FewRows
{
    const void* x; // [rows, columns]
    void* y;       // [rows, out_features]
    Index columns;
    Index out_features;
    int rows;
    int accumulate;
};

struct Nf4LinearArgs
{
    static constexpr const char* kKernel = "nf4_linear";
    Nf4Elements matrix;
    FewRows product;
};

struct Int8LinearArgs
{
    static constexpr const char* kKernel = "int8_linear";
    Int8Elements matrix;
    FewRows product;
};

// NOLINTEND(cppcoreguidelines-pro-type-member-init)

} // namespace engine::ops::kernels
