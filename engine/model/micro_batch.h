// Checks of a MicroBatch at the transformer's door, before any op sees it.
#pragma once

#include "engine/model/transformer.h"

namespace engine {

// Throws EngineError InvalidArgument naming what is wrong with which limit.
void check_micro_batch(const MicroBatch& batch,
                       std::int64_t vocab_size,
                       const TransformerLimits& limits);

} // namespace engine
