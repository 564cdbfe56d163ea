// MetricSeries: the points of one curve with a min/max pyramid, so that a million points draw as
// fast as a thousand.
#pragma once

#include <span>
#include <vector>

#include <QtGlobal>

namespace app {

struct MetricPoint
{
    double x = 0.0; // step, tokens or seconds
    double y = 0.0; // finite: others are not kept
};

struct MetricBounds
{
    double minX = 0.0;
    double maxX = 0.0;
    double minY = 0.0;
    double maxY = 0.0;
};

// x never falls. A point at or before the last x takes the place of everything from its x on: a
// resumed run writes the steps after its checkpoint a second time.
class MetricSeries final
{
public:
    void append(double x, double y); // amortised O(1); ignored when x or y is not finite
    void clear();

    [[nodiscard]] qsizetype size() const { return static_cast<qsizetype>(m_points.size()); }

    [[nodiscard]] bool isEmpty() const { return m_points.empty(); }

    [[nodiscard]] const MetricPoint& at(qsizetype index) const
    {
        return m_points[static_cast<std::size_t>(index)];
    }

    [[nodiscard]] const MetricPoint& last() const { return m_points.back(); }

    [[nodiscard]] std::span<const MetricPoint> points() const { return m_points; }

    // Rises whenever points that were there changed; a follower then starts again.
    [[nodiscard]] quint64 revision() const { return m_revision; }

    [[nodiscard]] MetricBounds bounds() const; // of everything; O(log n). Zeros when empty
    [[nodiscard]] MetricBounds boundsWithin(double fromX, double toX) const; // O(log n)

    // At most 2 * columns + 2 points that draw the same picture as all points of [fromX, toX]: per
    // pixel column its lowest and highest, in x order, and the neighbours just outside, so that a
    // line enters and leaves the picture. O(columns log n), whatever the size.
    [[nodiscard]] std::vector<MetricPoint> decimate(double fromX, double toX, int columns) const;

    // The y at or just before x; NaN before the first point.
    [[nodiscard]] double valueAt(double x) const;
    // The index of the point nearest to x; -1 when empty. For crosshairs.
    [[nodiscard]] qsizetype nearest(double x) const;

private:
    struct Extreme // indices of the lowest and highest y of a block
    {
        quint32 lowest = 0;
        quint32 highest = 0;
    };

    [[nodiscard]] Extreme extremeOf(std::size_t from,
                                    std::size_t to) const; // [from, to), not empty
    [[nodiscard]] Extreme merged(const Extreme& a, const Extreme& b) const;
    void addToPyramid();
    void truncateTo(std::size_t size);

    std::vector<MetricPoint> m_points;
    std::vector<std::vector<Extreme>> m_levels; // level k: whole blocks of 16^(k+1) points
    quint64 m_revision = 0;
};

// An exponential moving average that follows a series: update() costs the new points only.
class SmoothedSeries final
{
public:
    // 0: none; 0.99: very smooth. Debiased, so the first points are not pulled to zero.
    void setWeight(double weight);
    const MetricSeries& update(const MetricSeries& source);

private:
    MetricSeries m_series;
    double m_weight = 0.0;
    double m_average = 0.0;
    double m_debias = 0.0;
    qsizetype m_taken = 0;
    quint64 m_revision = 0;
};

} // namespace app
