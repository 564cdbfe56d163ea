// Reading and writing the rotary embedding's settings in both of transformers' spellings.
#pragma once

#include "engine/model/config_reader.h"
#include "engine/model/model_config.h"

namespace engine {

// From rope_scaling and rope_theta, or rope_parameters (transformers 5); an unknown type or field
// becomes the reader's error.
[[nodiscard]] RopeConfig read_rope_config(ConfigReader& reader,
                                          std::int64_t max_position_embeddings);

// The rope_scaling object, or null for the default type.
[[nodiscard]] Json rope_scaling_json(const RopeConfig& rope);

} // namespace engine
