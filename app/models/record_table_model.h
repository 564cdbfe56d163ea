// RecordTableModel: a table over a list of records with an id: new lists are merged row by row, so
// selections and scroll positions stay.
#pragma once

#include <algorithm>

#include <QAbstractTableModel>
#include <QList>
#include <QString>

namespace app {

// Roles besides Qt::DisplayRole and Qt::ToolTipRole, for every list of the studio.
enum ItemRole {
    SortRole = Qt::UserRole + 1, // what a proxy sorts by: a number, a date or a text
    IdRole,                      // the record's id
    StateRole,                   // RunState as int; runs only
    NumericRole,                 // bool: right-aligned
};

template <typename Record>
class RecordTableModel : public QAbstractTableModel
{
public:
    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_records.size());
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
            if (!contains(records, m_records.at(row).id)) {
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

private:
    [[nodiscard]] static bool contains(const QList<Record>& records, const QString& id)
    {
        return std::any_of(
            records.begin(), records.end(), [&](const Record& each) { return each.id == id; });
    }

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

    QList<Record> m_records;
};

} // namespace app
