// RMSNorm on the GPU.
#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

void rms_norm_forward(CudaBackend& backend,
                      ConstTensorView x,
                      ConstTensorView weight,
                      float eps,
                      TensorView y,
                      TensorView rstd)
{
    backend.launch(suffix_of(x.dtype()),
                   rows_for(x.size(0), x.size(1)),
                   RmsNormArgs{.x = x.raw(),
                               .weight = weight.raw(),
                               .y = y.raw(),
                               .rstd = rstd.data<float>(),
                               .width = x.size(1),
                               .eps = eps,
                               .weight_is_bf16 = is_bf16(weight)});
}

void rms_norm_backward(CudaBackend& backend, const RmsNormBackwardArgs& args)
{
    const char* suffix = suffix_of(args.x.dtype());
    const std::int64_t rows = args.x.size(0);
    const std::int64_t width = args.x.size(1);
    // Before dx is written: dx may be dy's memory.
    if (args.dweight_mode != GradientMode::Skip) {
        backend.launch(
            suffix,
            threads_for(width),
            ColumnSumArgs{.dy = args.dy.raw(),
                          .x = args.x.raw(),
                          .rstd = args.rstd.data<float>(),
                          .sum = args.dweight.data<float>(),
                          .rows = rows,
                          .width = width,
                          .accumulate = args.dweight_mode == GradientMode::Accumulate ? 1 : 0});
    }
    backend.launch(suffix,
                   rows_for(rows, width),
                   RmsNormBackwardKernelArgs{.dy = args.dy.raw(),
                                             .x = args.x.raw(),
                                             .weight = args.weight.raw(),
                                             .rstd = args.rstd.data<float>(),
                                             .dx = args.dx.raw(),
                                             .width = width,
                                             .accumulate = args.accumulate ? 1 : 0,
                                             .weight_is_bf16 = is_bf16(args.weight)});
}

} // namespace engine::ops::kernels
