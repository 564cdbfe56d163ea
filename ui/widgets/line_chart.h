// Qt Charts behind one widget: curves decimated to the pixels, zoom and pan, crosshair, log axes,
// dashes, table view. Nothing else knows which library draws.
#pragma once

#include <functional>
#include <utility>

#include <QList>
#include <QPointF>
#include <QTimer>
#include <QWidget>

#include "ui/theme/theme.h"
#include "ui/widgets/chart_axis.h"

class QLabel;
class QLineSeries;
class QStackedWidget;
class QToolButton;
class QValueAxis;

namespace ui {

class ChartTableModel;
class ChartView;
class CurveLegend;

// One line of a chart. The chart asks for the points it can show and keeps no copy of the data.
struct Curve
{
    QString name;
    int color = 0; // index into the theme's series colours
    Qt::PenStyle dash = Qt::SolidLine;
    bool isFaint = false;    // the raw line behind a smoothed one; not in the legend
    bool hasMarkers = false; // few points, each of them drawn
    // At most about 2 * columns points of [from, to] in ascending x, extremes of each column kept,
    // with the neighbours outside so that lines reach the edges.
    std::function<QList<QPointF>(double from, double to, int columns)> points;
    std::function<std::pair<double, double>()> range; // of x; {0, -1} without points
};

class LineChart final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(LineChart)

public:
    static constexpr int kFrameMilliseconds = 33; // repaints are coalesced to 30 a second

    LineChart(const Theme& theme, const QString& title, QWidget* parent = nullptr);

    void setCurves(QList<Curve> curves);
    void setLabels(const QString& xLabel, const QString& yLabel);
    void setScales(AxisScale x, AxisScale y);
    [[nodiscard]] AxisScale yScale() const;
    // Readout of x and y values; the default is shortNumber.
    void setFormatters(std::function<QString(double)> x, std::function<QString(double)> y);
    void setEmptyText(const QString& text);

    // The curves have new points; the repaint follows within a frame.
    void invalidate();
    // At once: tests and screenshots.
    void refreshNow();

    void zoomTo(double from, double to);
    void resetZoom();

    [[nodiscard]] bool isZoomed() const { return m_isZoomed; }

    [[nodiscard]] std::pair<double, double> visibleRange() const;
    [[nodiscard]] int drawnPoints() const; // in all series, after decimation

    [[nodiscard]] qint64 refreshCount() const { return m_refreshCount; }

    void setTableVisible(bool isVisible);
    // The crosshair's texts at data x, one line per curve; also what a screen reader hears.
    [[nodiscard]] QStringList readout(double x) const;

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void buildHeader(const QString& title);
    void buildView();
    void buildTable();
    void applyTheme();
    void rebuildSeries();
    void fillSeries(int index, const QList<QPointF>& points);
    void updateRanges();
    void fillTable();
    void moveCrosshair(int direction);
    void pan(double share);
    void zoomBy(double factor, double center);

    const Theme& m_theme;
    QList<Curve> m_curves;
    QList<QLineSeries*> m_series;
    QList<QList<QPointF>> m_shown; // data units, per curve
    ChartAxis m_x;
    ChartAxis m_y;
    QValueAxis* m_xAxis = nullptr;
    QValueAxis* m_yAxis = nullptr;
    ChartView* m_view = nullptr;
    CurveLegend* m_legend = nullptr;
    QLabel* m_title = nullptr;
    QToolButton* m_tableButton = nullptr;
    QToolButton* m_resetButton = nullptr;
    QStackedWidget* m_stack = nullptr;
    ChartTableModel* m_tableModel = nullptr; // with the first look at the table
    QTimer m_timer;
    bool m_isZoomed = false;
    double m_from = 0.0;
    double m_to = 1.0;
    QString m_xLabel;
    std::function<QString(double)> m_formatX;
    std::function<QString(double)> m_formatY;
    qint64 m_refreshCount = 0;
};

} // namespace ui
