// What the dequantisation kernels are given; kernel_args.h says how.
#pragma once

#include "engine/ops/cuda/kernel_args.h"

namespace engine::ops::kernels {

// weight[i] = quant_map[code i] * absmax of its block, the absmax decoded from its own eight bits.
struct DequantizeNf4Args
{
    static constexpr const char* kKernel = "dequantize_nf4";
    const unsigned char* codes;
    const unsigned char* absmax;
    const float* nested_absmax;
    const float* quant_map;
    const float* nested_quant_map;
    void* weight;
    Index n;
    Index block;
    Index nested_block;
    float nested_offset;
};

// weight[row, i] = code[row, i] * scale[row]; one block a row.
struct DequantizeInt8Args
{
    static constexpr const char* kKernel = "dequantize_int8";
    const unsigned char* codes;
    const float* scale;
    void* weight;
    Index columns;
};

} // namespace engine::ops::kernels
