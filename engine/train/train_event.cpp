// A run's events as JSON objects, one line each in the protocol and in metrics.jsonl.
#include "engine/train/train_event.h"

#include <cmath>

namespace engine {

namespace {

// JSON has no NaN and no infinity.
Json number(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json body(const StateEvent& event)
{
    Json json = {{"event", "state"}, {"state", event.state}};
    if (event.fraction >= 0.0) {
        json["fraction"] = number(event.fraction);
    }
    if (!event.detail.empty()) {
        json["detail"] = event.detail;
    }
    return json;
}

Json body(const StartedEvent& event)
{
    return {{"event", "started"},
            {"start_step", event.start_step},
            {"max_steps", event.max_steps},
            {"trainable_parameters", event.trainable_parameters},
            {"estimated_memory", event.estimated_memory}};
}

Json body(const StepEvent& event)
{
    return {{"event", "step"},
            {"step", event.step},
            {"loss", number(event.loss)},
            {"learning_rate", number(event.learning_rate)},
            {"grad_norm", number(event.grad_norm)},
            {"tokens", event.tokens},
            {"tokens_per_second", number(event.tokens_per_second)},
            {"epoch", number(event.epoch)},
            {"seconds", number(event.seconds)},
            {"seconds_left", number(event.seconds_left)},
            {"memory", event.memory}};
}

Json body(const EvalEvent& event)
{
    return {{"event", "eval"},
            {"step", event.step},
            {"loss", number(event.loss)},
            {"perplexity", number(event.perplexity)},
            {"best", event.best}};
}

Json body(const SampleEvent& event)
{
    return {{"event", "sample"},
            {"step", event.step},
            {"prompt", event.prompt},
            {"completion", event.completion}};
}

Json body(const CheckpointEvent& event)
{
    return {{"event", "checkpoint"}, {"step", event.step}, {"path", event.path}};
}

Json body(const InitReportEvent& event)
{
    Json json = to_json(event.report);
    json["event"] = "init_report";
    return json;
}

Json body(const WarningEvent& event)
{
    return {{"event", "warning"}, {"message", event.message}};
}

Json body(const FinishedEvent& event)
{
    Json json = {{"event", "finished"},
                 {"reason", event.reason},
                 {"step", event.step},
                 {"loss", number(event.loss)},
                 {"seconds", number(event.seconds)},
                 {"adapter", event.adapter},
                 {"peak_memory", event.peak_memory}};
    if (event.eval_loss >= 0.0) {
        json["eval_loss"] = number(event.eval_loss);
    }
    return json;
}

Json body(const FailedEvent& event)
{
    return {{"event", "failed"},
            {"code", to_string(event.error.code)},
            {"message", event.error.message},
            {"hint", event.error.hint}};
}

} // namespace

Json to_json(const LoraGaReport& report)
{
    Json matrices = Json::array();
    for (const LoraGaReport::Matrix& matrix : report.matrices) {
        Json values = Json::array();
        for (const float value : matrix.singular_values) {
            values.push_back(number(static_cast<double>(value)));
        }
        matrices.push_back({{"layer", matrix.layer},
                            {"target", to_string(matrix.target)},
                            {"gradient_norm", number(matrix.gradient_norm)},
                            {"captured", number(matrix.captured)},
                            {"singular_values", std::move(values)},
                            {"offset_norm", number(matrix.offset_norm)}});
    }
    return {{"matrices", std::move(matrices)}, {"seconds", number(report.seconds)}};
}

Json to_json(const TrainEvent& event)
{
    return std::visit([](const auto& alternative) { return body(alternative); }, event);
}

} // namespace engine
