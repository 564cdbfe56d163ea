// Cross-entropy: argument checks and dispatch.
#include "engine/ops/cross_entropy.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

void cross_entropy(Backend& backend, const CrossEntropyArgs& args)
{
    constexpr const char* kOp = "cross_entropy";
    check_rank(kOp, "logits", args.logits, 2);
    check_dtype(kOp, "logits", args.logits, DType::F32);
    const std::int64_t n = args.logits.size(0);
    const std::int64_t vocab_size = args.logits.size(1);
    check_shape(kOp, "labels", args.labels, {n});
    check_dtype(kOp, "labels", args.labels, DType::I32);
    check_shape(kOp, "weights", args.weights, {n});
    check_dtype(kOp, "weights", args.weights, DType::F32);
    check_shape(kOp, "losses", args.losses, {n});
    check_dtype(kOp, "losses", args.losses, DType::F32);
    check_device(kOp, backend, {args.logits, args.labels, args.weights, args.losses});
    if (backend.shares_host_memory()) {
        const auto* label = args.labels.data<std::int32_t>();
        for (std::int64_t i = 0; i < n; ++i) {
            ENGINE_CHECK(label[i] >= 0 && label[i] < vocab_size,
                         "cross_entropy: label ",
                         label[i],
                         " at ",
                         i,
                         ", vocab_size is ",
                         vocab_size);
        }
    }
    dispatch_device(backend, [&](auto& device) { kernels::cross_entropy(device, args); });
}

void weighted_loss(Backend& backend,
                   ConstTensorView losses,
                   ConstTensorView weights,
                   TensorView loss)
{
    constexpr const char* kOp = "weighted_loss";
    check_rank(kOp, "losses", losses, 1);
    check_dtype(kOp, "losses", losses, DType::F32);
    check_shape(kOp, "weights", weights, losses.shape());
    check_dtype(kOp, "weights", weights, DType::F32);
    check_shape(kOp, "loss", loss, {1});
    check_dtype(kOp, "loss", loss, DType::F32);
    check_device(kOp, backend, {losses, weights, loss});
    dispatch_device(backend,
                    [&](auto& device) { kernels::weighted_loss(device, losses, weights, loss); });
}

} // namespace engine::ops
