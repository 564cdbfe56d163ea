// Draws a run's state in a table: mark and word in the tone of the state; numbers right-aligned.
#pragma once

#include <QStyledItemDelegate>

#include "app/runs/run_state.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_pill.h"

namespace ui {

[[nodiscard]] PillTone toneOf(app::RunState state);

class StateDelegate final : public QStyledItemDelegate
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(StateDelegate)

public:
    explicit StateDelegate(const Theme& theme, QObject* parent);
    void paint(QPainter* painter,
               const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override;

private:
    const Theme& m_theme;
};

} // namespace ui
