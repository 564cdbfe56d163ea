// Cross-entropy on the CPU: rows over the threads.
#include "engine/ops/cross_entropy.h"

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/float_row.h"
#include "engine/ops/cpu/kernels.h"

namespace engine::ops::kernels {

void cross_entropy(CpuBackend& /*backend*/, const CrossEntropyArgs& args)
{
    const auto& kernels = simd::vector_kernels();
    const std::int64_t vocab_size = args.logits.size(1);
    parallel_for(
        args.logits.size(0), row_grain(vocab_size), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                args.losses.data<float>()[row] =
                    kernels.cross_entropy(args.logits.data<float>() + row * vocab_size,
                                          vocab_size,
                                          args.labels.data<std::int32_t>()[row],
                                          args.weights.data<float>()[row],
                                          args.write_gradient);
            }
        });
}

void weighted_loss(CpuBackend& /*backend*/,
                   ConstTensorView losses,
                   ConstTensorView weights,
                   TensorView loss)
{
    double sum = 0.0;
    for (std::int64_t i = 0; i < losses.numel(); ++i) {
        sum += static_cast<double>(weights.data<float>()[i])
               * static_cast<double>(losses.data<float>()[i]);
    }
    loss.data<float>()[0] = static_cast<float>(sum);
}

} // namespace engine::ops::kernels
