// A run's events for a terminal, for a script, or for nobody.
#pragma once

#include <string>

#include "engine/core/error.h"
#include "engine/train/train_event.h"

namespace cli {

class ProgressPrinter
{
public:
    // "auto" (a bar on a terminal, else the events that are not steps), "bar", "json" or "none".
    // Errors: InvalidArgument.
    [[nodiscard]] static engine::Result<ProgressPrinter> create(const std::string& mode);

    void operator()(const engine::TrainEvent& event);

private:
    enum class Mode { Bar, Lines, Json, None };

    explicit ProgressPrinter(Mode mode)
        : m_mode(mode)
    {}

    void print_line(const std::string& text);
    void draw(const engine::StepEvent& step);

    Mode m_mode;
    std::int64_t m_max_steps = 0;
    bool m_bar_open = false;
};

} // namespace cli
