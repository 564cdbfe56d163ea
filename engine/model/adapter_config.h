// PEFT's adapter_config.json: what it targets and scales, with everything else refused by name.
#pragma once

#include <filesystem>

#include "engine/core/json.h"
#include "engine/model/lora_config.h"

namespace engine {

// Reads the file of an adapter folder for a base. The targets come back as target_modules x layers
// where they are such a product, and as `modules` otherwise. Errors: NotFound, Io, Format,
// InvalidConfig, Unsupported.
[[nodiscard]] Result<LoraConfig> read_adapter_config(const std::filesystem::path& folder,
                                                     const ModelConfig& model);

// The same of JSON that was read already; `what` begins every message.
[[nodiscard]] Result<LoraConfig>
parse_adapter_config(const Json& json, const std::string& what, const ModelConfig& model);

} // namespace engine
