// The mean loss over held-out examples, without gradients.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/model/transformer.h"

namespace engine {

struct Evaluation
{
    double loss = 0.0; // nats: the mean negative log-likelihood of the targets
    double perplexity = 0.0;
    std::int64_t targets = 0;
    std::int64_t tokens = 0;
};

// Errors: Cancelled; InvalidArgument when there is no target. Throws EngineError.
[[nodiscard]] Result<Evaluation> evaluate(Transformer& transformer,
                                          const std::vector<MicroBatch>& batches,
                                          const LoraAdapter* adapter,
                                          StopToken stop = {});

} // namespace engine
