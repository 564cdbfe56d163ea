// What a path holds, said without loading it: a model folder, an adapter folder or a safetensors
// file.
#pragma once

#include <filesystem>

#include "engine/core/error.h"
#include "engine/core/json.h"

namespace engine {

// The `inspected` answer of answers.h. A model or adapter that cannot be used is an answer with its
// reason, not an error. Errors: NotFound; Unsupported when the path holds nothing known; Format,
// Io of a safetensors file.
[[nodiscard]] Result<Json> inspect(const std::filesystem::path& path);

} // namespace engine
