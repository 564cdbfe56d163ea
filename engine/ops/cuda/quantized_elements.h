// A quantised matrix as the kernels take it.
#pragma once

#include "engine/ops/cuda/dequantize_args.h"
#include "engine/ops/dequantize.h"

namespace engine::ops::kernels {

static_assert(kNf4Block == kQuantBlock && kNf4NestedBlock == kNestedBlock);

[[nodiscard]] inline Nf4Elements nf4_elements(const QuantizedMatrix& matrix)
{
    return {.codes = matrix.codes.data<std::uint8_t>(),
            .absmax = matrix.absmax.data<std::uint8_t>(),
            .nested_absmax = matrix.nested_absmax.data<float>(),
            .quant_map = matrix.quant_map.data<float>(),
            .nested_quant_map = matrix.nested_quant_map.data<float>(),
            .n = matrix.shape.numel(),
            .nested_offset = matrix.nested_offset};
}

[[nodiscard]] inline Int8Elements int8_elements(const QuantizedMatrix& matrix)
{
    return {.codes = matrix.codes.data<std::uint8_t>(),
            .scale = matrix.scale.data<float>(),
            .columns = matrix.shape[1]};
}

} // namespace engine::ops::kernels
