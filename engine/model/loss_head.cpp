// Final norm, vocabulary product, cross-entropy.
#include "engine/model/loss_head.h"

#include <algorithm>

#include "engine/ops/cross_entropy.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/rms_norm.h"

namespace engine {

namespace {

// Final norm of the gathered rows; returns [targets, hidden].
TensorView normalized_targets(Backend& backend,
                              const BaseModel& model,
                              ConstTensorView x,
                              ConstTensorView targets,
                              const HeadScratch& scratch)
{
    const std::int64_t count = targets.numel();
    const TensorView rows = scratch.x.rows(0, count);
    const TensorView norm = scratch.norm.rows(0, count);
    ops::gather_rows(backend, x, targets, rows);
    ops::rms_norm_forward(backend,
                          rows,
                          model.norm(),
                          static_cast<float>(model.config().rms_norm_eps),
                          norm,
                          scratch.rstd.rows(0, count));
    return norm;
}

// dnorm = dlogits W and dW += dlogits^T norm of one chunk.
void chunk_backward(Backend& backend,
                    const BaseModel& model,
                    const LossHeadArgs& args,
                    std::int64_t begin,
                    std::int64_t end)
{
    const TensorView logits = args.scratch.logits.rows(0, end - begin);
    ConstTensorView dlogits = logits;
    if (model.dtype() != DType::F32) {
        const TensorView rounded = args.scratch.dlogits_copy.rows(0, end - begin);
        ops::copy(backend, logits, rounded);
        dlogits = rounded;
    }
    ops::matmul(backend,
                {.a = dlogits, .b = model.lm_head(), .c = args.scratch.dnorm.rows(begin, end)});
    if (args.gradients.lm_head.defined()) {
        ops::matmul(backend,
                    {.a = dlogits,
                     .transpose_a = ops::Transpose::Yes,
                     .b = args.scratch.norm.rows(begin, end),
                     .c = args.gradients.lm_head,
                     .beta = begin > 0 || args.gradients.accumulate ? 1.0F : 0.0F});
    }
}

void head_norm_backward(Backend& backend, const BaseModel& model, const LossHeadArgs& args)
{
    const std::int64_t count = args.targets.numel();
    ops::GradientMode mode = ops::GradientMode::Skip;
    if (args.gradients.norm.defined()) {
        mode = args.gradients.accumulate ? ops::GradientMode::Accumulate
                                         : ops::GradientMode::Overwrite;
    }
    const TensorView drows = args.scratch.dnorm.rows(0, count);
    ops::rms_norm_backward(backend,
                           {.dy = drows,
                            .x = args.scratch.x.rows(0, count),
                            .weight = model.norm(),
                            .rstd = args.scratch.rstd.rows(0, count),
                            .dx = drows,
                            .dweight = args.gradients.norm,
                            .dweight_mode = mode});
    ops::scatter_rows(backend, drows, args.targets, args.dx);
}

} // namespace

void loss_head(Backend& backend, const BaseModel& model, const LossHeadArgs& args)
{
    const std::int64_t count = args.targets.numel();
    const TensorView norm = normalized_targets(backend, model, args.x, args.targets, args.scratch);
    const std::int64_t chunk = args.scratch.logits.size(0);
    for (std::int64_t begin = 0; begin < count; begin += chunk) {
        const std::int64_t end = std::min(begin + chunk, count);
        const TensorView logits = args.scratch.logits.rows(0, end - begin);
        ops::linear(backend, norm.rows(begin, end), model.lm_head(), logits);
        ops::cross_entropy(backend,
                           {.logits = logits,
                            .labels = args.labels.rows(begin, end),
                            .weights = args.loss_weights.rows(begin, end),
                            .losses = args.scratch.losses.rows(begin, end),
                            .write_gradient = args.dx.defined()});
        if (args.dx.defined()) {
            chunk_backward(backend, model, args, begin, end);
        }
    }
    if (args.dx.defined()) {
        head_norm_backward(backend, model, args);
    }
}

void logits_head(Backend& backend,
                 const BaseModel& model,
                 ConstTensorView x,
                 ConstTensorView targets,
                 const HeadScratch& scratch,
                 std::span<float> logits)
{
    const TensorView norm = normalized_targets(backend, model, x, targets, scratch);
    const std::int64_t vocab = model.config().vocab_size;
    const std::int64_t chunk = scratch.logits.size(0);
    for (std::int64_t begin = 0; begin < targets.numel(); begin += chunk) {
        const std::int64_t end = std::min(begin + chunk, targets.numel());
        const TensorView rows = scratch.logits.rows(0, end - begin);
        ops::linear(backend, norm.rows(begin, end), model.lm_head(), rows);
        backend.download(rows, logits.data() + begin * vocab);
    }
}

} // namespace engine
