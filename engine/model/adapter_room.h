// The scratch that an adapter needs in a pass: what the largest of its groups with the same input
// does.
#pragma once

#include "engine/model/lora_adapter.h"

namespace engine {

struct AdapterRoom
{
    std::int64_t rank = 0; // of a group's matrices together; h is that wide
    std::int64_t u = 0;    // elements of LoraScratch::u for a token
    std::int64_t pair = 0; // elements of LoraScratch::pair
};

enum class FrozenPair { No, Yes };

// Before there is an adapter; `frozen` says whether it will have LoRA-GA's frozen pair.
[[nodiscard]] AdapterRoom
room_for_adapter(const ModelConfig& model, const LoraConfig& lora, FrozenPair frozen);
[[nodiscard]] AdapterRoom room_for_adapter(const ModelConfig& model, const LoraAdapter& adapter);

} // namespace engine
