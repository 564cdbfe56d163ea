// RMSNorm on the GPU.
#include "engine/ops/cuda/column_sum.h"
#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

constexpr std::int64_t kWarp = 32;

// Whether a warp's lanes hold a whole row.
bool is_short(std::int64_t width)
{
    return width <= kWarp * kElementsPerThread;
}

} // namespace

void rms_norm_forward(CudaBackend& backend,
                      ConstTensorView x,
                      ConstTensorView weight,
                      float eps,
                      TensorView y,
                      TensorView rstd)
{
    const char* suffix = suffix_of(x.dtype());
    const std::int64_t rows = x.size(0);
    const std::int64_t width = x.size(1);
    const RmsNormArgs in = {.x = x.raw(),
                            .weight = weight.raw(),
                            .y = y.raw(),
                            .rstd = rstd.data<float>(),
                            .width = width,
                            .eps = eps,
                            .weight_is_bf16 = is_bf16(weight)};
    if (is_short(width)) {
        const int lanes = lanes_for(width);
        backend.launch(suffix, threads_for(rows * lanes), RmsNormShortRowsArgs{in, rows, lanes});
        return;
    }
    backend.launch(suffix, rows_for(rows, width), in);
}

void rms_norm_backward(CudaBackend& backend, const RmsNormBackwardArgs& args)
{
    const char* suffix = suffix_of(args.x.dtype());
    const std::int64_t rows = args.x.size(0);
    const std::int64_t width = args.x.size(1);
    // Before dx is written: dx may be dy's memory.
    column_sum(backend, args.dy, args.x, args.rstd, args.dweight, args.dweight_mode);
    const RmsNormBackwardKernelArgs in = {.dy = args.dy.raw(),
                                          .x = args.x.raw(),
                                          .weight = args.weight.raw(),
                                          .rstd = args.rstd.data<float>(),
                                          .dx = args.dx.raw(),
                                          .width = width,
                                          .accumulate = args.accumulate ? 1 : 0,
                                          .weight_is_bf16 = is_bf16(args.weight)};
    if (is_short(width)) {
        const int lanes = lanes_for(width);
        backend.launch(
            suffix, threads_for(rows * lanes), RmsNormBackwardShortRowsArgs{in, rows, lanes});
        return;
    }
    backend.launch(suffix, rows_for(rows, width), in);
}

} // namespace engine::ops::kernels
