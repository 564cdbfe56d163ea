// The cosines and sines of rotary embedding for every position, with the config's scaling inside.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/model_config.h"

namespace engine {

// theta^(-2i/d) for i in [0, head_dim / 2) after the scaling of config.rope, as transformers
// computes it.
[[nodiscard]] std::vector<float> rope_inverse_frequencies(const ModelConfig& config);

// cos and sin: [rows, head_dim / 2], row-major; yarn's attention factor multiplies both.
void fill_rope_table(const ModelConfig& config,
                     std::int64_t rows,
                     std::span<float> cos_table,
                     std::span<float> sin_table);

} // namespace engine
