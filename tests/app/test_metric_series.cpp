// MetricSeries: replacement, bounds, decimation against the plain answer, and a million points.
#include <algorithm>
#include <cmath>
#include <random>

#include <QElapsedTimer>

#include "app/runs/metric_series.h"
#include "app/runs/run_metrics.h"
#include "tests/app/app_test.h"

using app::MetricPoint;
using app::MetricSeries;

namespace {

MetricSeries noise(int size)
{
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    MetricSeries series;
    for (int index = 0; index < size; ++index) {
        series.append(index, normal(random));
    }
    return series;
}

} // namespace

class TestMetricSeries final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void emptySeriesHasNothing()
    {
        const MetricSeries series;
        QVERIFY(series.decimate(0.0, 1.0, 10).empty());
        QCOMPARE(series.nearest(3.0), -1);
        QVERIFY(std::isnan(series.valueAt(0.0)));
        QCOMPARE(series.bounds().maxY, 0.0);
    }

    void pointsThatAreNotFiniteAreLeftOut()
    {
        MetricSeries series;
        series.append(1.0, std::nan(""));
        series.append(2.0, HUGE_VAL);
        series.append(3.0, 5.0);
        QCOMPARE(series.size(), 1);
        QCOMPARE(series.at(0).x, 3.0);
    }

    void anEarlierPointReplacesTheRest()
    {
        MetricSeries series = noise(1000);
        const quint64 revision = series.revision();
        series.append(500.0, 42.0);
        QCOMPARE(series.size(), 501);
        QCOMPARE(series.last().y, 42.0);
        QCOMPARE(series.bounds().maxY, 42.0);
        QVERIFY(series.revision() > revision);
    }

    void boundsEqualThePlainAnswer()
    {
        const MetricSeries series = noise(5000);
        for (const auto& [from, to] : {std::pair{0, 4999}, {17, 18}, {1, 4097}, {250, 3333}}) {
            double lowest = HUGE_VAL;
            double highest = -HUGE_VAL;
            for (int index = from; index <= to; ++index) {
                lowest = std::min(lowest, series.at(index).y);
                highest = std::max(highest, series.at(index).y);
            }
            const app::MetricBounds bounds = series.boundsWithin(from, to);
            QCOMPARE(bounds.minY, lowest);
            QCOMPARE(bounds.maxY, highest);
            QCOMPARE(bounds.minX, static_cast<double>(from));
            QCOMPARE(bounds.maxX, static_cast<double>(to));
        }
    }

    void decimationKeepsEachColumnsExtremes()
    {
        constexpr int kColumns = 100;
        constexpr int kSize = 10000;
        const MetricSeries series = noise(kSize);
        const std::vector<MetricPoint> drawn = series.decimate(0.0, kSize, kColumns);
        QVERIFY(drawn.size() <= 2 * kColumns + 2);
        QVERIFY(std::is_sorted(
            drawn.begin(), drawn.end(), [](const auto& a, const auto& b) { return a.x < b.x; }));
        for (int column = 0; column < kColumns; ++column) {
            double lowest = HUGE_VAL;
            double highest = -HUGE_VAL;
            for (int index = column * 100; index < (column + 1) * 100; ++index) {
                lowest = std::min(lowest, series.at(index).y);
                highest = std::max(highest, series.at(index).y);
            }
            const auto has = [&](double y) {
                return std::any_of(drawn.begin(), drawn.end(), [&](const MetricPoint& point) {
                    return point.y == y && static_cast<int>(point.x) / 100 == column;
                });
            };
            QVERIFY2(has(lowest) && has(highest), qPrintable(QString::number(column)));
        }
    }

    void decimationIncludesTheNeighboursOutside()
    {
        const MetricSeries series = noise(100);
        const std::vector<MetricPoint> drawn = series.decimate(10.5, 19.5, 50);
        QCOMPARE(drawn.size(), std::size_t(11));
        QCOMPARE(drawn.front().x, 10.0);
        QCOMPARE(drawn.back().x, 20.0);
    }

    void nearestAndValueAt()
    {
        MetricSeries series;
        series.append(10.0, 1.0);
        series.append(20.0, 2.0);
        QCOMPARE(series.nearest(14.0), 0);
        QCOMPARE(series.nearest(16.0), 1);
        QCOMPARE(series.nearest(99.0), 1);
        QCOMPARE(series.valueAt(19.0), 1.0);
        QVERIFY(std::isnan(series.valueAt(9.0)));
    }

    void smoothingFollowsOnlyNewPointsAndIsNotPulledToZero()
    {
        MetricSeries source;
        app::SmoothedSeries smoothed;
        smoothed.setWeight(0.9);
        source.append(1.0, 4.0);
        QCOMPARE(smoothed.update(source).last().y, 4.0);
        source.append(2.0, 2.0);
        // (0.9 * 0.4 + 0.1 * 2) / (1 - 0.81)
        QVERIFY(std::abs(smoothed.update(source).last().y - 0.56 / 0.19) < 1e-12);
        source.append(2.0, 4.0); // replaced: everything is smoothed again
        QVERIFY(std::abs(smoothed.update(source).last().y - 4.0) < 1e-12);
        QCOMPARE(smoothed.update(source).size(), 2);
    }

    void aMillionPointsAreFluent()
    {
        constexpr int kMillion = 1'000'000;
        constexpr int kFrames = 100;
        QElapsedTimer timer;
        timer.start();
        const MetricSeries series = noise(kMillion);
        const qint64 appended = timer.elapsed();
        timer.restart();
        std::size_t drawn = 0;
        for (int frame = 0; frame < kFrames; ++frame) {
            drawn = series.decimate(frame * 1000.0, kMillion - frame * 1000.0, 1000).size();
        }
        const double perFrame = static_cast<double>(timer.nsecsElapsed()) / 1e6 / kFrames;
        qInfo("appended in %lld ms, %.3f ms a frame", appended, perFrame);
        QVERIFY(drawn <= 2002);
        QVERIFY(perFrame < 16.0); // one frame of the window
    }

    void tokensAndTimeAddUpAlsoOverARepeatedStep()
    {
        app::RunMetrics metrics;
        for (int step = 1; step <= 4; ++step) {
            QVERIFY(metrics.addLine(app_test::stepLine(step, 1.0)));
        }
        QVERIFY(metrics.addLine(app_test::stepLine(3, 0.5))); // resumed from step 2
        QCOMPARE(metrics.totalTokens(), 300);
        QCOMPARE(metrics.totalSeconds(), 6.0); // 100 tokens at 50 a second, three times
        QCOMPARE(metrics.series(app::Metric::Loss).size(), 3);
        const MetricSeries overTokens =
            metrics.seriesOver(app::Metric::Loss, app::Horizontal::Tokens);
        QCOMPARE(overTokens.last().x, 300.0);
        QCOMPARE(overTokens.last().y, 0.5);
        QVERIFY(!metrics.addLine("not a line of metrics"));
    }

    void theTrainingLossIsTheMeanOverTheLastSteps()
    {
        app::RunMetrics metrics;
        QVERIFY(std::isnan(metrics.trainingLoss()));
        QCOMPARE(metrics.trainingLossSteps(), 0);
        QVERIFY(metrics.addLine(app_test::stepLine(1, 4.0)));
        QVERIFY(metrics.addLine(app_test::stepLine(2, 2.0)));
        QCOMPARE(metrics.trainingLoss(), 3.0);
        QCOMPARE(metrics.trainingLossSteps(), 2);
        for (int step = 3; step <= 2 + app::kLossSteps; ++step) {
            QVERIFY(metrics.addLine(app_test::stepLine(step, step % 2 == 0 ? 0.5 : 1.5)));
        }
        QCOMPARE(metrics.trainingLoss(), 1.0);
        QVERIFY(app::metricMeaning(app::Metric::Loss).contains(QString::number(app::kLossSteps)));
    }

    void theBestEvaluationHasItsStep()
    {
        app::RunMetrics metrics;
        QVERIFY(std::isnan(metrics.bestEval().y));
        for (const auto& [step, loss] : {std::pair(10, 0.5), {20, 0.25}, {30, 0.25}, {40, 0.75}}) {
            metrics.addEval({.step = step, .loss = loss});
        }
        QCOMPARE(metrics.bestEval().x, 20.0);
        QCOMPARE(metrics.bestEval().y, metrics.bestEvalLoss());
    }

    // A small last micro-batch is slow and says nothing of the run.
    void theSpeedIsThatOfTheLastStepsTogether()
    {
        app::RunMetrics metrics;
        QVERIFY(std::isnan(metrics.tokensPerSecond()));
        const auto add = [&metrics](int step, qint64 tokens, double tokensPerSecond) {
            app::StepPoint point;
            point.step = step;
            point.tokens = tokens;
            point.tokensPerSecond = tokensPerSecond;
            metrics.addStep(point);
        };
        add(1, 100, 10.0);
        QCOMPARE(metrics.tokensPerSecond(), 10.0);
        for (int step = 2; step <= app::kLossSteps; ++step) {
            add(step, 100, 100.0);
        }
        add(1 + app::kLossSteps, 10, 1.0); // and the slow first one is long ago
        const double tokens = 100.0 * (app::kLossSteps - 1) + 10.0;
        const double seconds = 1.0 * (app::kLossSteps - 1) + 10.0;
        QCOMPARE(metrics.tokensPerSecond(), tokens / seconds);
    }
};

QTEST_GUILESS_MAIN(TestMetricSeries)
#include "test_metric_series.moc"
