// One column of a list of the studio: its title, its text, what it sorts by.
#pragma once

#include <QString>
#include <QVariant>

namespace app {

// Roles besides Qt::DisplayRole and Qt::ToolTipRole, for every list of the studio.
enum ItemRole {
    SortRole = Qt::UserRole + 1, // what a proxy sorts by: a number, a date or a text
    IdRole,                      // the record's id
    StateRole,                   // RunState as int; runs only
    NumericRole,                 // bool: right-aligned
};

// How a column is to be read: words to the left, numbers to the right.
enum class ColumnKind { Text, Number };

template <typename Record>
struct RecordColumn
{
    int id = 0; // the column's place, a value of the model's Column enumeration
    QString title;
    QString (*text)(const Record&);
    QVariant (*sortValue)(const Record&) = nullptr; // null: sorted by its text
    ColumnKind kind = ColumnKind::Text;
    QString meaning = {}; // the title's tool tip
};

} // namespace app
