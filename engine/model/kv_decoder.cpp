// Blocks over a few rows with the attention reading the cache.
#include "engine/model/kv_decoder.h"

#include <algorithm>
#include <numeric>

#include "engine/model/loss_head.h"
#include "engine/ops/embedding.h"

namespace engine {

namespace {

constexpr std::int64_t kMaxPiece = 256; // bounds the activations of a long prompt

TransformerLimits limits_of(std::int64_t capacity)
{
    return {.max_tokens = std::min(capacity, kMaxPiece),
            .max_targets = 1, // the last row's logits
            .max_sequence_length = capacity,
            .backward = false};
}

} // namespace

KvDecoder::KvDecoder(Backend& backend, const BaseModel& model, std::int64_t capacity)
    : m_backend(backend)
    , m_model(model)
    , m_capacity(capacity)
    , m_workspace(backend, model, limits_of(capacity), nullptr)
{
    const ModelConfig& config = model.config();
    const Shape shape = {capacity, config.kv_width()};
    for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
        const TensorView k = m_cache.emplace_back(backend.tensor(model.dtype(), shape)).view();
        const TensorView v = m_cache.emplace_back(backend.tensor(model.dtype(), shape)).view();
        m_layers.push_back({.k = k, .v = v});
    }
    m_logits.resize(static_cast<std::size_t>(config.vocab_size));
}

std::int64_t KvDecoder::memory_bytes(Backend& backend,
                                     const ModelConfig& config,
                                     DType dtype,
                                     bool quantized_base,
                                     std::int64_t capacity)
{
    TransformerLimits limits = limits_of(capacity);
    limits.quantized_base = quantized_base;
    const ActivationLayout layout = {.config = &config, .dtype = dtype, .limits = limits};
    const std::int64_t cache = 2 * config.num_layers * capacity * config.kv_width()
                               * static_cast<std::int64_t>(size_of(dtype));
    return static_cast<std::int64_t>(Workspace::arena_bytes(backend, layout)) + cache;
}

void KvDecoder::append(std::span<const std::int32_t> tokens, const LoraAdapter* adapter)
{
    const auto n = static_cast<std::int64_t>(tokens.size());
    const ModelConfig& config = m_model.config();
    ENGINE_CHECK(n > 0 && n <= max_piece() && m_length + n <= m_capacity,
                 "generator: ",
                 n,
                 " tokens after ",
                 m_length,
                 ", at most ",
                 max_piece(),
                 " at a time and ",
                 m_capacity,
                 " in all");
    for (const std::int32_t token : tokens) {
        ENGINE_CHECK(token >= 0 && token < config.vocab_size,
                     "generator: token ",
                     token,
                     ", the vocabulary has ",
                     config.vocab_size);
    }
    m_positions.resize(tokens.size());
    std::iota(m_positions.begin(), m_positions.end(), static_cast<std::int32_t>(m_length));
    const PassContext context = m_workspace.context(n, m_length + n, adapter);
    const Activations& activations = m_workspace.activations();
    const TensorView ids = context.rows(activations.batch.tokens);
    m_backend.upload(tokens.data(), ids);
    m_backend.upload(m_positions.data(), activations.batch.positions.rows(0, n));

    const TensorView x = context.rows(activations.residual);
    ops::embedding_forward(m_backend, ids, m_model.embed_tokens(), x);
    for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
        const auto index = static_cast<std::size_t>(layer);
        const LayerActivations& kept = activations.layers[index];
        attention_block_forward(context, layer, kept, x, x, &m_layers[index], m_length);
        mlp_block_forward(context, layer, kept, x, x);
    }
    m_length += n;
    m_piece = n;
}

std::span<const float> KvDecoder::logits()
{
    ENGINE_CHECK(m_piece > 0, "generator: logits before the first token");
    const auto last = static_cast<std::int32_t>(m_piece - 1);
    const TensorView target = m_workspace.activations().batch.targets.rows(0, 1);
    m_backend.upload(&last, target);
    logits_head(m_backend,
                m_model,
                m_workspace.activations().residual.rows(0, m_piece),
                target,
                m_workspace.activations().head,
                m_logits);
    return m_logits;
}

} // namespace engine
