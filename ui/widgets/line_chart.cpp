// Qt Charts behind one widget: curves decimated to the pixels, zoom and pan, crosshair, log axes,
// dashes, table view. Nothing else knows which library draws.
// One file because nothing else may know the chart library.
#include "ui/widgets/line_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtCharts/QLineSeries>
#include <QtCharts/QValueAxis>

#include "ui/theme/icons.h"
#include "ui/widgets/chart_table_model.h"
#include "ui/widgets/chart_view.h"
#include "ui/widgets/curve_legend.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr double kLineWidth = 1.6;
constexpr float kFaintAlpha = 0.32F;
constexpr double kMarkRadius = 4.0;
constexpr int kSmallestView = 72;  // two numbers on each axis, pixels
constexpr double kHeadroom = 0.06; // of the y range, above and below
constexpr int kTableColumns = 100; // decimation of the table: at most about 200 rows a curve
constexpr double kPanStep = 0.1;
constexpr double kZoomStep = 1.4;

const QPointF* nearest(const QList<QPointF>& points, double x)
{
    if (points.isEmpty()) {
        return nullptr;
    }
    const auto after = std::lower_bound(
        points.cbegin(), points.cend(), x, [](const QPointF& p, double v) { return p.x() < v; });
    if (after == points.cend()) {
        return &points.back();
    }
    if (after == points.cbegin()) {
        return &points.front();
    }
    const auto before = after - 1;
    return x - before->x() < after->x() - x ? &*before : &*after;
}

} // namespace

LineChart::LineChart(const Theme& theme, const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_formatX([](double v) { return shortNumber(v); })
    , m_formatY([](double v) { return QString::number(v, 'g', 4); })
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::kTiny);
    m_x.setSmallestStep(1.0);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Chart: %1").arg(title));
    buildHeader(title);
    buildView();
    m_timer.setSingleShot(true);
    m_timer.setInterval(kFrameMilliseconds);
    connect(&m_timer, &QTimer::timeout, this, &LineChart::refreshNow);
    connect(&m_theme, &Theme::changed, this, &LineChart::applyTheme);
    applyTheme();
}

void LineChart::buildHeader(const QString& title)
{
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kTiny);
    m_title = new QLabel(title, this);
    m_title->setProperty("role", u"strong"_s);
    row->addWidget(m_title);
    row->addStretch(1);
    m_resetButton = new QToolButton(this);
    m_resetButton->setAutoRaise(true);
    m_resetButton->setToolTip(tr("Show everything (double click, or Home)"));
    m_resetButton->setAccessibleName(tr("Show everything"));
    m_resetButton->hide();
    connect(m_resetButton, &QToolButton::clicked, this, &LineChart::resetZoom);
    m_tableButton = new QToolButton(this);
    m_tableButton->setAutoRaise(true);
    m_tableButton->setCheckable(true);
    m_tableButton->setToolTip(tr("Show the numbers as a table"));
    m_tableButton->setAccessibleName(tr("Show %1 as a table").arg(title));
    connect(m_tableButton, &QToolButton::toggled, this, &LineChart::setTableVisible);
    row->addWidget(m_resetButton);
    row->addWidget(m_tableButton);
    layout()->addItem(row);
    m_legend = new CurveLegend(m_theme, this);
    layout()->addWidget(m_legend);
}

void LineChart::buildView()
{
    m_stack = new QStackedWidget(this);
    m_view = new ChartView(m_theme, m_x, m_y, m_stack);
    m_xAxis = new QValueAxis(this);
    m_yAxis = new QValueAxis(this);
    m_xAxis->setVisible(false);
    m_yAxis->setVisible(false);
    m_view->chart()->addAxis(m_xAxis, Qt::AlignBottom);
    m_view->chart()->addAxis(m_yAxis, Qt::AlignLeft);
    m_view->setReadoutSource([this](double x) {
        ChartView::Readout result;
        result.lines = readout(x);
        for (int i = 0; i < m_curves.size(); ++i) {
            const QPointF* point = nearest(m_shown.value(i), x);
            if (!m_curves.at(i).isFaint && point != nullptr) {
                result.colors.append(m_theme.seriesColor(m_curves.at(i).color));
                result.points.append(*nearest(m_shown.at(i), x));
            }
        }
        return result;
    });
    connect(m_view, &ChartView::zoomRequested, this, &LineChart::zoomTo);
    connect(m_view, &ChartView::zoomByRequested, this, &LineChart::zoomBy);
    connect(m_view, &ChartView::panRequested, this, &LineChart::pan);
    connect(m_view, &ChartView::resetRequested, this, &LineChart::resetZoom);
    m_stack->addWidget(m_view);
    m_stack->setMinimumHeight(kSmallestView);
    static_cast<QVBoxLayout*>(layout())->addWidget(m_stack, 1);
}

void LineChart::applyTheme()
{
    m_resetButton->setIcon(icon(u"expand"_s, m_theme));
    m_tableButton->setIcon(icon(u"table"_s, m_theme));
    m_view->setBackgroundBrush(m_theme.colors().surface);
    rebuildSeries();
}

void LineChart::setCurves(QList<Curve> curves)
{
    m_curves = std::move(curves);
    QList<CurveLegend::Entry> entries;
    for (const Curve& curve : m_curves) {
        if (!curve.isFaint) {
            entries.append({curve.name, curve.color, curve.dash});
        }
    }
    m_legend->setEntries(std::move(entries));
    rebuildSeries();
}

void LineChart::rebuildSeries()
{
    m_view->chart()->removeAllSeries();
    m_series.clear();
    for (const Curve& curve : m_curves) {
        auto* series = new QLineSeries(m_view->chart());
        QColor color = m_theme.seriesColor(curve.color);
        if (curve.isFaint) {
            color.setAlphaF(kFaintAlpha);
        }
        QPen pen(color, curve.isFaint ? 1.0 : kLineWidth, curve.dash);
        pen.setJoinStyle(Qt::BevelJoin);
        series->setPen(pen);
        m_view->chart()->addSeries(series);
        series->attachAxis(m_xAxis);
        series->attachAxis(m_yAxis);
        m_series.append(series);
    }
    refreshNow();
}

void LineChart::setLabels(const QString& xLabel, const QString& yLabel)
{
    m_xLabel = xLabel;
    m_view->setLabels(xLabel, yLabel);
    invalidate();
}

void LineChart::setScales(AxisScale x, AxisScale y)
{
    m_x.setScale(x);
    m_y.setScale(y);
    refreshNow(); // a paint before the next frame needs ranges of these scales
}

AxisScale LineChart::yScale() const
{
    return m_y.scale();
}

void LineChart::setFormatters(std::function<QString(double)> x, std::function<QString(double)> y)
{
    m_formatX = std::move(x);
    m_formatY = std::move(y);
}

void LineChart::setEmptyText(const QString& text)
{
    m_view->setEmptyText(text);
}

void LineChart::invalidate()
{
    if (!m_timer.isActive()) {
        m_timer.start();
    }
}

void LineChart::updateRanges()
{
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const Curve& curve : m_curves) {
        const auto [from, to] = curve.range();
        if (from <= to) {
            low = std::min(low, from);
            high = std::max(high, to);
        }
    }
    if (!m_isZoomed && low <= high) {
        m_from = low;
        m_to = high;
    }
    m_x.setRange(m_from, m_to);
}

void LineChart::refreshNow()
{
    m_timer.stop();
    ++m_refreshCount;
    updateRanges();
    const int columns = std::max(50, static_cast<int>(m_view->chart()->plotArea().width()));
    m_shown.clear();
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const Curve& curve : m_curves) {
        QList<QPointF> points = curve.points(m_x.low(), m_x.high(), columns);
        points.removeIf(
            [this](const QPointF& p) { return !m_x.canShow(p.x()) || !m_y.canShow(p.y()); });
        for (const QPointF& point : points) {
            const bool isInside = point.x() >= m_x.low() && point.x() <= m_x.high();
            low = isInside ? std::min(low, point.y()) : low;
            high = isInside ? std::max(high, point.y()) : high;
        }
        m_shown.append(std::move(points));
    }
    const bool isEmpty = low > high;
    m_view->setEmpty(isEmpty);
    if (!isEmpty) {
        m_y.setRange(low, high);
        const double bottom = m_y.toChart(m_y.low());
        const double top = m_y.toChart(m_y.high());
        const double pad = (top - bottom) * kHeadroom;
        m_y.setRange(m_y.fromChart(bottom - pad), m_y.fromChart(top + pad));
    }
    QList<ChartView::Mark> marks;
    for (int i = 0; i < m_series.size(); ++i) {
        fillSeries(i, m_shown.at(i));
        const Curve& curve = m_curves.at(i);
        // A curve of one point has no line.
        if (curve.hasMarkers || (m_shown.at(i).size() == 1 && !curve.isFaint)) {
            for (const QPointF& point : m_shown.at(i)) {
                if (point.x() >= m_x.low() && point.x() <= m_x.high()) {
                    marks.append({point, m_theme.seriesColor(curve.color), kMarkRadius});
                }
            }
        }
    }
    m_view->setMarks(std::move(marks));
    m_xAxis->setRange(m_x.toChart(m_x.low()), m_x.toChart(m_x.high()));
    m_yAxis->setRange(m_y.toChart(m_y.low()), m_y.toChart(m_y.high()));
    m_resetButton->setVisible(m_isZoomed);
    if (m_stack->currentIndex() == 1) {
        fillTable();
    }
    m_view->viewport()->update();
}

void LineChart::fillSeries(int index, const QList<QPointF>& points)
{
    QList<QPointF> converted;
    converted.reserve(points.size());
    for (const QPointF& point : points) {
        converted.append({m_x.toChart(point.x()), m_y.toChart(point.y())});
    }
    m_series.at(index)->replace(converted);
}

int LineChart::drawnPoints() const
{
    qsizetype count = 0;
    for (const QLineSeries* series : m_series) {
        count += series->count();
    }
    return static_cast<int>(count);
}

void LineChart::zoomTo(double from, double to)
{
    if (to > from) {
        m_isZoomed = true;
        m_from = from;
        m_to = to;
        invalidate();
    }
}

void LineChart::resetZoom()
{
    m_isZoomed = false;
    invalidate();
}

std::pair<double, double> LineChart::visibleRange() const
{
    return {m_x.low(), m_x.high()};
}

void LineChart::pan(double share)
{
    const double low = m_x.toChart(m_x.low());
    const double high = m_x.toChart(m_x.high());
    const double shift = share * (high - low);
    zoomTo(m_x.fromChart(low + shift), m_x.fromChart(high + shift));
}

void LineChart::zoomBy(double factor, double center)
{
    const double middle = m_x.toChart(center);
    const double low = m_x.toChart(m_x.low());
    const double high = m_x.toChart(m_x.high());
    zoomTo(m_x.fromChart(middle - (middle - low) * factor),
           m_x.fromChart(middle + (high - middle) * factor));
}

void LineChart::moveCrosshair(int direction)
{
    const auto longest =
        std::max_element(m_shown.cbegin(), m_shown.cend(), [](const auto& a, const auto& b) {
            return a.size() < b.size();
        });
    if (longest == m_shown.cend() || longest->isEmpty()) {
        return;
    }
    const double from = m_view->crosshair().value_or(direction > 0 ? m_x.low() : m_x.high());
    double next = from;
    for (qsizetype i = 0; i < longest->size(); ++i) {
        const qsizetype at = direction > 0 ? i : longest->size() - 1 - i;
        const double x = longest->at(at).x();
        if ((direction > 0 && x > from) || (direction < 0 && x < from)) {
            next = x;
            break;
        }
    }
    m_view->setCrosshair(std::clamp(next, m_x.low(), m_x.high()));
    setAccessibleDescription(readout(next).join(u", "_s));
}

void LineChart::keyPressEvent(QKeyEvent* event)
{
    const bool isShift = event->modifiers().testFlag(Qt::ShiftModifier);
    const double middle = m_x.fromChart((m_x.toChart(m_x.low()) + m_x.toChart(m_x.high())) / 2.0);
    switch (event->key()) {
    case Qt::Key_Left:
        isShift ? pan(-kPanStep) : moveCrosshair(-1);
        break;
    case Qt::Key_Right:
        isShift ? pan(kPanStep) : moveCrosshair(1);
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomBy(1.0 / kZoomStep, middle);
        break;
    case Qt::Key_Minus:
        zoomBy(kZoomStep, middle);
        break;
    case Qt::Key_Home:
        resetZoom();
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

QStringList LineChart::readout(double x) const
{
    QStringList lines;
    for (int i = 0; i < m_curves.size() && i < m_shown.size(); ++i) {
        const QPointF* point = nearest(m_shown.at(i), x);
        if (m_curves.at(i).isFaint || point == nullptr) {
            continue;
        }
        if (lines.isEmpty()) {
            lines.append(m_xLabel + u" "_s + m_formatX(point->x()));
        }
        lines.append(m_curves.at(i).name + u"  "_s + m_formatY(point->y()));
    }
    return lines;
}

void LineChart::buildTable()
{
    auto* table = new QTableView(m_stack);
    m_tableModel = new ChartTableModel(table);
    table->setModel(m_tableModel);
    table->setAccessibleName(tr("The chart's numbers"));
    table->verticalHeader()->hide();
    table->horizontalHeader()->setStretchLastSection(true);
    m_stack->addWidget(table);
}

void LineChart::fillTable()
{
    QStringList names;
    QList<QList<QPointF>> points;
    for (const Curve& curve : m_curves) {
        if (!curve.isFaint) {
            names.append(curve.name);
            points.append(curve.points(m_x.low(), m_x.high(), kTableColumns));
        }
    }
    m_tableModel->setPoints(m_xLabel, names, points);
}

void LineChart::setTableVisible(bool isVisible)
{
    m_tableButton->setChecked(isVisible);
    if (isVisible && m_tableModel == nullptr) {
        buildTable(); // few charts are ever read as a table
    }
    m_stack->setCurrentIndex(isVisible ? 1 : 0);
    if (isVisible) {
        fillTable();
    }
}

} // namespace ui
