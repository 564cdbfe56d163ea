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
    backend.launch(suffix_of(dy.dtype()),
                   threads_for(dtable.size(1)),
                   EmbeddingBackwardArgs{.ids = ids.data<std::int32_t>(),
                                         .dy = dy.raw(),
                                         .dtable = dtable.data<float>(),
                                         .rows = ids.numel(),
                                         .width = dtable.size(1)});
}

} // namespace engine::ops::kernels
