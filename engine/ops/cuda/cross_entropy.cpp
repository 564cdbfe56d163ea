// Cross-entropy on the GPU.
#include "engine/ops/cuda/kernel_args.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

void cross_entropy(CudaBackend& backend, const CrossEntropyArgs& args)
{
    backend.launch("",
                   rows_for(args.logits.size(0), args.logits.size(1)),
                   CrossEntropyKernelArgs{.logits = args.logits.data<float>(),
                                          .labels = args.labels.data<std::int32_t>(),
                                          .weights = args.weights.data<float>(),
                                          .losses = args.losses.data<float>(),
                                          .vocab_size = args.logits.size(1),
                                          .write_gradient = args.write_gradient ? 1 : 0});
}

void weighted_loss(CudaBackend& backend,
                   ConstTensorView losses,
                   ConstTensorView weights,
                   TensorView loss)
{
    backend.launch("",
                   {.block = kThreads},
                   WeightedLossArgs{.losses = losses.data<float>(),
                                    .weights = weights.data<float>(),
                                    .loss = loss.data<float>(),
                                    .n = losses.numel()});
}

} // namespace engine::ops::kernels
