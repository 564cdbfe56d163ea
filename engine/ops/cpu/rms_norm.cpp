// RMSNorm on the CPU: rows over the threads, each row two passes over data in cache.
#include <algorithm>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

struct NormWeight;

// dweight[c] (+)= sum over rows of dy * x * rstd. Threads own columns, so the order of the sum is
// the rows' order whatever the thread count.
template <typename T>
void accumulate_dweight(const RmsNormBackwardArgs& args)
{
    constexpr std::int64_t kColumnGrain = 64;
    const auto& kernels = simd::vector_kernels();
    const std::int64_t rows = args.x.size(0);
    const std::int64_t width = args.x.size(1);
    auto* dweight = args.dweight.data<float>();
    const auto* rstd = args.rstd.data<float>();
    const bool overwrite = args.dweight_mode == GradientMode::Overwrite;
    parallel_for(width, kColumnGrain, [&](std::int64_t begin, std::int64_t end) {
        if (overwrite) {
            std::fill(dweight + begin, dweight + end, 0.0F);
        }
        for (std::int64_t row = 0; row < rows; ++row) {
            const std::int64_t at = row * width + begin;
            kernels.elements<T>().accumulate_product(args.dy.data<T>() + at,
                                                     args.x.data<T>() + at,
                                                     rstd[row],
                                                     dweight + begin,
                                                     end - begin);
        }
    });
}

} // namespace

void rms_norm_forward(CpuBackend& /*backend*/,
                      ConstTensorView x,
                      ConstTensorView weight,
                      float eps,
                      TensorView y,
                      TensorView rstd)
{
    const float* weights = float_row<NormWeight>(weight);
    const std::int64_t width = x.size(1);
    auto* saved = rstd.defined() ? rstd.data<float>() : nullptr;
    dispatch_float(x.dtype(), "rms_norm_forward", [&]<typename T>() {
        const auto& kernels = simd::vector_kernels().elements<T>();
        parallel_for(x.size(0), row_grain(width), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                const std::int64_t at = row * width;
                const float value =
                    kernels.rms_norm(x.data<T>() + at, weights, eps, y.data<T>() + at, width);
                if (saved != nullptr) {
                    saved[row] = value;
                }
            }
        });
    });
}

void rms_norm_backward(CpuBackend& /*backend*/, const RmsNormBackwardArgs& args)
{
    const float* weights = float_row<NormWeight>(args.weight);
    const std::int64_t width = args.x.size(1);
    dispatch_float(args.x.dtype(), "rms_norm_backward", [&]<typename T>() {
        // Before dx is written: dx may be dy's memory.
        if (args.dweight_mode != GradientMode::Skip) {
            accumulate_dweight<T>(args);
        }
        const auto& kernels = simd::vector_kernels().elements<T>();
        const auto* rstd = args.rstd.data<float>();
        parallel_for(args.x.size(0), row_grain(width), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                const std::int64_t at = row * width;
                kernels.rms_norm_backward({.dy = args.dy.data<T>() + at,
                                           .x = args.x.data<T>() + at,
                                           .weight = weights,
                                           .rstd = rstd[row],
                                           .dx = args.dx.data<T>() + at,
                                           .width = width,
                                           .accumulate = args.accumulate});
            }
        });
    });
}

} // namespace engine::ops::kernels
