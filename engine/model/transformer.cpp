// The stack of blocks: one pass forward over the micro-batch, the loss, and one pass backward down
// to the lowest block in which something trains.
#include "engine/model/transformer.h"

#include <algorithm>
#include <memory>

#include "engine/model/full_gradients.h"
#include "engine/model/loss_head.h"
#include "engine/model/micro_batch.h"
#include "engine/model/pass_key.h"
#include "engine/model/workspace.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/embedding.h"

namespace engine {

struct Transformer::Impl
{
    Impl(Backend& device,
         const BaseModel& base,
         const TransformerLimits& wanted,
         const LoraConfig* adapter);

    void queue(const MicroBatch& batch, const TrainPass& pass);
    void logits(const MicroBatch& batch,
                const LoraAdapter* adapter,
                std::span<const std::int32_t> positions,
                std::span<float> out);

    void upload(const MicroBatch& batch);
    [[nodiscard]] PassContext context(const MicroBatch& batch, const LoraAdapter* adapter);
    void check_pass(const TrainPass& pass) const;
    // The last block's output.
    TensorView forward(PassContext context, bool backward_follows);
    void backward(PassContext context, TensorView dx);
    void recompute(PassContext context, std::int64_t layer);
    void head(const PassContext& context, TensorView x, bool backward_follows);
    // The weighted sum of the head's losses, on the device, or here after all of the pass.
    void sum_losses(TensorView loss);
    double read_losses();
    [[nodiscard]] HeadGradients head_gradients(const TrainPass& pass);
    void embedding_gradient(const PassContext& context, TensorView dx);
    void zero_gradients(const TrainPass& pass);

    Backend& backend;
    const BaseModel& model;
    TransformerLimits limits;
    Workspace workspace;
    const Activations& activations;
    FullGradientIndex gradient_index;
    std::vector<std::int32_t> targets; // rows that have a label
    std::vector<std::int32_t> labels;
    std::vector<float> loss_weights;
    std::vector<float> losses;
};

Transformer::Impl::Impl(Backend& device,
                        const BaseModel& base,
                        const TransformerLimits& wanted,
                        const LoraConfig* adapter)
    : backend(device)
    , model(base)
    , limits(wanted)
    , workspace(device, base, wanted, adapter)
    , activations(workspace.activations())
    , gradient_index(base)
{
    const auto n = static_cast<std::size_t>(limits.max_tokens);
    targets.reserve(n);
    labels.reserve(n);
    loss_weights.reserve(n);
    losses.reserve(n);
}

void Transformer::Impl::upload(const MicroBatch& batch)
{
    check_micro_batch(batch, model.config().vocab_size, limits);
    targets.clear();
    labels.clear();
    loss_weights.clear();
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        if (batch.labels[i] >= 0) {
            targets.push_back(static_cast<std::int32_t>(i));
            labels.push_back(batch.labels[i]);
            loss_weights.push_back(batch.weights[i]);
        }
    }
    const auto send = [&](const auto& values, TensorView place) {
        if (!values.empty()) {
            backend.upload(values.data(), place.rows(0, static_cast<std::int64_t>(values.size())));
        }
    };
    const BatchTensors& tensors = activations.batch;
    send(batch.tokens, tensors.tokens);
    send(batch.positions, tensors.positions);
    send(batch.offsets, tensors.offsets);
    send(targets, tensors.targets);
    send(labels, tensors.labels);
    send(loss_weights, tensors.loss_weights);
}

PassContext Transformer::Impl::context(const MicroBatch& batch, const LoraAdapter* adapter)
{
    upload(batch);
    PassContext context =
        workspace.context(batch.num_tokens(), batch.max_sequence_length(), adapter);
    context.gradient_index = &gradient_index.layers;
    context.offsets =
        activations.batch.offsets.rows(0, static_cast<std::int64_t>(batch.offsets.size()));
    return context;
}

void Transformer::Impl::check_pass(const TrainPass& pass) const
{
    const int wanted = (pass.gradients != nullptr ? 1 : 0)
                       + (pass.full_gradients != nullptr ? 1 : 0) + (pass.sink != nullptr ? 1 : 0);
    ENGINE_CHECK(wanted <= 1, "transformer: a pass computes one kind of gradients, not ", wanted);
    ENGINE_CHECK(wanted == 0 || limits.backward, "transformer: laid out without a backward");
    ENGINE_CHECK(pass.gradients == nullptr || pass.adapter != nullptr,
                 "transformer: adapter gradients without an adapter");
    ENGINE_CHECK(pass.full_gradients == nullptr
                     || (limits.full && pass.full_gradients->size() == model.tensors().size()),
                 "transformer: laid out without full gradients");
    ENGINE_CHECK(pass.sink == nullptr || limits.weight_sink,
                 "transformer: laid out without a weight gradient");
    if (wanted != 0 && pass.adapter != nullptr) {
        workspace.check_adapter(*pass.adapter);
    }
}

TensorView Transformer::Impl::forward(PassContext context, bool backward_follows)
{
    const std::int64_t num_layers = model.config().num_layers;
    const std::int64_t lowest = backward_follows ? workspace.layout().lowest_layer() : num_layers;
    const auto input_of = [&](std::int64_t layer) {
        return context.rows(layer >= lowest && layer < num_layers
                                ? activations.layers[static_cast<std::size_t>(layer)].x
                                : activations.residual);
    };
    TensorView x = input_of(0);
    ops::embedding_forward(
        backend, context.rows(activations.batch.tokens), model.embed_tokens(), x);
    for (std::int64_t layer = 0; layer < num_layers; ++layer) {
        const LayerActivations& kept = activations.layers[static_cast<std::size_t>(layer)];
        const bool keeps_input = layer >= lowest;
        // With recomputation the last block is the first that backward needs: kept at once.
        context.keep =
            keeps_input && (workspace.layout().keeps_block(layer) || layer == num_layers - 1);
        const TensorView x_out = input_of(layer + 1);
        TensorView x_mid = keeps_input ? x_out : x;
        if (context.keep) {
            x_mid = context.rows(kept.x_mid);
        }
        attention_block_forward(context, layer, kept, x, x_mid);
        mlp_block_forward(context, layer, kept, x_mid, x_out);
        x = x_out;
    }
    return x;
}

void Transformer::Impl::recompute(PassContext context, std::int64_t layer)
{
    const LayerActivations& kept = activations.layers[static_cast<std::size_t>(layer)];
    const TensorView x_mid = context.rows(kept.x_mid);
    attention_block_forward(context, layer, kept, context.rows(kept.x), x_mid);
    mlp_block_forward(context, layer, kept, x_mid, {});
}

void Transformer::Impl::backward(PassContext context, TensorView dx)
{
    context.keep = true;
    const bool full = context.pass->full_gradients != nullptr;
    const std::int64_t num_layers = model.config().num_layers;
    std::int64_t lowest = 0;
    while (lowest < num_layers
           && !context.trains_any(lowest,
                                  {Target::QProj,
                                   Target::KProj,
                                   Target::VProj,
                                   Target::OProj,
                                   Target::GateProj,
                                   Target::UpProj,
                                   Target::DownProj})) {
        ++lowest;
    }
    for (std::int64_t layer = num_layers - 1; layer >= lowest; --layer) {
        const LayerActivations& kept = activations.layers[static_cast<std::size_t>(layer)];
        if (!workspace.layout().keeps_block(layer) && layer < num_layers - 1) {
            recompute(context, layer);
        }
        const bool needs_dx = full || layer > lowest;
        const bool attention_trains =
            context.trains_any(layer, {Target::QProj, Target::KProj, Target::VProj, Target::OProj});
        mlp_block_backward(context, layer, kept, dx, needs_dx || attention_trains);
        if (needs_dx || attention_trains) {
            attention_block_backward(context, layer, kept, dx, needs_dx);
        }
    }
    if (full) {
        embedding_gradient(context, dx);
    }
}

HeadGradients Transformer::Impl::head_gradients(const TrainPass& pass)
{
    if (pass.full_gradients == nullptr) {
        return {};
    }
    FullGradients& gradients = *pass.full_gradients;
    return {.norm = gradients[static_cast<std::size_t>(gradient_index.norm)],
            .lm_head = gradients[static_cast<std::size_t>(gradient_index.lm_head)],
            .accumulate = pass.accumulate};
}

void Transformer::Impl::embedding_gradient(const PassContext& context, TensorView dx)
{
    FullGradients& gradients = *context.pass->full_gradients;
    const TensorView dtable = gradients[static_cast<std::size_t>(gradient_index.embed_tokens)];
    const bool head_wrote_it = gradient_index.embed_tokens == gradient_index.lm_head;
    if (!context.accumulate() && !head_wrote_it) {
        ops::zero(backend, dtable);
    }
    ops::embedding_backward(backend, context.rows(activations.batch.tokens), dx, dtable);
}

void Transformer::Impl::head(const PassContext& context, TensorView x, bool backward_follows)
{
    const auto count = static_cast<std::int64_t>(targets.size());
    if (count == 0) {
        return;
    }
    const BatchTensors& batch = activations.batch;
    // The last block's output is not needed once its labelled rows are gathered: its memory
    // becomes the gradient's.
    loss_head(backend,
              model,
              {.x = x,
               .scratch = activations.head,
               .targets = batch.targets.rows(0, count),
               .labels = batch.labels.rows(0, count),
               .loss_weights = batch.loss_weights.rows(0, count),
               .dx = backward_follows ? x : TensorView(),
               .gradients = head_gradients(*context.pass)});
}

void Transformer::Impl::sum_losses(TensorView loss)
{
    losses.clear();
    const auto count = static_cast<std::int64_t>(targets.size());
    ops::weighted_loss(backend,
                       activations.head.losses.rows(0, count),
                       activations.batch.loss_weights.rows(0, count),
                       loss);
}

double Transformer::Impl::read_losses()
{
    losses.resize(targets.size());
    if (losses.empty()) {
        return 0.0;
    }
    const auto count = static_cast<std::int64_t>(losses.size());
    backend.download(activations.head.losses.rows(0, count), losses.data());
    double loss = 0.0;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        loss += static_cast<double>(loss_weights[i]) * static_cast<double>(losses[i]);
    }
    return loss;
}

// A micro-batch whose every label is masked has no gradient.
void Transformer::Impl::zero_gradients(const TrainPass& pass)
{
    if (pass.accumulate) {
        return;
    }
    if (pass.gradients != nullptr) {
        for (LoraGradients::Pair& pair : pass.gradients->pairs) {
            ops::zero(backend, pair.lora_a);
            ops::zero(backend, pair.lora_b);
        }
    }
    if (pass.full_gradients != nullptr) {
        for (Tensor& gradient : *pass.full_gradients) {
            ops::zero(backend, gradient);
        }
    }
}

void Transformer::Impl::queue(const MicroBatch& batch, const TrainPass& pass)
{
    check_pass(pass);
    const bool backward_follows =
        pass.gradients != nullptr || pass.full_gradients != nullptr || pass.sink != nullptr;
    PassContext pass_context = context(batch, pass.adapter);
    pass_context.pass = &pass;
    if (pass.gradients != nullptr) {
        pass_context.dropout = static_cast<float>(pass.adapter->config().dropout);
    }
    if (backward_follows && targets.empty()) {
        zero_gradients(pass);
        return;
    }
    RepeatedWork work(backend, pass_key(batch, static_cast<std::int64_t>(targets.size()), pass));
    const TensorView x = forward(pass_context, backward_follows);
    head(pass_context, x, backward_follows);
    if (backward_follows) {
        backward(pass_context, x);
    }
    work.finish();
}

void Transformer::Impl::logits(const MicroBatch& batch,
                               const LoraAdapter* adapter,
                               std::span<const std::int32_t> positions,
                               std::span<float> out)
{
    const std::int64_t vocab = model.config().vocab_size;
    const auto count = static_cast<std::int64_t>(positions.size());
    ENGINE_CHECK(static_cast<std::int64_t>(out.size()) == count * vocab,
                 "logits: room for ",
                 out.size(),
                 " numbers, wanted ",
                 count,
                 " x ",
                 vocab);
    for (const std::int32_t position : positions) {
        ENGINE_CHECK(position >= 0 && position < batch.num_tokens(),
                     "logits: position ",
                     position,
                     " of ",
                     batch.num_tokens(),
                     " tokens");
    }
    const PassContext pass_context = context(batch, adapter);
    const TensorView x = forward(pass_context, false);
    const std::int64_t room = limits.head_rows();
    for (std::int64_t begin = 0; begin < count; begin += room) {
        const std::int64_t rows = std::min(room, count - begin);
        const TensorView wanted = activations.batch.targets.rows(0, rows);
        backend.upload(positions.data() + begin, wanted);
        logits_head(backend,
                    model,
                    x,
                    wanted,
                    activations.head,
                    out.subspan(static_cast<std::size_t>(begin * vocab),
                                static_cast<std::size_t>(rows * vocab)));
    }
}

Transformer::Transformer(Backend& backend,
                         const BaseModel& model,
                         const TransformerLimits& limits,
                         const LoraConfig* adapter_for_layout)
    : m_impl(std::make_unique<Impl>(backend, model, limits, adapter_for_layout))
{}

Transformer::Transformer(Transformer&&) noexcept = default;
Transformer::~Transformer() = default;

double Transformer::run(const MicroBatch& batch, const TrainPass& pass)
{
    m_impl->queue(batch, pass);
    return m_impl->read_losses();
}

void Transformer::queue(const MicroBatch& batch, const TrainPass& pass, TensorView loss)
{
    m_impl->queue(batch, pass);
    m_impl->sum_losses(loss);
}

std::span<const float> Transformer::last_losses() const
{
    return m_impl->losses;
}

void Transformer::logits(const MicroBatch& batch,
                         const LoraAdapter* adapter,
                         std::span<const std::int32_t> positions,
                         std::span<float> logits)
{
    m_impl->logits(batch, adapter, positions, logits);
}

std::int64_t Transformer::arena_bytes(Backend& backend,
                                      const ModelConfig& config,
                                      DType dtype,
                                      const TransformerLimits& limits,
                                      const LoraConfig* adapter)
{
    const ActivationLayout layout = {
        .config = &config, .dtype = dtype, .limits = limits, .lora = adapter};
    return static_cast<std::int64_t>(Workspace::arena_bytes(backend, layout));
}

} // namespace engine
