// Steps and evaluations into curves; tokens and time add up from the steps.
#include "app/runs/run_metrics.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct MetricTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::Metric)
};

} // namespace

QString metricName(Metric metric)
{
    switch (metric) {
    case Metric::Loss:
        return u"loss"_s;
    case Metric::EvalLoss:
        return u"eval_loss"_s;
    case Metric::LearningRate:
        return u"learning_rate"_s;
    case Metric::GradNorm:
        return u"grad_norm"_s;
    case Metric::TokensPerSecond:
        return u"tokens_per_second"_s;
    case Metric::Memory:
        return u"memory"_s;
    case Metric::Count:
        break;
    }
    return {};
}

QString metricLabel(Metric metric)
{
    switch (metric) {
    case Metric::Loss:
        return MetricTexts::tr("Training loss");
    case Metric::EvalLoss:
        return MetricTexts::tr("Evaluation loss");
    case Metric::LearningRate:
        return MetricTexts::tr("Learning rate");
    case Metric::GradNorm:
        return MetricTexts::tr("Gradient norm");
    case Metric::TokensPerSecond:
        return MetricTexts::tr("Tokens per second");
    case Metric::Memory:
        return MetricTexts::tr("Memory");
    case Metric::Count:
        break;
    }
    return {};
}

QString metricMeaning(Metric metric)
{
    switch (metric) {
    case Metric::Loss:
    case Metric::TokensPerSecond:
        return QCoreApplication::translate("app::Metric", "Mean over the last %1 steps.")
            .arg(kLossSteps);
    case Metric::EvalLoss:
        return QCoreApplication::translate("app::Metric", "The lowest of the run's evaluations.");
    default:
        return {};
    }
}

void RunMetrics::addStep(const StepPoint& point)
{
    const auto x = static_cast<double>(point.step);
    const auto add = [&](Metric metric, double y) {
        m_series[static_cast<std::size_t>(metric)].append(x, y);
    };
    add(Metric::Loss, point.loss);
    add(Metric::LearningRate, point.learningRate);
    add(Metric::GradNorm, point.gradNorm);
    add(Metric::TokensPerSecond, point.tokensPerSecond);
    if (point.memory > 0) {
        add(Metric::Memory, static_cast<double>(point.memory));
    }
    // The sum before this step: a repeated step takes the place of its first time.
    const double tokens = m_tokens.valueAt(x - 1.0);
    const double seconds = m_seconds.valueAt(x - 1.0);
    const double step = point.tokensPerSecond > 0.0
                            ? static_cast<double>(point.tokens) / point.tokensPerSecond
                            : 0.0;
    m_tokens.append(x, (std::isnan(tokens) ? 0.0 : tokens) + static_cast<double>(point.tokens));
    m_seconds.append(x, (std::isnan(seconds) ? 0.0 : seconds) + step);
    m_lastStep = point;
}

void RunMetrics::addEval(const EvalPoint& point)
{
    m_series[static_cast<std::size_t>(Metric::EvalLoss)].append(static_cast<double>(point.step),
                                                                point.loss);
}

bool RunMetrics::addLine(const QByteArray& line)
{
    const QJsonObject object = QJsonDocument::fromJson(line).object();
    const QString event = object.value("event"_L1).toString();
    if (event == "eval"_L1) {
        addEval(evalPointFrom(object));
        return true;
    }
    if (event == "step"_L1 || (event.isEmpty() && object.contains("loss"_L1))) {
        addStep(stepPointFrom(object));
        return true;
    }
    return false;
}

void RunMetrics::clear()
{
    for (MetricSeries& each : m_series) {
        each.clear();
    }
    m_tokens.clear();
    m_seconds.clear();
    m_lastStep = {};
}

MetricSeries RunMetrics::seriesOver(Metric metric, Horizontal horizontal) const
{
    const MetricSeries& source = series(metric);
    if (horizontal == Horizontal::Step) {
        return source;
    }
    const MetricSeries& axis = horizontal == Horizontal::Tokens ? m_tokens : m_seconds;
    MetricSeries result;
    for (const MetricPoint& point : source.points()) {
        const double x = axis.valueAt(point.x);
        // Two steps within one tick of the clock would otherwise replace each other.
        const bool rises = result.isEmpty() || x > result.last().x;
        result.append(rises ? x : std::nextafter(result.last().x, HUGE_VAL), point.y);
    }
    return result;
}

qint64 RunMetrics::totalTokens() const
{
    return m_tokens.isEmpty() ? 0 : static_cast<qint64>(m_tokens.last().y);
}

double RunMetrics::totalSeconds() const
{
    return m_seconds.isEmpty() ? kUnknown : m_seconds.last().y;
}

double RunMetrics::tokensPerSecond() const
{
    const auto recent = [](const MetricSeries& sums) {
        const std::span<const MetricPoint> points = sums.points();
        const double before =
            points.size() > kLossSteps ? points[points.size() - 1 - kLossSteps].y : 0.0;
        return points.empty() ? 0.0 : points.back().y - before;
    };
    const double seconds = recent(m_seconds);
    return seconds > 0.0 ? recent(m_tokens) / seconds : kUnknown;
}

qint64 RunMetrics::trainingLossSteps() const
{
    return std::min<qint64>(std::ssize(series(Metric::Loss).points()), kLossSteps);
}

double RunMetrics::trainingLoss() const
{
    const std::span<const MetricPoint> points = series(Metric::Loss).points();
    const auto last = points.last(static_cast<std::size_t>(trainingLossSteps()));
    double sum = 0.0;
    for (const MetricPoint& point : last) {
        sum += point.y;
    }
    return last.empty() ? kUnknown : sum / static_cast<double>(last.size());
}

double RunMetrics::bestEvalLoss() const
{
    const MetricSeries& evals = series(Metric::EvalLoss);
    return evals.isEmpty() ? kUnknown : evals.bounds().minY;
}

qint64 RunMetrics::peakMemory() const
{
    return static_cast<qint64>(series(Metric::Memory).bounds().maxY); // 0 when empty
}

MetricPoint RunMetrics::bestEval() const
{
    const auto points = series(Metric::EvalLoss).points();
    const auto best = std::ranges::min_element(points, {}, &MetricPoint::y);
    return best == points.end() ? MetricPoint{0.0, kUnknown} : *best;
}

} // namespace app
