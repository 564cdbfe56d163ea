// A histogram of lengths with a mark at the chosen limit.
#include "ui/widgets/histogram.h"

#include <algorithm>

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include "ui/widgets/parts.h"

namespace ui {

namespace {

constexpr int kAxis = 20;
constexpr int kTop = 18;

} // namespace

Histogram::Histogram(const Theme& theme, const QString& unit, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_unit(unit)
{
    setMinimumHeight(110);
    setAccessibleName(tr("Histogram of lengths"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Histogram::setBins(QList<Bin> bins, qint64 mark, const QString& markLabel)
{
    m_bins = std::move(bins);
    m_mark = mark;
    m_markLabel = markLabel;
    QStringList parts;
    for (const Bin& bin : m_bins) {
        if (bin.count > 0) {
            parts.append(tr("%1 to %2: %3").arg(bin.from).arg(bin.to - 1).arg(bin.count));
        }
    }
    setAccessibleDescription(parts.join(QStringLiteral("; ")));
    update();
}

QRectF Histogram::barRect(int index) const
{
    qint64 most = 1;
    for (const Bin& bin : m_bins) {
        most = std::max(most, bin.count);
    }
    const double wide = static_cast<double>(width()) / static_cast<double>(m_bins.size());
    const double full = height() - kAxis - kTop;
    const qint64 count = m_bins.at(index).count;
    double tall = static_cast<double>(count) / static_cast<double>(most) * full;
    if (count > 0) {
        tall = std::max(tall, 2.0);
    }
    return QRectF(index * wide + 1, kTop + full - tall, std::max(1.0, wide - 2), tall);
}

void Histogram::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event)
    const Colors& c = m_theme.colors();
    QPainter painter(this);
    painter.setFont(m_theme.font(TextStyle::Small));
    if (m_bins.isEmpty()) {
        painter.setPen(c.textMuted);
        painter.drawText(rect(), Qt::AlignCenter, tr("No lengths yet."));
        return;
    }
    for (int i = 0; i < m_bins.size(); ++i) {
        painter.fillRect(barRect(i), m_theme.seriesColor(0));
    }
    const int base = height() - kAxis;
    painter.setPen(c.borderStrong);
    painter.drawLine(0, base, width(), base);
    painter.setPen(c.textMuted);
    const QRect axis(0, base, width(), kAxis);
    painter.drawText(axis, Qt::AlignLeft | Qt::AlignVCenter, countText(m_bins.first().from));
    painter.drawText(axis,
                     Qt::AlignRight | Qt::AlignVCenter,
                     tr("%1 %2").arg(countText(m_bins.last().to), m_unit));
    const qint64 first = m_bins.first().from;
    const qint64 last = m_bins.last().to;
    if (m_mark >= first && m_mark <= last && last > first) {
        const double x =
            static_cast<double>(m_mark - first) / static_cast<double>(last - first) * width();
        painter.setPen(QPen(c.warning, 1.5, Qt::DashLine));
        painter.drawLine(QPointF(x, kTop - 2), QPointF(x, base));
        const int wide = painter.fontMetrics().horizontalAdvance(m_markLabel) + 4;
        const int left = std::clamp(static_cast<int>(x) - wide / 2, 0, std::max(0, width() - wide));
        painter.drawText(QRect(left, 0, wide, kTop - 2), Qt::AlignCenter, m_markLabel);
    }
}

bool Histogram::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && !m_bins.isEmpty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int at =
            std::clamp(static_cast<int>(help->x() * m_bins.size() / std::max(1, width())),
                       0,
                       static_cast<int>(m_bins.size()) - 1);
        const Bin& bin = m_bins.at(at);
        QToolTip::showText(
            help->globalPos(),
            tr("%1 to %2 %3: %4 rows").arg(bin.from).arg(bin.to - 1).arg(m_unit).arg(bin.count),
            this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace ui
