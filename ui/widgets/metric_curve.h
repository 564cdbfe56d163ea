// A chart's curve over a series of app: decimation happens there.
#pragma once

#include "app/runs/metric_series.h"
#include "ui/widgets/line_chart.h"

namespace ui {

// The series outlives the chart's use of the curve.
[[nodiscard]] Curve metricCurve(const app::MetricSeries& series, const QString& name, int color);

// The same over a smoothed copy that follows the series; the copy lives in the curve.
[[nodiscard]] Curve
smoothedCurve(const app::MetricSeries& series, double weight, const QString& name, int color);

} // namespace ui
