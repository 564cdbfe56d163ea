// Dequantisation on the GPU.
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"
#include "engine/ops/cuda/quantized_elements.h"

namespace engine::ops::kernels {

void dequantize(CudaBackend& backend, const QuantizedMatrix& matrix, TensorView weight)
{
    if (matrix.type == QuantType::Int8) {
        backend.launch(suffix_of(weight.dtype()),
                       rows_for(weight.size(0), weight.size(1)),
                       DequantizeInt8Args{int8_elements(matrix), weight.raw()});
        return;
    }
    backend.launch(suffix_of(weight.dtype()),
                   packs_for(weight.numel()),
                   DequantizeNf4Args{nf4_elements(matrix), weight.raw()});
}

} // namespace engine::ops::kernels
