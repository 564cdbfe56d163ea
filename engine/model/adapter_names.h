// The names of PEFT's adapter folder.
#pragma once

#include <string>

#include "engine/model/module_pattern.h"

namespace engine {

inline constexpr const char* kAdapterConfigFile = "adapter_config.json";
inline constexpr const char* kAdapterModelFile = "adapter_model.safetensors";

// "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", or lora_B.
[[nodiscard]] inline std::string lora_tensor_name(std::int64_t layer, Target target, char half)
{
    return concat("base_model.model.", module_path(layer, target), ".lora_", half, ".weight");
}

} // namespace engine
