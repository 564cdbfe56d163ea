// The legend of a chart: each curve's colour, dash and name, wrapped to the width.
#include "ui/widgets/curve_legend.h"

#include <QPainter>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kSwatch = 22;
constexpr int kGap = 6;
constexpr int kRow = 20;

} // namespace

CurveLegend::CurveLegend(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void CurveLegend::setEntries(QList<Entry> entries)
{
    m_entries = std::move(entries);
    QStringList names;
    for (const Entry& entry : m_entries) {
        names.append(entry.name);
    }
    setAccessibleName(tr("Curves: %1").arg(names.join(u", "_s)));
    setVisible(m_entries.size() > 1);
    updateGeometry();
    update();
}

int CurveLegend::place(int width, QList<QRect>* rects) const
{
    const QFontMetrics metrics(m_theme.font(TextStyle::Small));
    int x = 0;
    int y = 0;
    for (const Entry& entry : m_entries) {
        const int needed =
            std::min(width, kSwatch + kGap + metrics.horizontalAdvance(entry.name) + space::kLarge);
        if (x > 0 && x + needed > width) {
            x = 0;
            y += kRow;
        }
        if (rects != nullptr) {
            rects->append(QRect(x, y, needed, kRow));
        }
        x += needed;
    }
    return y + kRow;
}

QSize CurveLegend::sizeHint() const
{
    return {200, place(width() > 0 ? width() : 400, nullptr)};
}

int CurveLegend::heightForWidth(int width) const
{
    return place(width, nullptr);
}

void CurveLegend::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event)
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme.font(TextStyle::Small));
    QList<QRect> rects;
    place(width(), &rects);
    for (int i = 0; i < m_entries.size(); ++i) {
        const Entry& entry = m_entries.at(i);
        const QRect rect = rects.at(i);
        painter.setPen(QPen(m_theme.seriesColor(entry.color), 2, entry.dash));
        painter.drawLine(rect.left(), rect.center().y(), rect.left() + kSwatch, rect.center().y());
        painter.setPen(m_theme.colors().textMuted);
        const QRect text = rect.adjusted(kSwatch + kGap, 0, 0, 0);
        painter.drawText(
            text,
            Qt::AlignVCenter,
            painter.fontMetrics().elidedText(entry.name, Qt::ElideMiddle, text.width()));
    }
}

} // namespace ui
