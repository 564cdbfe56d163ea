// The learning rate of each step: constant, linear or cosine after a linear warm-up, as
// transformers' get_*_schedule_with_warmup.
#pragma once

#include <cstdint>

#include "engine/train/train_config.h"

namespace engine {

// The factor of the base learning rate for `step`, counted from 0. It rises as step / warmup_steps,
// then stays 1 (constant), falls linearly to 0 at max_steps (linear), or follows
// (1 + cos(pi * progress)) / 2 to 0 at max_steps (cosine).
[[nodiscard]] double learning_rate_factor(Schedule schedule,
                                          std::int64_t step,
                                          std::int64_t warmup_steps,
                                          std::int64_t max_steps);

// The steps of warm-up that a ratio means: ceil(max_steps * ratio), as transformers'
// TrainingArguments.get_warmup_steps.
[[nodiscard]] std::int64_t warmup_steps_of(double ratio, std::int64_t max_steps);

} // namespace engine
