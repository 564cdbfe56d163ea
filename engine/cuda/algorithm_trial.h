// Timing cuBLASLt's algorithms of one product on the GPU.
#pragma once

#include <optional>
#include <vector>

#include "engine/cuda/cublas_lt_plan.h"

namespace engine::cuda {

// The fastest of the candidates, each run a few times on the operands; d keeps its contents where
// the product reads them and holds no result otherwise. The first one unless another is clearly
// faster. Waits for the stream. Nothing where the device has no room for a second output. Throws
// EngineError.
[[nodiscard]] std::optional<LtAlgorithm>
fastest_algorithm(const Driver& driver,
                  const LtPlan& plan,
                  const std::vector<LtAlgorithm>& candidates,
                  const LtOperands& operands,
                  const LtPlace& place);

} // namespace engine::cuda
