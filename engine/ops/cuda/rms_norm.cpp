// RMSNorm on the GPU.
#include <bit>

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

int lanes_of(std::int64_t width)
{
    const auto packs = static_cast<unsigned>(ceil_div(width, kElementsPerThread));
    return static_cast<int>(std::bit_ceil(packs));
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
        const int lanes = lanes_of(width);
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
    const RmsNormBackwardKernelArgs in = {.dy = args.dy.raw(),
                                          .x = args.x.raw(),
                                          .weight = args.weight.raw(),
                                          .rstd = args.rstd.data<float>(),
                                          .dx = args.dx.raw(),
                                          .width = width,
                                          .accumulate = args.accumulate ? 1 : 0,
                                          .weight_is_bf16 = is_bf16(args.weight)};
    if (is_short(width)) {
        const int lanes = lanes_of(width);
        backend.launch(
            suffix, threads_for(rows * lanes), RmsNormBackwardShortRowsArgs{in, rows, lanes});
        return;
    }
    backend.launch(suffix, rows_for(rows, width), in);
}

} // namespace engine::ops::kernels
