// The absmax values of an NF4 matrix, decoded from their own eight bits. Whoever includes this is
// compiled without fused multiply-adds: each operation is rounded.
#pragma once

#include <cstdint>

#include "engine/ops/dequantize.h"

namespace engine::ops::kernels {

// Of blocks [block, block + count).
inline void
decode_absmax(const QuantizedMatrix& matrix, std::int64_t block, std::int64_t count, float* absmax)
{
    const auto* codes = matrix.absmax.data<std::uint8_t>();
    const auto* map = matrix.nested_quant_map.data<float>();
    const auto* nested = matrix.nested_absmax.data<float>();
    for (std::int64_t i = block; i < block + count; ++i) {
        absmax[i - block] = map[codes[i]] * nested[i / kNestedBlock] + matrix.nested_offset;
    }
}

} // namespace engine::ops::kernels
