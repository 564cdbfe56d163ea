// DatasetRowsModel's columns.
#include "app/models/dataset_rows_model.h"

#include "app/models/record_table_model.h"

namespace app {

DatasetRowsModel::DatasetRowsModel(QObject* parent)
    : QAbstractTableModel(parent)
{}

void DatasetRowsModel::setRows(const QList<PreviewRow>& rows)
{
    beginResetModel();
    m_rows = rows;
    endResetModel();
}

int DatasetRowsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int DatasetRowsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Count;
}

QVariant DatasetRowsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const PreviewRow& row = m_rows.at(index.row());
    const bool numeric = index.column() != Text;
    switch (role) {
    case Qt::DisplayRole:
    case SortRole:
        switch (index.column()) {
        case Row:
            return row.row;
        case Text:
            return row.rendered.simplified();
        case Tokens:
            return row.totalTokens;
        case Trained:
            return row.trainedTokens;
        default:
            return {};
        }
    case Qt::ToolTipRole:
        return row.rendered;
    case Qt::TextAlignmentRole:
        return numeric ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case IdRole:
        return QString::number(row.row);
    case NumericRole:
        return numeric;
    default:
        return {};
    }
}

QVariant DatasetRowsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Row:
        return tr("Row");
    case Text:
        return tr("As the model reads it");
    case Tokens:
        return tr("Tokens");
    case Trained:
        return tr("With loss");
    default:
        return {};
    }
}

} // namespace app
