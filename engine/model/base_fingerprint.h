// Which base an adapter was trained on: a fingerprint of its weights, kept beside the adapter's.
#pragma once

#include <filesystem>
#include <string>

#include "engine/core/error.h"

namespace engine {

// In the metadata of an adapter's file.
inline constexpr const char* kBaseFingerprintKey = "base_fingerprint";

// SHA-256 of a few values of every matrix of the blocks, rounded to bf16: quick for any size, and
// the same when the weights are moved, sharded anew or saved in a wider dtype. Errors: those of
// SafetensorsFolder::open.
[[nodiscard]] Result<std::string> base_fingerprint(const std::filesystem::path& folder);

// One sentence that names both bases when the adapter records another one; empty when it is the
// same, or nobody recorded it: adapters of other software have no fingerprint.
[[nodiscard]] std::string other_base_warning(const std::filesystem::path& adapter,
                                             const std::filesystem::path& base);

} // namespace engine
