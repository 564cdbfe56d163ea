// RecordTableModel: a table over a list of records with an id, from a description of its columns.
// New lists are merged row by row, so selections and scroll positions stay.
#pragma once

#include <algorithm>
#include <utility>

#include <QAbstractTableModel>
#include <QList>

#include "app/models/record_column.h"

namespace app {

template <typename Record>
class RecordTableModel : public QAbstractTableModel
{
public:
    using Columns = QList<RecordColumn<Record>>;

    // `columns` in the order of their ids, from 0.
    RecordTableModel(Columns columns, QObject* parent)
        : QAbstractTableModel(parent)
        , m_columns(std::move(columns))
    {
        for (int column = 0; column < m_columns.size(); ++column) {
            Q_ASSERT(m_columns.at(column).id == column);
        }
    }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_records.size());
    }

    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
    }

    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override
    {
        if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
            return {};
        }
        const Record& row = record(index.row());
        const RecordColumn<Record>& column = m_columns.at(index.column());
        switch (role) {
        case Qt::DisplayRole:
            return column.text(row);
        case Qt::ToolTipRole:
            return toolTip(row);
        case Qt::TextAlignmentRole:
            return column.kind == ColumnKind::Number ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                                                     : QVariant();
        case SortRole:
            return column.sortValue != nullptr ? column.sortValue(row) : QVariant(column.text(row));
        case IdRole:
            return row.id;
        case NumericRole:
            return column.kind == ColumnKind::Number;
        default:
            return otherData(row, role);
        }
    }

    [[nodiscard]] QVariant
    headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override
    {
        if (section < 0 || section >= m_columns.size() || orientation != Qt::Horizontal) {
            return {};
        }
        const RecordColumn<Record>& column = m_columns.at(section);
        return role == Qt::DisplayRole   ? QVariant(column.title)
               : role == Qt::ToolTipRole ? QVariant(column.meaning)
                                         : QVariant();
    }

    [[nodiscard]] const Record& record(int row) const { return m_records.at(row); }

    [[nodiscard]] int rowOf(const QString& id) const
    {
        for (int row = 0; row < m_records.size(); ++row) {
            if (m_records.at(row).id == id) {
                return row;
            }
        }
        return -1;
    }

    // Rows that went are removed, rows that stay are changed in place, new ones are inserted.
    void setRecords(const QList<Record>& records)
    {
        for (int row = static_cast<int>(m_records.size()) - 1; row >= 0; --row) {
            if (std::ranges::find(records, m_records.at(row).id, &Record::id) == records.end()) {
                beginRemoveRows({}, row, row);
                m_records.removeAt(row);
                endRemoveRows();
            }
        }
        for (int row = 0; row < records.size(); ++row) {
            place(row, records.at(row));
        }
    }

    void setRecord(const Record& record)
    {
        const int row = rowOf(record.id);
        if (row >= 0) {
            m_records[row] = record;
            Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1));
        }
    }

protected:
    [[nodiscard]] virtual QString toolTip(const Record& record) const = 0;

    // What a list has beyond the roles above.
    [[nodiscard]] virtual QVariant otherData(const Record& /*record*/, int /*role*/) const
    {
        return {};
    }

private:
    void place(int row, const Record& record)
    {
        const int old = rowOf(record.id);
        if (old < 0) {
            beginInsertRows({}, row, row);
            m_records.insert(row, record);
            endInsertRows();
            return;
        }
        if (old != row) { // rows before `row` are in place, so old > row
            beginMoveRows({}, old, old, {}, row);
            m_records.move(old, row);
            endMoveRows();
        }
        m_records[row] = record;
        Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1));
    }

    Columns m_columns;
    QList<Record> m_records;
};

} // namespace app
