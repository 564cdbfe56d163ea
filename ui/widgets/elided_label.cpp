// A line of text that gives way: cut with an ellipsis where there is no room, whole in its tooltip.
#include "ui/widgets/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>

namespace ui {

namespace {

constexpr int kFewestCharacters = 8; // that stay readable

} // namespace

ElidedLabel::ElidedLabel(const QString& text, const QString& role, QWidget* parent)
    : QLabel(text, parent)
{
    setProperty("role", role);
    setTextFormat(Qt::PlainText);
}

QString ElidedLabel::shownText() const
{
    return fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width());
}

QSize ElidedLabel::minimumSizeHint() const
{
    const int wanted = QLabel::minimumSizeHint().width();
    const int least = fontMetrics().averageCharWidth() * kFewestCharacters;
    return {std::min(wanted, least), QLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    style()->drawItemText(&painter,
                          contentsRect(),
                          static_cast<int>(alignment()),
                          palette(),
                          isEnabled(),
                          shownText(),
                          foregroundRole());
}

bool ElidedLabel::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && shownText() != text()) {
        QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), text(), this);
        return true;
    }
    return QLabel::event(event);
}

} // namespace ui
