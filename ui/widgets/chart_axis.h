// One axis of a chart: value to position, ticks at round values, labels; linear or logarithmic.
#pragma once

#include <QList>
#include <QString>

namespace ui {

enum class AxisScale { Linear, Log };

struct AxisTick
{
    double value = 0.0; // in data units
    QString label;
};

class ChartAxis final
{
public:
    void setScale(AxisScale scale); // the range stays, as far as the scale can show it

    [[nodiscard]] AxisScale scale() const { return m_scale; }

    // No finer ticks than this: 1 for steps, of which there are no halves.
    void setSmallestStep(double step) { m_smallestStep = step; }

    // Data units; a log axis moves a range that is not positive to the smallest positive part. One
    // that is not finite becomes 0 to 1.
    void setRange(double low, double high);

    [[nodiscard]] double low() const { return m_low; }

    [[nodiscard]] double high() const { return m_high; }

    // The coordinate that the chart's series use: the value, or its decimal logarithm.
    [[nodiscard]] double toChart(double value) const;
    [[nodiscard]] double fromChart(double coordinate) const;
    [[nodiscard]] bool canShow(double value) const; // finite, and positive on a log axis

    // About `count` ticks, of at most 100, and two at least: one tells no scale. None where the
    // range has no digits for them, fewer where the smallest step leaves no more. A log range
    // below one decade gets round values, above three decades only powers of ten, in between 1, 2
    // and 5.
    [[nodiscard]] QList<AxisTick> ticks(int count) const;

private:
    AxisScale m_scale = AxisScale::Linear;
    double m_smallestStep = 0.0;
    double m_low = 0.0;
    double m_high = 1.0;
};

// The largest of 1, 2, 2.5, 5 times a power of ten that gives at least about `count` steps.
[[nodiscard]] double niceStep(double span, int count);

// "0.25", "1,500", "12k", "3.4M", "2e-05": short enough for a tick.
[[nodiscard]] QString shortNumber(double value, double step = 0.0);

} // namespace ui
