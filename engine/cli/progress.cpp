// Events as a bar, as lines, or as JSON.
#include "engine/cli/progress.h"

#include <array>
#include <cstdio>
#include <iostream>
#include <variant>

#include "engine/cli/print.h"
#include "engine/core/platform.h"

namespace cli {

namespace {

constexpr int kBarWidth = 24;
constexpr int kStdout = 1;

template <typename... Numbers>
std::string formatted(const char* format, Numbers... numbers)
{
    std::array<char, 256> text = {};
    std::snprintf(text.data(), text.size(), format, numbers...);
    return text.data();
}

std::string duration_text(double seconds)
{
    const auto whole = static_cast<long>(seconds);
    return whole >= 3600 ? formatted("%ldh%02ldm", whole / 3600, whole % 3600 / 60)
                         : formatted("%ldm%02lds", whole / 60, whole % 60);
}

// Events that are one line for a person; empty for the others.
std::string line_of(const engine::TrainEvent& event)
{
    if (const auto* started = std::get_if<engine::StartedEvent>(&event)) {
        return engine::concat("step ",
                              started->start_step,
                              " of ",
                              started->max_steps,
                              ", ",
                              count_text(started->trainable_parameters),
                              " trained parameters, about ",
                              bytes_text(started->estimated_memory),
                              " of memory");
    }
    if (const auto* eval = std::get_if<engine::EvalEvent>(&event)) {
        return formatted("step %lld  eval loss %.4f  perplexity %.3f%s",
                         static_cast<long long>(eval->step),
                         eval->loss,
                         eval->perplexity,
                         eval->best ? "  best" : "");
    }
    if (const auto* sample = std::get_if<engine::SampleEvent>(&event)) {
        return engine::concat(
            "step ", sample->step, "  ", sample->prompt, " -> ", sample->completion);
    }
    if (const auto* warning = std::get_if<engine::WarningEvent>(&event)) {
        return "warning: " + warning->message;
    }
    if (const auto* finished = std::get_if<engine::FinishedEvent>(&event)) {
        return engine::concat(
            finished->reason,
            " at step ",
            finished->step,
            formatted(", loss %.4f, %.1f s, peak ", finished->loss, finished->seconds),
            bytes_text(finished->peak_memory),
            finished->adapter.empty() ? "" : ", " + finished->adapter);
    }
    return {};
}

} // namespace

engine::Result<ProgressPrinter> ProgressPrinter::create(const std::string& mode)
{
    if (mode == "auto") {
        return ProgressPrinter(engine::is_terminal(kStdout) ? Mode::Bar : Mode::Lines);
    }
    if (mode == "bar") {
        return ProgressPrinter(Mode::Bar);
    }
    if (mode == "json") {
        return ProgressPrinter(Mode::Json);
    }
    if (mode == "none") {
        return ProgressPrinter(Mode::None);
    }
    return engine::Error{
        engine::ErrorCode::InvalidArgument,
        engine::concat("--progress is \"", mode, "\", wanted auto, bar, json or none"),
        "choose one of them"};
}

void ProgressPrinter::operator()(const engine::TrainEvent& event)
{
    if (m_mode == Mode::None) {
        return;
    }
    if (m_mode == Mode::Json) {
        std::cout << engine::to_line(engine::to_json(event)) + "\n" << std::flush;
        return;
    }
    if (const auto* started = std::get_if<engine::StartedEvent>(&event)) {
        m_max_steps = started->max_steps;
    }
    if (const auto* step = std::get_if<engine::StepEvent>(&event)) {
        if (m_mode == Mode::Bar) {
            draw(*step);
        }
        return;
    }
    print_line(line_of(event));
}

void ProgressPrinter::print_line(const std::string& text)
{
    if (text.empty()) {
        return;
    }
    std::cout << (m_bar_open ? "\n" : "") << text << std::endl;
    m_bar_open = false;
}

void ProgressPrinter::draw(const engine::StepEvent& step)
{
    const double done = static_cast<double>(step.step)
                        / static_cast<double>(std::max<std::int64_t>(1, m_max_steps));
    const auto filled = static_cast<int>(done * kBarWidth);
    std::string bar;
    for (int i = 0; i < kBarWidth; ++i) {
        bar += i < filled ? '#' : '.';
    }
    std::cout << "\r[" << bar << "] "
              << formatted("%lld/%lld  loss %.4f  lr %.2e  norm %.3f  %.0f tok/s  left ",
                           static_cast<long long>(step.step),
                           static_cast<long long>(m_max_steps),
                           step.loss,
                           step.learning_rate,
                           step.grad_norm,
                           step.tokens_per_second)
              << duration_text(step.seconds_left) << "  " << std::flush;
    m_bar_open = true;
    if (step.step == m_max_steps) {
        std::cout << std::endl;
        m_bar_open = false;
    }
}

} // namespace cli
