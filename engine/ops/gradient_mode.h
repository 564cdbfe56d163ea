// What a backward op does with a parameter's gradient.
#pragma once

namespace engine::ops {

// Skip is the common case in LoRA, where most weights are frozen, and costs nothing.
enum class GradientMode { Skip, Overwrite, Accumulate };

} // namespace engine::ops
