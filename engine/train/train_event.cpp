// A run's events as JSON objects, one line each in the protocol and in metrics.jsonl.
#include "engine/train/train_event.h"

#include <cmath>

namespace engine {

namespace {

// JSON has no NaN and no infinity.
Json number_or_null(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json body(const StateEvent& event)
{
    Json json = {{"event", "state"}, {"state", event.state}};
    if (event.fraction >= 0.0) {
        json["fraction"] = number_or_null(event.fraction);
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
            {"loss", number_or_null(event.loss)},
            {"learning_rate", number_or_null(event.learning_rate)},
            {"grad_norm", number_or_null(event.grad_norm)},
            {"tokens", event.tokens},
            {"tokens_per_second", number_or_null(event.tokens_per_second)},
            {"epoch", number_or_null(event.epoch)},
            {"seconds", number_or_null(event.seconds)},
            {"seconds_left", number_or_null(event.seconds_left)},
            {"memory", event.memory}};
}

Json body(const EvalEvent& event)
{
    return {{"event", "eval"},
            {"step", event.step},
            {"loss", number_or_null(event.loss)},
            {"perplexity", number_or_null(event.perplexity)},
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
                 {"loss", number_or_null(event.loss)},
                 {"seconds", number_or_null(event.seconds)},
                 {"adapter", event.adapter},
                 {"peak_memory", event.peak_memory}};
    if (event.eval_loss >= 0.0) {
        json["eval_loss"] = number_or_null(event.eval_loss);
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
            values.push_back(number_or_null(static_cast<double>(value)));
        }
        matrices.push_back({{"layer", matrix.layer},
                            {"target", to_string(matrix.target)},
                            {"gradient_norm", number_or_null(matrix.gradient_norm)},
                            {"captured", number_or_null(matrix.captured)},
                            {"singular_values", std::move(values)},
                            {"offset_norm", number_or_null(matrix.offset_norm)}});
    }
    return {{"matrices", std::move(matrices)}, {"seconds", number_or_null(report.seconds)}};
}

Json to_json(const TrainEvent& event)
{
    return std::visit([](const auto& alternative) { return body(alternative); }, event);
}

} // namespace engine
