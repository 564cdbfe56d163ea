// Each schedule in one expression.
#include "engine/train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace engine {

double learning_rate_factor(Schedule schedule,
                            std::int64_t step,
                            std::int64_t warmup_steps,
                            std::int64_t max_steps)
{
    if (step < warmup_steps) {
        return static_cast<double>(step)
               / static_cast<double>(std::max<std::int64_t>(1, warmup_steps));
    }
    const auto span = static_cast<double>(std::max<std::int64_t>(1, max_steps - warmup_steps));
    switch (schedule) {
    case Schedule::Constant:
        return 1.0;
    case Schedule::Linear:
        return std::max(0.0, static_cast<double>(max_steps - step) / span);
    case Schedule::Cosine: {
        const double progress = static_cast<double>(step - warmup_steps) / span;
        return std::max(0.0, 0.5 * (1.0 + std::cos(std::numbers::pi * progress)));
    }
    }
    return 1.0;
}

std::int64_t warmup_steps_of(double ratio, std::int64_t max_steps)
{
    return static_cast<std::int64_t>(std::ceil(static_cast<double>(max_steps) * ratio));
}

} // namespace engine
