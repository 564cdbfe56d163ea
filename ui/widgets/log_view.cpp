// The run's log: a list that follows the end unless scrolled away; copying takes the chosen lines.
#include "ui/widgets/log_view.h"

#include <algorithm>

#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QScrollBar>

namespace ui {

LogView::LogView(QWidget* parent)
    : QListView(parent)
{
    setProperty("mono", true);
    setUniformItemSizes(true);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setAccessibleName(tr("Log"));
}

void LogView::setModel(QAbstractItemModel* model)
{
    disconnect(m_before);
    disconnect(m_after);
    QListView::setModel(model);
    if (model != nullptr) {
        m_before = connect(model, &QAbstractItemModel::rowsAboutToBeInserted, this, [this] {
            m_isAtEnd = verticalScrollBar()->value() >= verticalScrollBar()->maximum();
        });
        m_after = connect(model, &QAbstractItemModel::rowsInserted, this, [this] {
            if (m_isAtEnd) {
                scrollToBottom();
            }
        });
        scrollToBottom();
    }
}

QString LogView::selectedText() const
{
    QModelIndexList rows =
        selectionModel() != nullptr ? selectionModel()->selectedRows() : QModelIndexList();
    std::sort(rows.begin(), rows.end());
    QStringList lines;
    for (const QModelIndex& row : std::as_const(rows)) {
        lines.append(row.data().toString());
    }
    return lines.join(u'\n');
}

void LogView::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy)) {
        QGuiApplication::clipboard()->setText(selectedText());
        return;
    }
    QListView::keyPressEvent(event);
}

} // namespace ui
