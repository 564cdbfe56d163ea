// One arena with a pass's activations in it, the rope tables, and room for adapters: what the
// transformer and the generator work in.
#pragma once

#include <optional>

#include "engine/model/block.h"

namespace engine {

class Workspace
{
public:
    // `adapter` (may be null) decides which activations are kept. Throws EngineError when there is
    // no room.
    Workspace(Backend& backend,
              const BaseModel& model,
              const TransformerLimits& limits,
              const LoraConfig* adapter);
    Workspace(const Workspace&) = delete; // the layout points into the object
    Workspace& operator=(const Workspace&) = delete;
    ~Workspace() = default;

    [[nodiscard]] const Activations& activations() const { return m_activations; }

    [[nodiscard]] const ActivationLayout& layout() const { return m_layout; }

    // A forward-only context for n tokens whose longest sequence has `length`. Allocates only for
    // an adapter that needs more room than any before.
    [[nodiscard]] PassContext
    context(std::int64_t n, std::int64_t length, const LoraAdapter* adapter);

    // Throws EngineError when activations were laid out for another adapter than this one, which is
    // to be trained.
    void check_adapter(const LoraAdapter& adapter) const;

    // Bytes of the arena of such a layout.
    [[nodiscard]] static std::size_t arena_bytes(Backend& backend, const ActivationLayout& layout);

private:
    void fill_rope();
    void make_room_for(const LoraAdapter& adapter, PassContext& context);

    Backend& m_backend;
    const BaseModel& m_model;
    std::optional<LoraConfig> m_lora;
    ActivationLayout m_layout;
    Arena m_arena;
    Activations m_activations;
    Tensor m_wide_lora; // for an adapter that needs more room than the layout's
};

} // namespace engine
