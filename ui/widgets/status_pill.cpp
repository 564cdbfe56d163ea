// A state in a word: text and a shape, so that colour is not the only carrier.
#include "ui/widgets/status_pill.h"

#include <QPainter>

namespace ui {

namespace {

constexpr int kPillMark = 8;
constexpr int kHeight = 22;

} // namespace

QColor toneColor(const Theme& theme, PillTone tone)
{
    const Colors& c = theme.colors();
    switch (tone) {
    case PillTone::Active:
        return c.accent;
    case PillTone::Success:
        return c.success;
    case PillTone::Warning:
        return c.warning;
    case PillTone::Danger:
        return c.danger;
    case PillTone::Neutral:
        break;
    }
    return c.textMuted;
}

QColor toneBackground(const Theme& theme, PillTone tone)
{
    const Colors& c = theme.colors();
    switch (tone) {
    case PillTone::Active:
        return c.accentSoft;
    case PillTone::Success:
        return c.successSoft;
    case PillTone::Warning:
        return c.warningSoft;
    case PillTone::Danger:
        return c.dangerSoft;
    case PillTone::Neutral:
        break;
    }
    return c.sunken;
}

void drawToneMark(QPainter& painter, const QRectF& rect, PillTone tone, const QColor& color)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QPen line(color, 1.7, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    switch (tone) {
    case PillTone::Neutral:
        painter.setPen(line);
        painter.drawEllipse(rect.adjusted(1, 1, -1, -1));
        break;
    case PillTone::Active:
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawPolygon(QPolygonF(
            {rect.topLeft(), QPointF(rect.right(), rect.center().y()), rect.bottomLeft()}));
        break;
    case PillTone::Success:
        painter.setPen(line);
        painter.drawPolyline(QPolygonF({QPointF(rect.left(), rect.center().y()),
                                        QPointF(rect.left() + rect.width() * 0.4, rect.bottom()),
                                        rect.topRight()}));
        break;
    case PillTone::Warning:
        painter.setPen(line);
        painter.drawPolygon(QPolygonF(
            {QPointF(rect.center().x(), rect.top()), rect.bottomRight(), rect.bottomLeft()}));
        break;
    case PillTone::Danger:
        painter.setPen(line);
        painter.drawLine(rect.topLeft(), rect.bottomRight());
        painter.drawLine(rect.topRight(), rect.bottomLeft());
        break;
    }
    painter.restore();
}

StatusPill::StatusPill(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void StatusPill::setState(PillTone tone, const QString& text)
{
    m_tone = tone;
    m_text = text;
    setAccessibleName(text);
    updateGeometry();
    update();
}

QSize StatusPill::sizeHint() const
{
    const QFontMetrics metrics(m_theme.font(TextStyle::Small));
    return {metrics.horizontalAdvance(m_text) + kPillMark + 3 * space::kSmall, kHeight};
}

void StatusPill::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event)
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = toneColor(m_theme, m_tone);
    painter.setPen(Qt::NoPen);
    painter.setBrush(toneBackground(m_theme, m_tone));
    painter.drawRoundedRect(QRectF(rect()), kHeight / 2.0, kHeight / 2.0);
    const QRectF mark(space::kSmall, (kHeight - kPillMark) / 2.0, kMark, kMark);
    drawToneMark(painter, mark, m_tone, color);
    painter.setPen(color);
    painter.setFont(m_theme.font(TextStyle::Small));
    painter.drawText(
        rect().adjusted(2 * space::kSmall + kPillMark - 2, 0, 0, 0), Qt::AlignVCenter, m_text);
}

} // namespace ui
