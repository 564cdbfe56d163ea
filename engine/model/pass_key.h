// A number that passes share which queue the same work, unless their dropout or their memory
// differs.
#pragma once

#include "engine/model/transformer.h"

namespace engine {

// `targets`: how many positions have a label.
[[nodiscard]] std::uint64_t
pass_key(const MicroBatch& batch, std::int64_t targets, const TrainPass& pass);

} // namespace engine
