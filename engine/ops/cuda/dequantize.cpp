// Dequantisation on the GPU.
#include "engine/ops/cuda/dequantize_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

void dequantize(CudaBackend& backend, const QuantizedMatrix& matrix, TensorView weight)
{
    const auto* codes = matrix.codes.data<std::uint8_t>();
    if (matrix.type == QuantType::Int8) {
        backend.launch(suffix_of(weight.dtype()),
                       rows_for(weight.size(0), weight.size(1)),
                       DequantizeInt8Args{.codes = codes,
                                          .scale = matrix.scale.data<float>(),
                                          .weight = weight.raw(),
                                          .columns = weight.size(1)});
        return;
    }
    backend.launch(suffix_of(weight.dtype()),
                   packs_for(weight.numel()),
                   DequantizeNf4Args{.codes = codes,
                                     .absmax = matrix.absmax.data<std::uint8_t>(),
                                     .nested_absmax = matrix.nested_absmax.data<float>(),
                                     .quant_map = matrix.quant_map.data<float>(),
                                     .nested_quant_map = matrix.nested_quant_map.data<float>(),
                                     .weight = weight.raw(),
                                     .n = weight.numel(),
                                     .block = kQuantBlock,
                                     .nested_block = kNestedBlock,
                                     .nested_offset = matrix.nested_offset});
}

} // namespace engine::ops::kernels
