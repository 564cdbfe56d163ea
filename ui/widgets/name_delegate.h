// Draws names that are too long so that what tells them apart stays.
#pragma once

#include <QFontMetrics>
#include <QStringList>
#include <QStyledItemDelegate>

namespace ui {

// `name` cut to `width` pixels. What it shares with the others at its start goes first, then what
// it shares at its end, by whole words; the middle of what is left last. `others` may hold it too.
[[nodiscard]] QString
elideShared(const QString& name, const QStringList& others, const QFontMetrics& metrics, int width);

// For a column of names; the others are the rest of the column.
class NameDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter,
               const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

} // namespace ui
