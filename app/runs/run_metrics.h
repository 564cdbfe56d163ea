// RunMetrics: every curve of one run, over steps, and over tokens or time where a page asks for it.
#pragma once

#include <array>

#include "app/runs/metric_series.h"
#include "app/worker/worker_events.h"

namespace app {

enum class Metric { Loss, EvalLoss, LearningRate, GradNorm, TokensPerSecond, Memory, Count };
enum class Horizontal { Step, Tokens, Time };

[[nodiscard]] QString metricName(Metric metric);  // "loss", "eval_loss", ...
[[nodiscard]] QString metricLabel(Metric metric); // for people, translated
// What the one number of a whole run is, for people; empty where there is none.
[[nodiscard]] QString metricMeaning(Metric metric);

// One step's loss says little: a run's training loss is the mean over its last steps, as in the
// worker's last word.
inline constexpr int kLossSteps = 20;

class RunMetrics final
{
public:
    void addStep(const StepPoint& point);
    void addEval(const EvalPoint& point);
    // One line of metrics.jsonl; false when it is none.
    bool addLine(const QByteArray& line);
    void clear();

    [[nodiscard]] const MetricSeries& series(Metric metric) const
    {
        return m_series[static_cast<std::size_t>(metric)];
    }

    // The same curve over tokens seen or seconds trained; O(n).
    [[nodiscard]] MetricSeries seriesOver(Metric metric, Horizontal horizontal) const;

    [[nodiscard]] const StepPoint& lastStep() const { return m_lastStep; }

    [[nodiscard]] qint64 totalTokens() const;
    [[nodiscard]] double totalSeconds() const; // of training steps
    // Over the last kLossSteps; NaN: none.
    [[nodiscard]] double trainingLoss() const;
    [[nodiscard]] double tokensPerSecond() const;
    [[nodiscard]] qint64 trainingLossSteps() const; // what trainingLoss() is the mean of
    [[nodiscard]] double bestEvalLoss() const;      // NaN: none
    // x: its step, the first of equals; y: bestEvalLoss().
    [[nodiscard]] MetricPoint bestEval() const;
    [[nodiscard]] qint64 peakMemory() const; // bytes; 0: not known

private:
    std::array<MetricSeries, static_cast<std::size_t>(Metric::Count)> m_series;
    MetricSeries m_tokens;  // step -> tokens seen
    MetricSeries m_seconds; // step -> seconds trained
    StepPoint m_lastStep;
};

} // namespace app
