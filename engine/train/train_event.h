// What a run reports while it goes: a variant of plain structs, the same words as the JSON events.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/model/lora_ga.h"

namespace engine {

struct StateEvent
{
    std::string state;      // "loading", "initializing", "training", "paused", "stopping", ...
    double fraction = -1.0; // of this state's work; negative: unknown
    std::string detail = {};
};

struct StartedEvent
{
    std::int64_t start_step = 0; // 0, or where a resumed run goes on
    std::int64_t max_steps = 0;
    std::int64_t trainable_parameters = 0;
    std::int64_t estimated_memory = 0; // bytes
};

struct StepEvent
{
    std::int64_t step = 0; // from 1
    double loss = 0.0;
    double learning_rate = 0.0;
    double grad_norm = 0.0;
    std::int64_t tokens = 0; // of this step
    double tokens_per_second = 0.0;
    double epoch = 0.0;
    double seconds = 0.0; // spent in steps since the run's start, earlier processes included
    double seconds_left = 0.0;
    std::int64_t memory = 0; // resident bytes
};

struct EvalEvent
{
    std::int64_t step = 0;
    double loss = 0.0;
    double perplexity = 0.0;
    bool best = false;
};

struct SampleEvent
{
    std::int64_t step = 0;
    std::string prompt;
    std::string completion;
};

struct CheckpointEvent
{
    std::int64_t step = 0;
    std::string path;
};

struct InitReportEvent
{
    LoraGaReport report;
};

struct WarningEvent
{
    std::string message;
};

struct FinishedEvent
{
    std::string reason; // "done", "early_stopping", "stopped"
    std::int64_t step = 0;
    double loss = 0.0;       // mean of the last steps' training loss
    double eval_loss = -1.0; // best; negative: none
    double seconds = 0.0;
    std::string adapter; // path of the final adapter (or model, --method full)
    std::int64_t peak_memory = 0;
};

struct FailedEvent
{
    Error error;
};

using TrainEvent = std::variant<StateEvent,
                                StartedEvent,
                                StepEvent,
                                EvalEvent,
                                SampleEvent,
                                CheckpointEvent,
                                InitReportEvent,
                                WarningEvent,
                                FinishedEvent,
                                FailedEvent>;

// A training event as its JSON object: {"event":"step","step":N,...}. Numbers that are not finite
// become null.
[[nodiscard]] Json to_json(const TrainEvent& event);

// {"matrices":[{"layer","target","gradient_norm","captured","singular_values","offset_norm"}],
// "seconds"}.
[[nodiscard]] Json to_json(const LoraGaReport& report);

} // namespace engine
