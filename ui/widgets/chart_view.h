// The drawing surface of LineChart: grid, tick labels and crosshair around Qt Charts' series.
#pragma once

#include <functional>
#include <optional>

#include <QtCharts/QChartView>

#include "ui/theme/theme.h"
#include "ui/widgets/chart_axis.h"

namespace ui {

class ChartView final : public QChartView
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ChartView)

public:
    struct Readout
    {
        QStringList lines;     // the first is x
        QList<QColor> colors;  // of lines after the first
        QList<QPointF> points; // data units
    };

    ChartView(const Theme& theme, const ChartAxis& x, const ChartAxis& y, QWidget* parent);

    // A point with a marker of its own, drawn whole at the plot's edge too.
    struct Mark
    {
        QPointF point;
        QColor color;
        double radius = 0.0; // pixels
    };

    struct HorizontalTicks
    {
        QList<AxisTick> ticks; // without a label: a line only
        QString name;          // of the axis; empty: its room is the numbers'
        int numbers = 0;       // ticks with a label
    };

    void setMarks(QList<Mark> marks) { m_marks = std::move(marks); }

    void setReadoutSource(std::function<Readout(double x)> source)
    {
        m_readout = std::move(source);
    }

    void setEmptyText(const QString& text) { m_emptyText = text; }

    void setEmpty(bool isEmpty) { m_isEmpty = isEmpty; }

    void setLabels(const QString& x, const QString& y);
    void layoutPlot();

    // What stands beside the axes at the view's size.
    [[nodiscard]] HorizontalTicks horizontalTicks(const QFontMetrics& metrics) const;
    [[nodiscard]] QList<AxisTick> verticalTicks() const;

    [[nodiscard]] std::optional<double> crosshair() const { return m_crosshair; }

    void setCrosshair(std::optional<double> x);

Q_SIGNALS:
    void zoomRequested(double from, double to);
    void zoomByRequested(double factor, double center);
    void panRequested(double share);
    void resetRequested();

protected:
    void drawBackground(QPainter* painter, const QRectF& rect) override;
    void drawForeground(QPainter* painter, const QRectF& rect) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] QRectF plot() const;
    [[nodiscard]] double pixelX(double value) const;
    [[nodiscard]] double pixelY(double value) const;
    [[nodiscard]] double valueAt(double pixel) const;
    void drawReadout(QPainter& painter);

    const Theme& m_theme;
    const ChartAxis& m_x;
    const ChartAxis& m_y;
    std::function<Readout(double)> m_readout;
    QList<Mark> m_marks;
    std::optional<double> m_crosshair;
    std::optional<double> m_dragFrom; // pixel
    double m_dragTo = 0.0;
    bool m_isPanning = false;
    bool m_isEmpty = true;
    QString m_emptyText;
    QString m_xLabel;
    QString m_yLabel;
};

} // namespace ui
