// Products of few rows with a quantised weight on the GPU.
#include "engine/ops/quantized_linear.h"

#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"
#include "engine/ops/cuda/quantized_elements.h"

namespace engine::ops::kernels {

void quantized_linear(CudaBackend& backend,
                      ConstTensorView x,
                      const QuantizedMatrix& weight,
                      TensorView y,
                      float beta)
{
    constexpr int kWarps = 8; // of a block, one row of W each
    constexpr int kLanes = 32;
    const std::int64_t out_features = weight.shape[0];
    const LaunchShape shape = {.grid_x = ceil_div(out_features, kWarps), .block = kWarps * kLanes};
    const FewRows product = {.x = x.raw(),
                             .y = y.raw(),
                             .columns = weight.shape[1],
                             .out_features = out_features,
                             .rows = static_cast<int>(x.size(0)),
                             .accumulate = beta == 0.0F ? 0 : 1};
    if (weight.type == QuantType::Int8) {
        backend.launch(suffix_of(x.dtype()), shape, Int8LinearArgs{int8_elements(weight), product});
        return;
    }
    backend.launch(suffix_of(x.dtype()), shape, Nf4LinearArgs{nf4_elements(weight), product});
}

} // namespace engine::ops::kernels
