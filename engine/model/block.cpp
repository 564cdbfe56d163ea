// What a pass knows about one projection: its adapter, where its gradients go, its dropout mask.
#include "engine/model/block.h"

#include <algorithm>

#include "engine/ops/rms_norm.h"

namespace engine {

namespace {

TensorView full_gradient(const PassContext& pass, int index)
{
    if (index < 0 || pass.pass == nullptr || pass.pass->full_gradients == nullptr) {
        return {};
    }
    return (*pass.pass->full_gradients)[static_cast<std::size_t>(index)].view();
}

std::int64_t matrix_index(const LoraAdapter& adapter, const LoraMatrix& matrix)
{
    return &matrix - adapter.matrices().data();
}

} // namespace

LoraLinear PassContext::projection(std::int64_t layer, Target target) const
{
    LoraLinear projection;
    projection.base = &weights(layer)[target];
    if (adapter == nullptr) {
        return projection;
    }
    projection.lora = adapter->find(layer, target);
    if (projection.lora != nullptr && dropout > 0.0F) {
        const auto index = static_cast<std::uint64_t>(matrix_index(*adapter, *projection.lora));
        projection.dropout = {.seed = pass->dropout_seed,
                              .stream = pass->dropout_stream + index,
                              .probability = dropout};
    }
    return projection;
}

TensorView PassContext::h(const LayerActivations& kept, const LoraLinear& projection) const
{
    if (projection.lora == nullptr) {
        return {};
    }
    const LoraMatrix& lora = *projection.lora;
    std::int64_t before = 0; // ranks of the targets whose h precede in the same buffer
    for (const Target target : targets_beside(lora.target)) {
        if (target == lora.target) {
            break;
        }
        const LoraMatrix* other = adapter->find(lora.layer, target);
        before += other == nullptr ? 0 : other->rank;
    }
    const TensorView place = keep ? kept.h[index_of(lora.target)] : scratch.lora_h;
    return place.rows(n * before, n * (before + lora.rank)).reshaped({n, lora.rank});
}

bool PassContext::trains(std::int64_t layer, Target target) const
{
    if (pass == nullptr) {
        return false;
    }
    if (pass->full_gradients != nullptr) {
        return true;
    }
    if (pass->gradients != nullptr) {
        return adapter != nullptr && adapter->find(layer, target) != nullptr;
    }
    if (pass->sink != nullptr) {
        const auto wanted = pass->sink_targets;
        return std::find(wanted.begin(), wanted.end(), target) != wanted.end()
               && (layout == nullptr || layout->targets(layer, target));
    }
    return false;
}

bool PassContext::trains_any(std::int64_t layer, std::initializer_list<Target> targets) const
{
    return std::any_of(
        targets.begin(), targets.end(), [&](Target target) { return trains(layer, target); });
}

LinearGradients PassContext::gradients(std::int64_t layer, Target target) const
{
    LinearGradients gradients;
    if (!trains(layer, target)) {
        return gradients;
    }
    gradients.accumulate = accumulate();
    if (pass->full_gradients != nullptr) {
        const LayerGradientIndex& index = (*gradient_index)[static_cast<std::size_t>(layer)];
        gradients.weight = full_gradient(*this, index.weights[index_of(target)]);
        gradients.bias = full_gradient(*this, index.biases[index_of(target)]);
    } else if (pass->gradients != nullptr) {
        const LoraMatrix& matrix = *adapter->find(layer, target);
        LoraGradients::Pair& pair =
            pass->gradients->pairs[static_cast<std::size_t>(matrix_index(*adapter, matrix))];
        gradients.lora_a = pair.lora_a;
        gradients.lora_b = pair.lora_b;
    } else {
        const Shape shape = weights(layer)[target].shape();
        gradients.weight = scratch.weight_gradient.rows(0, shape.numel()).reshaped(shape);
        gradients.accumulate = false;
    }
    return gradients;
}

TensorView PassContext::norm_gradient(int LayerGradientIndex::*member, std::int64_t layer) const
{
    if (pass == nullptr || pass->full_gradients == nullptr) {
        return {};
    }
    return full_gradient(*this, (*gradient_index)[static_cast<std::size_t>(layer)].*member);
}

ConstTensorView
block_norm(const PassContext& pass, ConstTensorView x, ConstTensorView weight, TensorView rstd)
{
    const TensorView norm = pass.rows(pass.scratch.norm);
    ops::rms_norm_forward(*pass.backend, x, weight, pass.eps(), norm, rstd);
    return norm;
}

void block_norm_backward(const PassContext& pass, const BlockNormBackward& norm)
{
    ops::GradientMode mode = ops::GradientMode::Skip;
    if (norm.dweight.defined()) {
        mode = pass.accumulate() ? ops::GradientMode::Accumulate : ops::GradientMode::Overwrite;
    }
    ops::rms_norm_backward(*pass.backend,
                           {.dy = norm.dnorm,
                            .x = norm.x,
                            .weight = norm.weight,
                            .rstd = norm.rstd,
                            .dx = norm.dx,
                            .accumulate = true,
                            .dweight = norm.dweight,
                            .dweight_mode = mode});
}

} // namespace engine
