// AdamW, SGD, the gradient norm and clipping on the CPU: elements over the threads, in pieces that
// stay in cache.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"

namespace engine::ops::kernels {

namespace {

constexpr double kClipEpsilon = 1e-6; // of torch.nn.utils.clip_grad_norm_
constexpr std::int64_t kPiece = 4096; // elements updated and then copied while in cache

// The rounded copy of elements [begin, begin + n), if the model keeps one.
void write_copy(const ParameterStep& parameter, std::int64_t begin, std::int64_t n)
{
    const float* value = parameter.value.data<float>() + begin;
    if (!parameter.copy.defined()) {
        return;
    }
    if (parameter.copy.dtype() == DType::F32) {
        std::copy_n(value, n, parameter.copy.data<float>() + begin);
    } else {
        simd::vector_kernels().bf16.from_float(value, parameter.copy.data<bfloat16_t>() + begin, n);
    }
}

// update(begin, n) for pieces of the parameter, over the threads.
template <typename Update>
void for_pieces(const ParameterStep& parameter, const Update& update)
{
    const std::int64_t size = parameter.value.numel();
    const std::int64_t pieces = (size + kPiece - 1) / kPiece;
    parallel_for(pieces, kElementGrain / kPiece, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t piece = first; piece < last; ++piece) {
            const std::int64_t begin = piece * kPiece;
            const std::int64_t n = std::min(kPiece, size - begin);
            update(begin, n);
            write_copy(parameter, begin, n);
        }
    });
}

// 1 where there is none.
float value_of(ConstTensorView grad_scale)
{
    return grad_scale.defined() ? grad_scale.data<float>()[0] : 1.0F;
}

} // namespace

void adamw_step(CpuBackend& /*backend*/,
                std::span<const ParameterStep> parameters,
                const AdamWStep& step)
{
    const float grad_scale = value_of(step.grad_scale);
    if (std::isnan(grad_scale)) {
        return;
    }
    const auto& kernels = simd::vector_kernels();
    const auto t = static_cast<double>(step.step);
    const double bias1 = 1.0 - std::pow(static_cast<double>(step.beta1), t);
    const double bias2 = 1.0 - std::pow(static_cast<double>(step.beta2), t);
    for (const ParameterStep& parameter : parameters) {
        const double rate = parameter.learning_rate;
        const simd::AdamWScalars scalars = {
            .grad_scale = grad_scale,
            .beta1 = step.beta1,
            .beta2 = step.beta2,
            .decay = static_cast<float>(1.0 - rate * parameter.weight_decay),
            .step_size = static_cast<float>(rate / bias1),
            .inverse_sqrt_bias2 = static_cast<float>(1.0 / std::sqrt(bias2)),
            .eps = step.eps};
        for_pieces(parameter, [&](std::int64_t begin, std::int64_t n) {
            kernels.adamw(parameter.value.data<float>() + begin,
                          parameter.grad.data<float>() + begin,
                          parameter.m.data<float>() + begin,
                          parameter.v.data<float>() + begin,
                          n,
                          scalars);
        });
    }
}

void sgd_step(CpuBackend& /*backend*/,
              std::span<const ParameterStep> parameters,
              ConstTensorView grad_scale)
{
    const float factor = value_of(grad_scale);
    if (std::isnan(factor)) {
        return;
    }
    const auto& kernels = simd::vector_kernels();
    for (const ParameterStep& parameter : parameters) {
        const float decay = 1.0F - parameter.learning_rate * parameter.weight_decay;
        const float step = parameter.learning_rate * factor;
        for_pieces(parameter, [&](std::int64_t begin, std::int64_t n) {
            kernels.sgd(parameter.value.data<float>() + begin,
                        parameter.grad.data<float>() + begin,
                        n,
                        decay,
                        step);
        });
    }
}

void grad_scale(CpuBackend& backend, const GradScaleArgs& args)
{
    const double norm = std::sqrt(sum_of_squares(backend, args.parameters));
    double scale =
        args.max_grad_norm > 0.0 ? std::min(1.0, args.max_grad_norm / (norm + kClipEpsilon)) : 1.0;
    const float* losses = args.losses.data<float>();
    const std::int64_t count = args.losses.defined() ? args.losses.numel() : 0;
    const auto is_finite = [](float loss) { return std::isfinite(loss); };
    if (!std::isfinite(norm) || !std::all_of(losses, losses + count, is_finite)) {
        scale = std::numeric_limits<double>::quiet_NaN();
    }
    args.grad_norm.data<float>()[0] = static_cast<float>(norm);
    args.grad_scale.data<float>()[0] = static_cast<float>(scale);
}

double sum_of_squares(CpuBackend& /*backend*/, std::span<const ParameterStep> parameters)
{
    // Parts of a fixed number, so that the order of the sum does not depend on the thread count.
    constexpr std::int64_t kParts = 64;
    const auto& kernels = simd::vector_kernels();
    double total = 0.0;
    for (const ParameterStep& parameter : parameters) {
        std::array<double, kParts> parts = {};
        const std::int64_t size = parameter.grad.numel();
        const std::int64_t part_size = (size + kParts - 1) / kParts;
        const std::int64_t grain = 1 + kElementGrain / (part_size + 1);
        parallel_for(kParts, grain, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t part = first; part < last; ++part) {
                const std::int64_t begin = std::min(part * part_size, size);
                const std::int64_t end = std::min(begin + part_size, size);
                parts[static_cast<std::size_t>(part)] =
                    kernels.sum_of_squares(parameter.grad.data<float>() + begin, end - begin);
            }
        });
        for (const double part : parts) {
            total += part;
        }
    }
    return total;
}

} // namespace engine::ops::kernels
