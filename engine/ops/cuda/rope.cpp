// Rotary position embedding on the GPU.
#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

void rope(CudaBackend& backend,
          TensorView x,
          std::int64_t head_dim,
          ConstTensorView positions,
          ConstTensorView cos_table,
          ConstTensorView sin_table,
          Rotation rotation)
{
    backend.launch(suffix_of(x.dtype()),
                   rows_for(x.size(0), x.size(1) / 2),
                   RopeArgs{.x = x.raw(),
                            .positions = positions.data<std::int32_t>(),
                            .cos_table = cos_table.data<float>(),
                            .sin_table = sin_table.data<float>(),
                            .heads = static_cast<int>(x.size(1) / head_dim),
                            .head_dim = static_cast<int>(head_dim),
                            .direction = rotation == Rotation::Forward ? 1.0F : -1.0F});
}

} // namespace engine::ops::kernels
