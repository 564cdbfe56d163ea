// Measuring, allocating and carving one arena; tables that depend on the length.
#include "engine/model/workspace.h"

#include <algorithm>

#include "engine/model/rope_table.h"

namespace engine {

std::size_t Workspace::arena_bytes(Backend& backend, const ActivationLayout& layout)
{
    Arena arena;
    (void)carve_activations(backend, layout, arena);
    return arena.high_water();
}

Workspace::Workspace(Backend& backend,
                     const BaseModel& model,
                     const TransformerLimits& limits,
                     const LoraConfig* adapter)
    : m_backend(backend)
    , m_model(model)
{
    ENGINE_CHECK(limits.max_tokens > 0 && limits.max_sequence_length > 0,
                 "transformer: max_tokens is ",
                 limits.max_tokens,
                 ", max_sequence_length is ",
                 limits.max_sequence_length,
                 ", wanted at least 1");
    if (adapter != nullptr) {
        m_lora = *adapter;
    }
    m_layout = {.config = &model.config(),
                .dtype = model.dtype(),
                .limits = limits,
                .lora = m_lora ? &*m_lora : nullptr};
    m_layout.limits.quantized_base = model.base_quant() != ops::QuantType::None;
    m_arena = Arena(backend.allocator(), arena_bytes(backend, m_layout));
    m_activations = carve_activations(backend, m_layout, m_arena);
    fill_rope();
}

void Workspace::fill_rope()
{
    std::vector<float> cos_table(static_cast<std::size_t>(m_activations.cos_table.numel()));
    std::vector<float> sin_table(cos_table.size());
    fill_rope_table(m_model.config(), m_layout.limits.max_sequence_length, cos_table, sin_table);
    m_backend.upload(cos_table.data(), m_activations.cos_table);
    m_backend.upload(sin_table.data(), m_activations.sin_table);
}

void Workspace::make_room_for(const LoraAdapter& adapter, PassContext& context)
{
    const AdapterRoom room = room_for_adapter(m_model.config(), adapter);
    const std::int64_t u = m_layout.limits.max_tokens * room.u;
    const std::int64_t h = m_layout.limits.max_tokens * room.rank;
    BlockScratch& scratch = context.scratch;
    if (u <= scratch.lora_u.numel() && h <= scratch.lora_h.numel()
        && room.pair <= scratch.lora_pair.numel()) {
        return;
    }
    // Each part begins where a tensor of its own might.
    const auto aligned = [](std::int64_t elements) {
        constexpr auto kStep = static_cast<std::int64_t>(Allocator::kAlignment);
        return (elements + kStep - 1) / kStep * kStep;
    };
    const std::int64_t h_begin = aligned(u);
    const std::int64_t pair_begin = h_begin + aligned(h);
    const std::int64_t end = pair_begin + room.pair;
    if (!m_wide_lora.defined() || m_wide_lora.numel() < end) {
        m_wide_lora = {}; // before there is a larger one
        m_wide_lora = m_backend.tensor(m_model.dtype(), {end});
    }
    const TensorView all = m_wide_lora;
    scratch.lora_u = all.rows(0, u);
    scratch.lora_h = all.rows(h_begin, h_begin + h);
    scratch.lora_pair = all.rows(pair_begin, end);
}

void Workspace::check_adapter(const LoraAdapter& adapter) const
{
    const LoraConfig* lora = m_layout.lora;
    for (const LoraMatrix& matrix : adapter.matrices()) {
        ENGINE_CHECK(lora != nullptr && lora->targets(matrix.layer, matrix.target)
                         && lora->rank_of(matrix.layer, matrix.target) == matrix.rank,
                     "transformer: laid out for another adapter: layer ",
                     matrix.layer,
                     " ",
                     to_string(matrix.target),
                     " has rank ",
                     matrix.rank);
    }
}

PassContext Workspace::context(std::int64_t n, std::int64_t length, const LoraAdapter* adapter)
{
    PassContext context;
    context.backend = &m_backend;
    context.model = &m_model;
    context.adapter = adapter;
    context.layout = m_layout.lora;
    context.scratch = m_activations.block;
    context.n = n;
    context.max_sequence_length = length;
    context.positions = context.rows(m_activations.batch.positions);
    context.cos_table = m_activations.cos_table;
    context.sin_table = m_activations.sin_table;
    if (adapter != nullptr) {
        make_room_for(*adapter, context);
    }
    return context;
}

} // namespace engine
