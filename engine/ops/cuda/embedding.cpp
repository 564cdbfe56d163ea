// Token embedding on the GPU.
#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

void embedding_forward(CudaBackend& backend,
                       ConstTensorView ids,
                       ConstTensorView table,
                       TensorView y)
{
    const bool from_bf16 = table.dtype() == DType::BF16;
    const bool to_bf16 = y.dtype() == DType::BF16;
    const char* suffix =
        from_bf16 ? (to_bf16 ? "_bf16_bf16" : "_bf16_f32") : (to_bf16 ? "_f32_bf16" : "_f32_f32");
    backend.launch(suffix,
                   rows_for(ids.numel(), table.size(1)),
                   EmbeddingArgs{ids.data<std::int32_t>(), table.raw(), y.raw(), table.size(1)});
}

void embedding_backward(CudaBackend& backend,
                        ConstTensorView ids,
                        ConstTensorView dy,
                        TensorView dtable)
{
    const std::int64_t rows = ids.numel();
    const std::int64_t width = dtable.size(1);
    auto* order = static_cast<int*>(backend.scratch(2 * rows * sizeof(int)));
    int* counts = order + rows;
    constexpr std::int64_t kWarp = 32;
    // Every id is compared with every other one: rows * rows comparisons are fewer than one
    // layer's multiply-adds.
    backend.launch("",
                   threads_for(rows * kWarp),
                   EmbeddingOrderArgs{.ids = ids.data<std::int32_t>(),
                                      .order = order,
                                      .counts = counts,
                                      .rows = static_cast<int>(rows)});
    backend.launch(suffix_of(dy.dtype()),
                   {.grid_x = rows, .grid_y = ceil_div(width, kThreads), .block = kThreads},
                   EmbeddingBackwardArgs{.ids = ids.data<std::int32_t>(),
                                         .order = order,
                                         .counts = counts,
                                         .dy = dy.raw(),
                                         .dtable = dtable.data<float>(),
                                         .width = width});
}

} // namespace engine::ops::kernels
