// A trained base as a Hugging Face folder: float32 weights, config, and the tokenizer's files
// carried over.
#pragma once

#include <filesystem>

#include "engine/core/error.h"
#include "engine/model/base_model.h"

namespace engine {

// The folder appears whole under its name; an older one is replaced. Files beside the weights come
// from `source` (the folder the model was loaded from). Errors: Io, Format.
[[nodiscard]] Result<void> save_model_folder(Backend& backend,
                                             const BaseModel& model,
                                             const std::filesystem::path& source,
                                             const std::filesystem::path& folder);

} // namespace engine
