// The memory estimate against the device: one bar of terms, and each term in words and numbers.
#include "ui/widgets/memory_bar.h"

#include <algorithm>
#include <numeric>

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include "app/runs/run_spec.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kBarHeight = 14;
constexpr int kRowHeight = 20;
constexpr int kSummaryHeight = 24;
constexpr int kSwatch = 10;

} // namespace

MemoryBar::MemoryBar(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Memory estimate"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void MemoryBar::setTerms(QList<Term> terms, qint64 available)
{
    m_terms = std::move(terms);
    m_available = available;
    setAccessibleDescription(summary());
    updateGeometry();
    update();
}

void MemoryBar::clear()
{
    setTerms({}, 0);
}

qint64 MemoryBar::total() const
{
    return std::accumulate(m_terms.cbegin(),
                           m_terms.cend(),
                           qint64{0},
                           [](qint64 sum, const Term& term) { return sum + term.bytes; });
}

bool MemoryBar::fits() const
{
    return m_available <= 0 || total() <= m_available;
}

QString MemoryBar::summary() const
{
    if (m_terms.isEmpty()) {
        return tr("No estimate yet.");
    }
    if (m_available <= 0) {
        return tr("%1 needed").arg(app::humanBytes(total()));
    }
    return fits() ? tr("%1 of %2 available: fits")
                        .arg(app::humanBytes(total()), app::humanBytes(m_available))
                  : tr("%1 needed, %2 available: %3 too much")
                        .arg(app::humanBytes(total()),
                             app::humanBytes(m_available),
                             app::humanBytes(total() - m_available));
}

QList<int> MemoryBar::shownTerms() const
{
    QList<int> shown;
    for (int i = 0; i < m_terms.size(); ++i) {
        if (m_terms.at(i).bytes > 0) {
            shown.append(i);
        }
    }
    return shown;
}

QSize MemoryBar::sizeHint() const
{
    return {240,
            kSummaryHeight + kBarHeight + space::kSmall
                + static_cast<int>(shownTerms().size()) * kRowHeight};
}

void MemoryBar::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event)
    const Colors& c = m_theme.colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme.font(TextStyle::Strong));
    painter.setPen(m_terms.isEmpty() ? c.textMuted : fits() ? c.text : c.danger);
    painter.drawText(QRect(0, 0, width(), kSummaryHeight - 4),
                     Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(summary(), Qt::ElideRight, width()));
    const QRectF bar(0.5, kSummaryHeight, width() - 1, kBarHeight);
    QPainterPath outline;
    outline.addRoundedRect(bar, 4, 4);
    painter.setPen(Qt::NoPen);
    painter.fillPath(outline, c.sunken);
    const auto whole = static_cast<double>(std::max<qint64>({total(), m_available, 1}));
    painter.save();
    painter.setClipPath(outline);
    double x = bar.left();
    for (const int i : shownTerms()) {
        const double wide = static_cast<double>(m_terms.at(i).bytes) / whole * bar.width();
        painter.fillRect(QRectF(x, bar.top(), std::max(1.0, wide - 1.0), bar.height()),
                         m_theme.seriesColor(i));
        x += wide;
    }
    painter.restore();
    if (!fits()) {
        const double limit = bar.left() + static_cast<double>(m_available) / whole * bar.width();
        painter.setPen(QPen(c.danger, 2));
        painter.drawLine(QPointF(limit, bar.top() - 4), QPointF(limit, bar.bottom() + 4));
    }
    painter.setPen(c.border);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(outline);
    painter.setFont(m_theme.font(TextStyle::Small));
    int y = kSummaryHeight + kBarHeight + space::kSmall;
    for (const int i : shownTerms()) {
        painter.fillRect(QRect(0, y + (kRowHeight - kSwatch) / 2, kSwatch, kSwatch),
                         m_theme.seriesColor(i));
        painter.setPen(c.textMuted);
        painter.drawText(QRect(kSwatch + space::kSmall, y, width() - 90, kRowHeight),
                         Qt::AlignVCenter,
                         m_terms.at(i).name);
        painter.setPen(c.text);
        painter.drawText(QRect(0, y, width(), kRowHeight),
                         Qt::AlignRight | Qt::AlignVCenter,
                         app::humanBytes(m_terms.at(i).bytes));
        y += kRowHeight;
    }
}

bool MemoryBar::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int row = (help->y() - kSummaryHeight - kBarHeight - space::kSmall) / kRowHeight;
        const QList<int> shown = shownTerms();
        if (help->y() > kSummaryHeight + kBarHeight && row >= 0 && row < shown.size()) {
            QToolTip::showText(help->globalPos(), m_terms.at(shown.at(row)).note, this);
            return true;
        }
    }
    return QWidget::event(event);
}

} // namespace ui
