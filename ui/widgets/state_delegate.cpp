// Draws a run's state in a table: mark and word in the tone of the state.
#include "ui/widgets/state_delegate.h"

#include <QPainter>
#include <QStyle>
#include <QWidget>

#include "app/models/record_table_model.h"

namespace ui {

namespace {

constexpr int kMark = 8;

} // namespace

PillTone toneOf(app::RunState state)
{
    switch (state) {
    case app::RunState::Starting:
    case app::RunState::Loading:
    case app::RunState::Training:
        return PillTone::Active;
    case app::RunState::Finished:
        return PillTone::Success;
    case app::RunState::Paused:
    case app::RunState::Stopping:
    case app::RunState::Interrupted:
        return PillTone::Warning;
    case app::RunState::Failed:
    case app::RunState::Crashed:
        return PillTone::Danger;
    case app::RunState::Queued:
    case app::RunState::Cancelled:
        break;
    }
    return PillTone::Neutral;
}

StateDelegate::StateDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
{}

void StateDelegate::paint(QPainter* painter,
                          const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    const QVariant stored = index.data(app::StateRole);
    if (!stored.isValid()) {
        QStyledItemDelegate::paint(painter, option, index);
        return;
    }
    QStyleOptionViewItem background(option);
    initStyleOption(&background, index);
    const QString text = background.text;
    if (option.widget != nullptr) {
        option.widget->style()->drawPrimitive(
            QStyle::PE_PanelItemViewItem, &background, painter, option.widget);
    }
    const PillTone tone = toneOf(static_cast<app::RunState>(stored.toInt()));
    const QColor color = toneColor(m_theme, tone);
    const QRectF mark(option.rect.left() + space::kSmall,
                      option.rect.center().y() - kMark / 2.0 + 1,
                      kMark,
                      kMark);
    drawToneMark(*painter, mark, tone, color);
    painter->save();
    painter->setPen(color);
    painter->setFont(m_theme.font(TextStyle::Body));
    const QRect rest = option.rect.adjusted(2 * space::kSmall + kMark, 0, -space::kTiny, 0);
    painter->drawText(rest,
                      Qt::AlignVCenter,
                      painter->fontMetrics().elidedText(text, Qt::ElideRight, rest.width()));
    painter->restore();
}

QSize StateDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QSize plain = QStyledItemDelegate::sizeHint(option, index);
    const QFontMetrics metrics(m_theme.font(TextStyle::Body));
    const int text = metrics.horizontalAdvance(index.data().toString());
    return {2 * space::kSmall + kMark + text + 2 * space::kTiny, plain.height()};
}

} // namespace ui
