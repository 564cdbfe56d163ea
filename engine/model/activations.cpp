// The layout of a pass's memory. Scratch that is never alive at the same time shares its place.
#include "engine/model/activations.h"

#include <algorithm>
#include <cmath>

namespace engine {

namespace {

// Enough rows that the head's product is bound by arithmetic, few enough that the chunk stays near
// the processor's cache; a GPU needs more of them to be busy.
constexpr std::int64_t kLogitsChunkBytes = 32LL << 20;
constexpr std::int64_t kGpuLogitsChunkBytes = 512LL << 20;
constexpr std::int64_t kMinLogitsChunk = 64;
constexpr std::int64_t kLogitsPiece = 256;
constexpr std::int64_t kMaxLogitsChunk = 1024;

class Carver
{
public:
    Carver(Backend& backend, const ActivationLayout& layout, Arena& arena)
        : m_backend(backend)
        , m_layout(layout)
        , m_config(*layout.config)
        , m_arena(arena)
        , m_n(layout.limits.max_tokens)
        , m_targets(layout.limits.head_rows())
        , m_lowest(layout.lowest_layer())
    {}

    Activations carve();

private:
    [[nodiscard]] bool backward() const { return m_layout.limits.backward; }

    // Of the blocks that have a backward, every one keeps what it reads.
    [[nodiscard]] bool keeps_all() const { return m_layout.keeps_block(m_lowest); }

    TensorView rows(std::int64_t width) { return m_arena.take(m_layout.dtype, {m_n, width}); }

    TensorView head_rows()
    {
        return m_arena.take(m_layout.dtype, {m_targets, m_config.hidden_size});
    }

    TensorView floats(std::int64_t count) { return m_arena.take(DType::F32, {count}); }

    TensorView ints(std::int64_t count) { return m_arena.take(DType::I32, {count}); }

    LayerActivations block_activations();
    template <typename RankOf>
    PerTarget<TensorView> group_h(RankOf rank_of);
    PerTarget<TensorView> layer_h(std::int64_t layer);
    PerTarget<TensorView> shared_h();
    void carve_layers(Activations& activations);
    BatchTensors batch_tensors();
    void attention_scratch(BlockScratch& block);
    HeadScratch head_scratch();
    [[nodiscard]] std::int64_t largest_weight() const;
    [[nodiscard]] std::int64_t attention_workspace_bytes() const;

    Backend& m_backend;
    const ActivationLayout& m_layout;
    const ModelConfig& m_config;
    Arena& m_arena;
    std::int64_t m_n;
    std::int64_t m_targets;
    std::int64_t m_lowest;
};

LayerActivations Carver::block_activations()
{
    const ModelConfig& config = m_config;
    LayerActivations kept;
    kept.q = rows(config.attention_width());
    kept.k = rows(config.kv_width());
    kept.v = rows(config.kv_width());
    kept.attention = rows(config.attention_width());
    kept.gate = rows(config.intermediate_size);
    kept.up = rows(config.intermediate_size);
    if (backward()) {
        kept.x_mid = rows(config.hidden_size);
        kept.rstd = floats(m_n);
        kept.mid_rstd = floats(m_n);
        kept.lse = floats(m_n * config.num_heads);
        if (config.qk_norm) {
            kept.q_rstd = floats(m_n * config.num_heads);
            kept.k_rstd = floats(m_n * config.num_kv_heads);
        }
    }
    return kept;
}

// A buffer for every group with the same input; rank_of(its first target): 0 where none is adapted.
template <typename RankOf>
PerTarget<TensorView> Carver::group_h(RankOf rank_of)
{
    PerTarget<TensorView> h;
    for (const Target target : kAllTargets) {
        const Target first = targets_beside(target).front();
        if (target != first) {
            h[index_of(target)] = h[index_of(first)];
        } else if (const std::int64_t rank = rank_of(target); rank > 0) {
            h[index_of(target)] = m_arena.take(m_layout.dtype, {m_n * rank});
        }
    }
    return h;
}

PerTarget<TensorView> Carver::layer_h(std::int64_t layer)
{
    return group_h([&](Target target) { return m_layout.group_rank(layer, target); });
}

// With recomputation the shared block keeps every h between its second forward and its backward.
PerTarget<TensorView> Carver::shared_h()
{
    if (!backward() || keeps_all()) {
        return {};
    }
    return group_h([&](Target target) {
        std::int64_t rank = 0;
        for (std::int64_t layer = 0; layer < m_config.num_layers; ++layer) {
            rank = std::max(rank, m_layout.group_rank(layer, target));
        }
        return rank;
    });
}

void Carver::carve_layers(Activations& activations)
{
    const std::int64_t num_layers = m_config.num_layers;
    activations.layers.resize(static_cast<std::size_t>(num_layers));
    activations.residual = rows(m_config.hidden_size);
    const bool all_keep = backward() && keeps_all() && m_lowest == 0;
    if (!all_keep) {
        activations.shared = block_activations();
        activations.shared.h = shared_h();
    }
    for (std::int64_t layer = 0; layer < num_layers; ++layer) {
        LayerActivations& kept = activations.layers[static_cast<std::size_t>(layer)];
        const bool keeps = backward() && layer >= m_lowest;
        if (keeps && m_layout.keeps_block(layer)) {
            kept = block_activations();
            kept.h = layer_h(layer);
        } else {
            kept = activations.shared;
        }
        kept.x = keeps ? rows(m_config.hidden_size) : activations.residual;
    }
    if (all_keep && num_layers > 0) {
        activations.shared = activations.layers.front();
    }
    activations.shared.x = activations.residual;
}

BatchTensors Carver::batch_tensors()
{
    return {.tokens = ints(m_n),
            .positions = ints(m_n),
            .offsets = ints(m_n + 1),
            .targets = ints(m_targets),
            .labels = ints(m_targets),
            .loss_weights = floats(m_targets)};
}

std::int64_t Carver::attention_workspace_bytes() const
{
    std::int64_t bytes = 0;
    for (std::int64_t layer = 0; layer < m_config.num_layers; ++layer) {
        const ops::AttentionShape shape = attention_shape(m_config, layer);
        bytes = std::max(
            bytes,
            ops::attention_scratch_bytes(
                m_backend, shape, m_layout.dtype, m_n, m_layout.limits.max_sequence_length));
    }
    return bytes;
}

void Carver::attention_scratch(BlockScratch& block)
{
    block.attention_workspace = floats((attention_workspace_bytes() + 3) / 4);
    if (!backward()) {
        return;
    }
    if (m_config.qk_norm) {
        block.q_rotated = rows(m_config.attention_width());
        block.k_rotated = rows(m_config.kv_width());
    }
    block.dattention = rows(m_config.attention_width());
    block.dq = rows(m_config.attention_width());
    block.dk = rows(m_config.kv_width());
    block.dv = rows(m_config.kv_width());
}

HeadScratch Carver::head_scratch()
{
    const std::int64_t chunk = m_layout.logits_chunk(m_backend);
    HeadScratch head;
    head.x = head_rows();
    head.norm = head_rows();
    head.rstd = floats(m_targets);
    head.logits = m_arena.take(DType::F32, {chunk, m_config.vocab_size});
    if (backward()) {
        head.dnorm = head_rows();
        if (m_layout.dtype != DType::F32) {
            head.dlogits_copy = m_arena.take(m_layout.dtype, {chunk, m_config.vocab_size});
        }
    }
    return head;
}

std::int64_t Carver::largest_weight() const
{
    std::int64_t largest = 0;
    for (const Target target : kAllTargets) {
        largest = std::max(largest, m_config.out_features(target) * m_config.in_features(target));
    }
    return largest;
}

Activations Carver::carve()
{
    Activations activations;
    activations.batch = batch_tensors();
    const std::int64_t table = m_layout.limits.max_sequence_length;
    activations.cos_table = m_arena.take(DType::F32, {table, m_config.head_dim / 2});
    activations.sin_table = m_arena.take(DType::F32, {table, m_config.head_dim / 2});
    carve_layers(activations);

    BlockScratch& block = activations.block;
    const AdapterRoom room = m_layout.adapter_room();
    block.lora_u = m_arena.take(m_layout.dtype, {m_n * room.u});
    block.lora_h = m_arena.take(m_layout.dtype, {m_n * room.rank});
    block.lora_pair = m_arena.take(m_layout.dtype, {room.pair});
    if (m_layout.limits.quantized_base) {
        for (int i = 0; i < m_backend.buffers_ahead(); ++i) {
            block.base_weight.at(static_cast<std::size_t>(i)) =
                m_arena.take(m_layout.dtype, {largest_weight()});
        }
    }
    if (m_layout.limits.weight_sink) {
        block.weight_gradient = floats(largest_weight());
    }
    // Read when the backward is queued too, so that nothing waits in the middle of a pass.
    const TensorView losses = floats(m_n);
    // The head, the attention and the MLP never work at the same time.
    const std::size_t base = m_arena.mark();
    activations.head = head_scratch();
    activations.head.losses = losses;
    m_arena.release(base);
    block.norm = rows(m_config.hidden_size);
    if (backward()) {
        block.dnorm = rows(m_config.hidden_size);
    }
    if (backward() && m_layout.lora != nullptr && m_layout.lora->dropout > 0.0) {
        std::int64_t width = 0;
        for (const Target target : m_layout.lora->target_modules) {
            width = std::max(width, m_config.in_features(target));
        }
        block.lora_dropped = m_arena.take(m_layout.dtype, {m_n * width});
    }
    const std::size_t attention = m_arena.mark();
    attention_scratch(block);
    m_arena.release(attention);
    block.mlp_hidden = rows(m_config.intermediate_size);
    return activations;
}

} // namespace

ops::AttentionShape attention_shape(const ModelConfig& config, std::int64_t layer)
{
    const auto index = static_cast<std::size_t>(layer);
    return {.num_heads = config.num_heads,
            .num_kv_heads = config.num_kv_heads,
            .head_dim = config.head_dim,
            .sliding_window =
                index < config.sliding_window.size() ? config.sliding_window[index] : 0,
            .scale = 1.0F / std::sqrt(static_cast<float>(config.head_dim))};
}

bool ActivationLayout::keeps_block(std::int64_t layer) const
{
    return limits.checkpointing == Checkpointing::None
           || layer >= config->num_layers - limits.kept_layers;
}

std::int64_t ActivationLayout::lowest_layer() const
{
    if (!limits.backward) {
        return config->num_layers;
    }
    if (limits.full || lora == nullptr) {
        return 0;
    }
    for (std::int64_t layer = 0; layer < config->num_layers; ++layer) {
        const auto adapted = [&](Target target) { return lora->targets(layer, target); };
        if (std::any_of(kAllTargets.begin(), kAllTargets.end(), adapted)) {
            return layer;
        }
    }
    return config->num_layers;
}

std::int64_t ActivationLayout::group_rank(std::int64_t layer, Target target) const
{
    std::int64_t rank = 0;
    for (const Target each : targets_beside(target)) {
        if (lora != nullptr && lora->targets(layer, each)) {
            rank += lora->rank_of(layer, each);
        }
    }
    return rank;
}

AdapterRoom ActivationLayout::adapter_room() const
{
    return lora == nullptr
               ? AdapterRoom()
               : room_for_adapter(
                   *config, *lora, limits.frozen_pair ? FrozenPair::Yes : FrozenPair::No);
}

std::int64_t ActivationLayout::logits_chunk(const Backend& backend) const
{
    const std::int64_t bytes =
        backend.shares_host_memory() ? kLogitsChunkBytes : kGpuLogitsChunkBytes;
    const std::int64_t row_bytes = std::max<std::int64_t>(config->vocab_size, 1) * 4;
    const std::int64_t chunk = std::clamp(bytes / row_bytes, kMinLogitsChunk, kMaxLogitsChunk);
    // Whole pieces of the matrix library's (ops/cpu/matmul.cpp): a few rows more would stream all
    // of the head's weights again.
    const std::int64_t piece = chunk >= kLogitsPiece ? kLogitsPiece : kMinLogitsChunk;
    return std::min(chunk / piece * piece, limits.head_rows());
}

Activations carve_activations(Backend& backend, const ActivationLayout& layout, Arena& arena)
{
    return Carver(backend, layout, arena).carve();
}

} // namespace engine
