// A chart's curve over a series of app: decimation happens there.
#include "ui/widgets/metric_curve.h"

#include <memory>

namespace ui {

namespace {

QList<QPointF> toPoints(const std::vector<app::MetricPoint>& points)
{
    QList<QPointF> result;
    result.reserve(static_cast<qsizetype>(points.size()));
    for (const app::MetricPoint& point : points) {
        result.append({point.x, point.y});
    }
    return result;
}

std::pair<double, double> rangeOf(const app::MetricSeries& series)
{
    if (series.isEmpty()) {
        return {0.0, -1.0};
    }
    return {series.at(0).x, series.last().x};
}

} // namespace

Curve metricCurve(const app::MetricSeries& series, const QString& name, int color)
{
    Curve curve;
    curve.name = name;
    curve.color = color;
    curve.points = [&series](double from, double to, int columns) {
        return toPoints(series.decimate(from, to, columns));
    };
    curve.range = [&series] { return rangeOf(series); };
    return curve;
}

Curve smoothedCurve(const app::MetricSeries& series, double weight, const QString& name, int color)
{
    // Shared by the copies of the curve's functions; there is one per chart.
    auto smoothed = std::make_shared<app::SmoothedSeries>();
    smoothed->setWeight(weight);
    Curve curve = metricCurve(series, name, color);
    curve.points = [&series, smoothed](double from, double to, int columns) {
        return toPoints(smoothed->update(series).decimate(from, to, columns));
    };
    return curve;
}

} // namespace ui
