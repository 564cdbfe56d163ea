// The stack run one piece of a sequence at a time: keys and values of what came before are kept.
#pragma once

#include <span>
#include <vector>

#include "engine/model/workspace.h"

namespace engine {

class KvDecoder
{
public:
    // `capacity`: the most positions of a sequence. Throws EngineError when there is no room.
    KvDecoder(Backend& backend, const BaseModel& model, std::int64_t capacity);

    // Bytes of such a decoder on the device.
    [[nodiscard]] static std::int64_t memory_bytes(Backend& backend,
                                                   const ModelConfig& config,
                                                   DType dtype,
                                                   bool quantized_base,
                                                   std::int64_t capacity);

    // Forgets the sequence.
    void reset() { m_length = 0; }

    // Runs the next tokens, at most max_piece() of them, after what came before. `adapter` (may be
    // null) must be the same for a whole sequence. Throws EngineError.
    void append(std::span<const std::int32_t> tokens, const LoraAdapter* adapter);

    // Logits that follow the last token; valid until the next call.
    [[nodiscard]] std::span<const float> logits();

    [[nodiscard]] std::int64_t length() const { return m_length; }

    [[nodiscard]] std::int64_t capacity() const { return m_capacity; }

    [[nodiscard]] std::int64_t vocab_size() const { return m_model.config().vocab_size; }

    [[nodiscard]] std::int64_t max_piece() const { return m_workspace.layout().limits.max_tokens; }

private:
    Backend& m_backend;
    const BaseModel& m_model;
    std::int64_t m_capacity;
    Workspace m_workspace;
    std::vector<Tensor> m_cache;        // keys, then values, of each layer
    std::vector<KvCacheLayer> m_layers; // views of them
    std::vector<std::int32_t> m_positions;
    std::vector<float> m_logits;
    std::int64_t m_length = 0;
    std::int64_t m_piece = 0; // tokens of the last append
};

} // namespace engine
