// Run events out of their JSON objects. A number that is missing or null is unknown, never 0.
#include "app/worker/worker_events.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace app {

namespace {

double number(const QJsonObject& object, QLatin1StringView key)
{
    return object.value(key).toDouble(kUnknown);
}

qint64 count(const QJsonObject& object, QLatin1StringView key)
{
    return object.value(key).toInteger();
}

QString text(const QJsonObject& object, QLatin1StringView key)
{
    return object.value(key).toString();
}

} // namespace

RunStarted runStartedFrom(const QJsonObject& event)
{
    return {count(event, "start_step"_L1),
            count(event, "max_steps"_L1),
            count(event, "trainable_parameters"_L1),
            count(event, "estimated_memory"_L1)};
}

StepPoint stepPointFrom(const QJsonObject& event)
{
    StepPoint point;
    point.step = count(event, "step"_L1);
    point.loss = number(event, "loss"_L1);
    point.learningRate = number(event, "learning_rate"_L1);
    point.gradNorm = number(event, "grad_norm"_L1);
    point.tokens = count(event, "tokens"_L1);
    point.tokensPerSecond = number(event, "tokens_per_second"_L1);
    point.epoch = event.value("epoch"_L1).toDouble();
    point.secondsLeft = number(event, "seconds_left"_L1);
    point.memory = count(event, "memory"_L1);
    return point;
}

EvalPoint evalPointFrom(const QJsonObject& event)
{
    return {count(event, "step"_L1),
            number(event, "loss"_L1),
            number(event, "perplexity"_L1),
            event.value("best"_L1).toBool()};
}

SampleText sampleTextFrom(const QJsonObject& event)
{
    return {count(event, "step"_L1), text(event, "prompt"_L1), text(event, "completion"_L1)};
}

RunFinished runFinishedFrom(const QJsonObject& event)
{
    RunFinished finished;
    finished.reason = text(event, "reason"_L1);
    finished.step = count(event, "step"_L1);
    finished.loss = number(event, "loss"_L1);
    finished.evalLoss = number(event, "eval_loss"_L1);
    finished.seconds = number(event, "seconds"_L1);
    finished.adapter = text(event, "adapter"_L1);
    finished.peakMemory = count(event, "peak_memory"_L1);
    return finished;
}

InitReport initReportFrom(const QJsonObject& event)
{
    InitReport report;
    report.seconds = number(event, "seconds"_L1);
    for (const QJsonValue value : event.value("matrices"_L1).toArray()) {
        const QJsonObject object = value.toObject();
        InitReportRow row;
        row.layer = count(object, "layer"_L1);
        row.target = text(object, "target"_L1);
        row.gradientNorm = number(object, "gradient_norm"_L1);
        row.captured = number(object, "captured"_L1);
        row.offsetNorm = number(object, "offset_norm"_L1);
        for (const QJsonValue singular : object.value("singular_values"_L1).toArray()) {
            row.singularValues.append(singular.toDouble(kUnknown));
        }
        report.rows.append(row);
    }
    return report;
}

Problem problemFromFailed(const QJsonObject& event)
{
    return problemFromEvent(
        text(event, "code"_L1), text(event, "message"_L1), text(event, "hint"_L1));
}

} // namespace app
