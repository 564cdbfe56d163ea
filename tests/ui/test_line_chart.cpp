// The chart: ticks, decimation to the pixels, zoom, coalesced repaints, crosshair, table.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <QElapsedTimer>
#include <QGraphicsView>
#include <QRegularExpression>
#include <QTableView>
#include <QTest>
#include <QtCharts/QChart>

#include "tests/ui/strict.h"
#include "ui/widgets/chart_view.h"
#include "ui/widgets/line_chart.h"
#include "ui/widgets/metric_curve.h"

using namespace Qt::StringLiterals;

namespace {

constexpr int kMillion = 1'000'000;
constexpr int kFrameBudgetMilliseconds = 50;

app::MetricSeries noisySeries(int points)
{
    app::MetricSeries series;
    for (int i = 1; i <= points; ++i) {
        series.append(i, 2.0 + std::sin(i * 0.001) + (i % 7) * 0.01);
    }
    return series;
}

QStringList labelsOf(const ui::ChartAxis& axis, int count)
{
    QStringList labels;
    for (const ui::AxisTick& tick : axis.ticks(count)) {
        labels.append(tick.label);
    }
    return labels;
}

} // namespace

class TestLineChart final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        tests::failOnWarnings();
        m_theme.apply(ui::ThemeKind::Light);
    }

    void linearTicksAreRound()
    {
        ui::ChartAxis axis;
        axis.setRange(0.0, 749.0);
        QCOMPARE(labelsOf(axis, 4), QStringList({u"0"_s, u"200"_s, u"400"_s, u"600"_s}));
        axis.setRange(0.1, 0.9);
        QCOMPARE(labelsOf(axis, 4), QStringList({u"0.2"_s, u"0.4"_s, u"0.6"_s, u"0.8"_s}));
        axis.setRange(0.0, 1.0);
        QCOMPARE(labelsOf(axis, 4),
                 QStringList({u"0"_s, u"0.25"_s, u"0.50"_s, u"0.75"_s, u"1.00"_s}));
        axis.setSmallestStep(1.0); // of training steps there are no halves
        axis.setRange(1.0, 3.0);
        QCOMPARE(labelsOf(axis, 8), QStringList({u"1"_s, u"2"_s, u"3"_s}));
    }

    void logTicksAreUseful()
    {
        ui::ChartAxis axis;
        axis.setScale(ui::AxisScale::Log);
        axis.setRange(0.5, 3.0); // less than a decade: a loss
        QVERIFY(axis.ticks(5).size() >= 4);
        axis.setRange(0.02, 3.0);
        QCOMPARE(labelsOf(axis, 6),
                 QStringList({u"0.02"_s, u"0.05"_s, u"0.1"_s, u"0.2"_s, u"0.5"_s, u"1"_s, u"2"_s}));
        axis.setRange(1e-6, 1.0);
        QVERIFY(axis.ticks(6).size() >= 4 && axis.ticks(6).size() <= 8);
    }

    void logAxisKeepsOutWhatItCannotShow()
    {
        ui::ChartAxis axis;
        axis.setScale(ui::AxisScale::Log);
        QVERIFY(!axis.canShow(0.0));
        QVERIFY(!axis.canShow(-1.0));
        QVERIFY(!axis.canShow(std::nan("")));
        axis.setRange(-5.0, 10.0);
        QVERIFY(axis.low() > 0.0);
        QCOMPARE(axis.fromChart(axis.toChart(7.0)), 7.0);
    }

    // A window that paints cannot wait for a billion ticks.
    void ticksAreFewWhateverTheRange_data()
    {
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        constexpr double kLargest = std::numeric_limits<double>::max();
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::newRow("negative") << -5.0 << 10.0;
        QTest::newRow("all negative") << -5.0 << -1.0;
        QTest::newRow("zero") << 0.0 << 0.0;
        QTest::newRow("reversed") << 3.0 << 1.0;
        QTest::newRow("not a number") << std::nan("") << 1.0;
        QTest::newRow("not numbers") << std::nan("") << std::nan("");
        QTest::newRow("infinite") << 1.0 << kInfinity;
        QTest::newRow("infinite both ways") << -kInfinity << kInfinity;
        QTest::newRow("everything") << -kLargest << kLargest;
        QTest::newRow("every magnitude") << 5e-324 << kLargest;
        QTest::newRow("no digits") << 1e300 << std::nextafter(1e300, kInfinity);
    }

    void ticksAreFewWhateverTheRange()
    {
        QFETCH(double, low);
        QFETCH(double, high);
        constexpr qsizetype kFew = 1000;
        for (const auto& [before, after] : {std::pair(ui::AxisScale::Linear, ui::AxisScale::Log),
                                            std::pair(ui::AxisScale::Log, ui::AxisScale::Linear)}) {
            ui::ChartAxis axis;
            axis.setScale(before);
            axis.setRange(low, high);
            for (const int count : {-1, 0, 5, 1'000'000}) {
                QVERIFY(axis.ticks(count).size() < kFew);
            }
            axis.setScale(after); // with the range of the other one
            for (const int count : {-1, 0, 5, 1'000'000}) {
                QVERIFY(axis.ticks(count).size() < kFew);
            }
            QVERIFY(std::isfinite(axis.low()) && std::isfinite(axis.high()));
        }
    }

    void aChartWithNegativeValuesBecomesLogarithmic()
    {
        app::MetricSeries series;
        for (int i = 0; i < 20; ++i) {
            series.append(i, i - 10.0);
        }
        app::MetricSeries negative;
        negative.append(1, -1.0);
        negative.append(2, 0.0);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(600, 300);
        chart.setCurves({ui::metricCurve(series, u"loss"_s, 0)});
        chart.show();
        chart.refreshNow();
        QVERIFY(!chart.grab().isNull());
        chart.setScales(ui::AxisScale::Log, ui::AxisScale::Log);
        QVERIFY(!chart.grab().isNull()); // before the next frame
        QCOMPARE(chart.drawnPoints(), 9);
        chart.setCurves({ui::metricCurve(negative, u"loss"_s, 0)}); // nothing can be shown
        QCOMPARE(chart.drawnPoints(), 0);
        QVERIFY(!chart.grab().isNull());
        chart.setScales(ui::AxisScale::Linear, ui::AxisScale::Linear);
        QCOMPARE(chart.drawnPoints(), 2);
        QVERIFY(!chart.grab().isNull());
    }

    void millionPointsAreDecimated()
    {
        const app::MetricSeries series = noisySeries(kMillion);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(1000, 500);
        chart.setCurves({ui::metricCurve(series, u"loss"_s, 0)});
        chart.show();
        chart.refreshNow();
        QVERIFY(chart.drawnPoints() > 500);
        QVERIFY2(chart.drawnPoints() <= 2 * 1000 + 2,
                 qPrintable(QString::number(chart.drawnPoints())));
        QElapsedTimer timer;
        timer.start();
        constexpr int kFrames = 10;
        for (int i = 0; i < kFrames; ++i) {
            chart.refreshNow();
            chart.grab();
        }
        const qint64 perFrame = timer.elapsed() / kFrames;
        qInfo("a frame of a million points: %lld ms", static_cast<long long>(perFrame));
        QVERIFY(perFrame < kFrameBudgetMilliseconds);
    }

    void zoomShowsTheDetail()
    {
        const app::MetricSeries series = noisySeries(kMillion);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(900, 400);
        chart.setCurves({ui::metricCurve(series, u"loss"_s, 0)});
        chart.show();
        chart.refreshNow();
        chart.zoomTo(500'000, 500'100);
        chart.refreshNow();
        // 101 points inside and a neighbour on each side: every one of them is drawn.
        QVERIFY(chart.drawnPoints() >= 101 && chart.drawnPoints() <= 105);
        QCOMPARE(chart.visibleRange(), std::make_pair(500'000.0, 500'100.0));
        QTest::keyClick(&chart, Qt::Key_Home);
        chart.refreshNow();
        QVERIFY(!chart.isZoomed());
        QCOMPARE(chart.visibleRange().second, static_cast<double>(kMillion));
    }

    void repaintsAreCoalesced()
    {
        app::MetricSeries series = noisySeries(100);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(600, 300);
        chart.setCurves({ui::metricCurve(series, u"loss"_s, 0)});
        chart.show();
        chart.refreshNow();
        const qint64 before = chart.refreshCount();
        for (int i = 0; i < 1000; ++i) {
            series.append(101 + i, 1.0);
            chart.invalidate();
        }
        QTRY_COMPARE(chart.refreshCount(), before + 1);
        QCOMPARE(chart.visibleRange().second, 1100.0);
    }

    void readoutNamesEveryCurve()
    {
        app::MetricSeries train;
        app::MetricSeries eval;
        for (int i = 1; i <= 10; ++i) {
            train.append(i, i * 0.5);
        }
        eval.append(5, 9.0);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(600, 300);
        chart.setLabels(u"step"_s, u"loss"_s);
        ui::Curve faint = ui::metricCurve(train, u"raw"_s, 0);
        faint.isFaint = true;
        chart.setCurves({faint,
                         ui::metricCurve(train, u"train"_s, 0),
                         ui::metricCurve(eval, u"evaluation"_s, 1)});
        chart.refreshNow();
        QCOMPARE(chart.readout(6.2), QStringList({u"step 6"_s, u"train  3"_s, u"evaluation  9"_s}));
    }

    void tableHoldsTheNumbers()
    {
        app::MetricSeries series;
        series.append(1, 3.5);
        series.append(2, 2.5);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.setLabels(u"step"_s, u"loss"_s);
        chart.setCurves({ui::metricCurve(series, u"train"_s, 0)});
        chart.refreshNow();
        QVERIFY(chart.findChild<QTableView*>() == nullptr); // made when it is looked at
        chart.setTableVisible(true);
        const auto* table = chart.findChild<QTableView*>();
        QVERIFY(table != nullptr);
        QCOMPARE(table->model()->rowCount(), 2);
        QCOMPARE(table->model()->index(1, 1).data().toString(), u"2.5"_s);
        QCOMPARE(table->model()->headerData(1, Qt::Horizontal).toString(), u"train"_s);
    }

    void oneLonePointIsSeen()
    {
        app::MetricSeries series;
        series.append(1, 2.5);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(400, 300);
        chart.setCurves({ui::metricCurve(series, u"train"_s, 0)});
        chart.show();
        chart.refreshNow();
        QCOMPARE(chart.drawnPoints(), 1);
        const QColor color = m_theme.seriesColor(0);
        const auto coloured = [&] { // pixels of the drawing, which is all below the legend
            const QImage image = chart.findChild<QGraphicsView*>()->grab().toImage();
            int count = 0;
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    count += image.pixelColor(x, y).rgb() == color.rgb() ? 1 : 0;
                }
            }
            return count;
        };
        QVERIFY(coloured() >= 9);
    }

    void aSmallChartHasTwoNumbersOnEachAxis_data()
    {
        QTest::addColumn<double>("steps");
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::newRow("sample") << 52.0 << 8200.0 << 14600.0;
        QTest::newRow("longer") << 155.0 << 85.0 << 101.0;
        QTest::newRow("hundreds") << 749.0 << 0.0 << 0.0002;
        QTest::newRow("thousands") << 6234.0 << 0.31 << 0.36;
    }

    void aSmallChartHasTwoNumbersOnEachAxis()
    {
        QFETCH(double, steps);
        QFETCH(double, low);
        QFETCH(double, high);
        app::MetricSeries series;
        series.append(1, low);
        series.append(steps, high);
        ui::LineChart chart(m_theme, u"Speed"_s);
        chart.setLabels(u"step"_s, {});
        chart.setCurves({ui::metricCurve(series, u"speed"_s, 0)});
        chart.resize(210, chart.minimumSizeHint().height());
        chart.show();
        chart.refreshNow();
        QVERIFY2(chart.height() <= 110, qPrintable(QString::number(chart.height())));
        const auto* view = chart.findChild<ui::ChartView*>();
        const auto ticks = view->horizontalTicks(QFontMetrics(m_theme.font(ui::TextStyle::Small)));
        QVERIFY(ticks.numbers >= 2);
        QCOMPARE(ticks.name, u"step"_s);
        QVERIFY(view->verticalTicks().size() >= 2);
    }

    // The plot's edge would cut the last evaluation's in half.
    void theLastMarkerIsWhole()
    {
        app::MetricSeries series;
        series.append(1, 2.5);
        series.append(2, 2.5);
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(400, 300);
        ui::Curve curve = ui::metricCurve(series, u"evaluation"_s, 1);
        curve.hasMarkers = true;
        chart.setCurves({curve});
        chart.show();
        chart.refreshNow();
        auto* view = chart.findChild<ui::ChartView*>();
        const QImage image = view->grab().toImage();
        const QRgb color = m_theme.seriesColor(1).rgb();
        int rightmost = 0;
        int leftmost = image.width();
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                if (image.pixel(x, y) == color) {
                    rightmost = std::max(rightmost, x);
                    leftmost = std::min(leftmost, x);
                }
            }
        }
        const QRectF plot = view->chart()->plotArea();
        QVERIFY(rightmost >= plot.right() + 2 && leftmost <= plot.left() - 2);
    }

    void emptyChartDraws()
    {
        const app::MetricSeries series;
        ui::LineChart chart(m_theme, u"Loss"_s);
        chart.resize(400, 200);
        chart.setCurves({ui::metricCurve(series, u"train"_s, 0)});
        chart.refreshNow();
        QCOMPARE(chart.drawnPoints(), 0);
        QVERIFY(chart.readout(1.0).isEmpty());
        QVERIFY(!chart.grab().isNull());
    }

private:
    ui::Theme m_theme;
};

QTEST_MAIN(TestLineChart)
#include "test_line_chart.moc"
