// Whether a device computes what the CPU does.
#pragma once

#include <optional>
#include <string>

#include "engine/tensor/backend.h"

namespace engine {

// A small random model with an adapter on both: logits, loss and the adapter's gradients, in f32
// and bf16. Nothing where they agree, else what does not: "gradients in bf16 differ from the CPU's
// by 0.4 of their size". Throws EngineError as the device does.
[[nodiscard]] std::optional<std::string> difference_from_cpu(Backend& device);

} // namespace engine
