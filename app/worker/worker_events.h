// A run's events as plain structs, read from the worker's JSON lines.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QMetaType>
#include <QString>
#include <QStringList>

#include "app/catalog/records.h"
#include "app/error_text.h"

namespace app {

struct RunStarted
{
    qint64 startStep = 0; // 0, or where a resumed run goes on
    qint64 maxSteps = 0;
    qint64 trainableParameters = 0;
    qint64 estimatedMemory = 0; // bytes
};

struct StepPoint
{
    qint64 step = 0; // from 1
    double loss = kUnknown;
    double learningRate = kUnknown;
    double gradNorm = kUnknown;
    qint64 tokens = 0; // of this step
    double tokensPerSecond = kUnknown;
    double epoch = 0.0;
    double secondsLeft = kUnknown;
    qint64 memory = 0; // bytes
};

struct EvalPoint
{
    qint64 step = 0;
    double loss = kUnknown;
    double perplexity = kUnknown;
    bool best = false;
};

struct SampleText
{
    qint64 step = 0;
    QString prompt;
    QString completion;
};

struct RunFinished
{
    QString reason; // "done", "early_stopping", "stopped"
    qint64 step = 0;
    double loss = kUnknown;
    double evalLoss = kUnknown;
    double seconds = kUnknown;
    QString adapter; // path
    qint64 peakMemory = 0;

    // It is there, and no later steps have overtaken it.
    [[nodiscard]] bool isOf(const RunNumbers& numbers) const
    {
        return !reason.isEmpty() && step >= numbers.step;
    }
};

// LoRA-GA's report, one row per matrix.
struct InitReportRow
{
    qint64 layer = 0;
    QString target;
    double gradientNorm = kUnknown;
    double captured = kUnknown; // share of the squared norm in the directions used
    double offsetNorm = kUnknown;
    QList<double> singularValues;
};

struct InitReport
{
    QList<InitReportRow> rows;
    double seconds = kUnknown;
};

[[nodiscard]] RunStarted runStartedFrom(const QJsonObject& event);
[[nodiscard]] StepPoint stepPointFrom(const QJsonObject& event);
[[nodiscard]] EvalPoint evalPointFrom(const QJsonObject& event);
[[nodiscard]] SampleText sampleTextFrom(const QJsonObject& event);
[[nodiscard]] RunFinished runFinishedFrom(const QJsonObject& event);
[[nodiscard]] InitReport initReportFrom(const QJsonObject& event);
[[nodiscard]] Problem problemFromFailed(const QJsonObject& event);

} // namespace app

Q_DECLARE_METATYPE(app::StepPoint)
