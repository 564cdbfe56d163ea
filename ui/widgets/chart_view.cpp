// The drawing surface of LineChart: grid, tick labels and crosshair around Qt Charts' series.
#include "ui/widgets/chart_view.h"

#include <algorithm>
#include <cmath>

#include <QMouseEvent>
#include <QPainter>
#include <QtCharts/QChart>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kLeft = 54;
constexpr int kRight = 14;
constexpr int kTop = 10;
constexpr int kBottom = 26;
constexpr int kPixelsPerTickX = 64;
constexpr int kPixelsPerTickY = 34;
constexpr int kMoreForTwoNumbers = 4;
constexpr int kSmallestDrag = 6;
constexpr double kWheelStep = 1.25;

} // namespace

ChartView::ChartView(const Theme& theme, const ChartAxis& x, const ChartAxis& y, QWidget* parent)
    : QChartView(parent)
    , m_theme(theme)
    , m_x(x)
    , m_y(y)
    , m_emptyText(tr("No points yet."))
{
    setRenderHint(QPainter::Antialiasing);
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setFocusPolicy(Qt::NoFocus);
    setViewportUpdateMode(QGraphicsView::FullViewportUpdate);
    chart()->legend()->hide();
    chart()->setBackgroundVisible(false);
    chart()->setMargins({});
    chart()->setAnimationOptions(QChart::NoAnimation);
    chart()->setAcceptHoverEvents(false);
}

void ChartView::setLabels(const QString& x, const QString& y)
{
    m_xLabel = x;
    m_yLabel = y;
}

QRectF ChartView::plot() const
{
    return QRectF(kLeft, kTop, width() - kLeft - kRight, height() - kTop - kBottom);
}

void ChartView::layoutPlot()
{
    if (plot().width() > 0 && plot().height() > 0) {
        chart()->setPlotArea(plot());
    }
}

void ChartView::resizeEvent(QResizeEvent* event)
{
    QChartView::resizeEvent(event);
    layoutPlot();
}

double ChartView::pixelX(double value) const
{
    const double low = m_x.toChart(m_x.low());
    const double high = m_x.toChart(m_x.high());
    return plot().left() + (m_x.toChart(value) - low) / (high - low) * plot().width();
}

double ChartView::pixelY(double value) const
{
    const double low = m_y.toChart(m_y.low());
    const double high = m_y.toChart(m_y.high());
    return plot().bottom() - (m_y.toChart(value) - low) / (high - low) * plot().height();
}

double ChartView::valueAt(double pixel) const
{
    const double low = m_x.toChart(m_x.low());
    const double high = m_x.toChart(m_x.high());
    return m_x.fromChart(low + (pixel - plot().left()) / plot().width() * (high - low));
}

void ChartView::setCrosshair(std::optional<double> x)
{
    m_crosshair = x;
    viewport()->update();
}

QList<AxisTick> ChartView::verticalTicks() const
{
    return m_y.ticks(std::max(2, static_cast<int>(plot().height()) / kPixelsPerTickY));
}

// The axis' name stands at its right end and its numbers make room for it, unless fewer than two
// of them are left: then the name gives way.
ChartView::HorizontalTicks ChartView::horizontalTicks(const QFontMetrics& metrics) const
{
    const QRectF area = plot();
    const int wanted = std::max(2, static_cast<int>(area.width()) / kPixelsPerTickX);
    const auto fitting = [&](int count, double edge) {
        HorizontalTicks found{m_x.ticks(count), {}};
        double widest = 0.0;
        for (AxisTick& tick : found.ticks) {
            const double width = metrics.horizontalAdvance(tick.label);
            widest = std::max(widest, width);
            if (pixelX(tick.value) + width / 2.0 > edge) {
                tick.label.clear(); // the line stays
            } else {
                ++found.numbers;
            }
        }
        const bool isCrowded = found.ticks.size() > 1
                               && pixelX(found.ticks.at(1).value) - pixelX(found.ticks.at(0).value)
                                      < widest + space::kSmall;
        return std::pair(found, !isCrowded && found.numbers >= 2);
    };
    const double nameEdge = area.right() - metrics.horizontalAdvance(m_xLabel) - space::kSmall;
    for (int count = wanted; count <= wanted + kMoreForTwoNumbers; ++count) {
        auto [found, isGood] = fitting(count, nameEdge);
        if (isGood) {
            found.name = m_xLabel;
            return found;
        }
    }
    const HorizontalTicks nameless = fitting(wanted, width()).first;
    if (nameless.numbers >= 2) {
        return nameless;
    }
    HorizontalTicks few = fitting(wanted, nameEdge).first;
    few.name = m_xLabel;
    return few;
}

void ChartView::drawBackground(QPainter* painter, const QRectF& rect)
{
    const Colors& c = m_theme.colors();
    painter->fillRect(rect, c.surface);
    if (m_isEmpty) {
        return;
    }
    const QRectF area = plot();
    painter->setRenderHint(QPainter::Antialiasing, false);
    painter->setFont(m_theme.font(TextStyle::Small));
    for (const AxisTick& tick : verticalTicks()) {
        const double y = pixelY(tick.value);
        painter->setPen(c.grid);
        painter->drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter->setPen(c.textMuted);
        painter->drawText(QRectF(0, y - 9, kLeft - space::kSmall, 18),
                          Qt::AlignRight | Qt::AlignVCenter,
                          tick.label);
    }
    const HorizontalTicks ticks = horizontalTicks(painter->fontMetrics());
    for (const AxisTick& tick : ticks.ticks) {
        const double x = pixelX(tick.value);
        painter->setPen(c.grid);
        painter->drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        painter->setPen(c.textMuted);
        painter->drawText(QRectF(x - 40, area.bottom() + 4, 80, 18), Qt::AlignCenter, tick.label);
    }
    painter->setPen(c.textMuted);
    painter->drawText(QRectF(area.left(), area.bottom() + 4, area.width(), 18),
                      Qt::AlignRight | Qt::AlignVCenter,
                      ticks.name);
    painter->setPen(c.border);
    painter->drawLine(area.bottomLeft(), area.bottomRight());
    painter->setRenderHint(QPainter::Antialiasing, true);
}

void ChartView::drawForeground(QPainter* painter, const QRectF& rect)
{
    const Colors& c = m_theme.colors();
    if (m_isEmpty) {
        painter->setPen(c.textMuted);
        painter->setFont(m_theme.font(TextStyle::Body));
        painter->drawText(rect, Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    painter->setPen(Qt::NoPen);
    for (const Mark& mark : m_marks) {
        painter->setBrush(mark.color);
        painter->drawEllipse(
            QPointF(pixelX(mark.point.x()), pixelY(mark.point.y())), mark.radius, mark.radius);
    }
    if (m_dragFrom && !m_isPanning) {
        QColor band = c.accent;
        band.setAlphaF(0.18F);
        painter->fillRect(
            QRectF(QPointF(*m_dragFrom, plot().top()), QPointF(m_dragTo, plot().bottom()))
                .normalized(),
            band);
    }
    if (m_crosshair && *m_crosshair >= m_x.low() && *m_crosshair <= m_x.high()) {
        drawReadout(*painter);
    }
}

void ChartView::drawReadout(QPainter& painter)
{
    const Colors& c = m_theme.colors();
    const Readout readout = m_readout ? m_readout(*m_crosshair) : Readout();
    if (readout.lines.isEmpty()) {
        return;
    }
    const double x = pixelX(*m_crosshair);
    painter.setPen(QPen(c.borderStrong, 1, Qt::DashLine));
    painter.drawLine(QPointF(x, plot().top()), QPointF(x, plot().bottom()));
    for (int i = 0; i < readout.points.size(); ++i) {
        painter.setPen(QPen(c.surface, 1.5));
        painter.setBrush(readout.colors.at(i));
        painter.drawEllipse(
            QPointF(pixelX(readout.points.at(i).x()), pixelY(readout.points.at(i).y())), 4, 4);
    }
    painter.setFont(m_theme.font(TextStyle::Small));
    const QFontMetrics metrics(painter.font());
    int widest = 0;
    for (const QString& line : readout.lines) {
        widest = std::max(widest, metrics.horizontalAdvance(line));
    }
    const int lineHeight = metrics.height() + 2;
    QRectF box(x + space::kMedium,
               plot().top() + space::kSmall,
               widest + 34,
               static_cast<double>(readout.lines.size()) * lineHeight + 10);
    if (box.right() > plot().right()) {
        box.moveRight(x - space::kMedium);
    }
    painter.setPen(c.border);
    painter.setBrush(c.surface);
    painter.drawRoundedRect(box, size::kRadius, size::kRadius);
    double y = box.top() + 5;
    for (int i = 0; i < readout.lines.size(); ++i, y += lineHeight) {
        if (i > 0) {
            painter.fillRect(QRectF(box.left() + 9, y + lineHeight / 2.0 - 1.5, 10, 3),
                             readout.colors.at(i - 1));
        }
        painter.setPen(i == 0 ? c.textMuted : c.text);
        const double indent = i == 0 ? 9 : 25;
        painter.drawText(QRectF(box.left() + indent, y, widest + 4, lineHeight),
                         Qt::AlignVCenter,
                         readout.lines.at(i));
    }
}

void ChartView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && plot().contains(event->position())) {
        m_dragFrom = event->position().x();
        m_dragTo = *m_dragFrom;
        m_isPanning = event->modifiers().testFlag(Qt::ShiftModifier);
    }
}

void ChartView::mouseMoveEvent(QMouseEvent* event)
{
    const QRectF area = plot();
    const double pixel = std::clamp(event->position().x(), area.left(), area.right());
    if (m_dragFrom && m_isPanning) {
        Q_EMIT panRequested((*m_dragFrom - pixel) / area.width());
        m_dragFrom = pixel;
    }
    m_dragTo = pixel;
    setCrosshair(area.contains(event->position()) || m_dragFrom ? std::optional(valueAt(pixel))
                                                                : std::nullopt);
}

void ChartView::mouseReleaseEvent(QMouseEvent* event)
{
    Q_UNUSED(event)
    if (m_dragFrom && !m_isPanning && std::abs(m_dragTo - *m_dragFrom) >= kSmallestDrag) {
        const double from = valueAt(std::min(*m_dragFrom, m_dragTo));
        const double to = valueAt(std::max(*m_dragFrom, m_dragTo));
        Q_EMIT zoomRequested(from, to);
    }
    m_dragFrom.reset();
    viewport()->update();
}

void ChartView::mouseDoubleClickEvent(QMouseEvent* event)
{
    Q_UNUSED(event)
    Q_EMIT resetRequested();
}

void ChartView::wheelEvent(QWheelEvent* event)
{
    // Plain wheeling scrolls the page; with Control it zooms.
    if (!event->modifiers().testFlag(Qt::ControlModifier) || !plot().contains(event->position())) {
        event->ignore();
        return;
    }
    const double factor = event->angleDelta().y() > 0 ? 1.0 / kWheelStep : kWheelStep;
    Q_EMIT zoomByRequested(factor, valueAt(event->position().x()));
    event->accept();
}

void ChartView::leaveEvent(QEvent* event)
{
    QChartView::leaveEvent(event);
    setCrosshair(std::nullopt);
}

} // namespace ui
