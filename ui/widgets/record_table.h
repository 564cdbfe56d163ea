// A searchable, sortable table over one of app's record models, speaking in record ids.
#pragma once

#include <QTimer>
#include <QWidget>

class QAbstractItemModel;
class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace ui {

class RecordTable final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RecordTable)

public:
    // `name` is what screen readers say; `searchHint` empty: no search line.
    RecordTable(QAbstractItemModel& model,
                const QString& name,
                const QString& searchHint,
                QWidget* parent = nullptr);

    // Only these columns, in the model's order. The first one takes what is left and never less
    // than its width here; the others are as wide as what they hold, and no less than here.
    void showColumns(const QList<QPair<int, int>>& columnWidths);
    void sortBy(int column, Qt::SortOrder order);
    [[nodiscard]] QString currentId() const; // empty: none
    [[nodiscard]] QStringList selectedIds() const;
    void selectId(const QString& id);
    void setMultiSelection();

    [[nodiscard]] QTableView* view() const { return m_view; }

    [[nodiscard]] QLineEdit* search() const { return m_search; }

Q_SIGNALS:
    void currentIdChanged(const QString& id);
    void selectionChanged();
    void activated(const QString& id); // double click or Return

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fitColumns();
    [[nodiscard]] int contentWidth(int column) const;

    QList<QPair<int, int>> m_columns; // with their least widths
    QTimer m_fitSoon;                 // coalesces changes of the rows
    QLineEdit* m_search = nullptr;
    QSortFilterProxyModel* m_proxy = nullptr;
    QTableView* m_view = nullptr;
    QString m_announced;
};

} // namespace ui
