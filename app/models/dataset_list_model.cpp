// DatasetListModel's columns.
#include "app/models/dataset_list_model.h"

#include <QFileInfo>
#include <QLocale>

#include "app/catalog/catalog.h"
#include "app/runs/run_spec.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QString count(qint64 number)
{
    return number == 0 ? u"-"_s : QLocale().toString(number);
}

QString display(const DatasetRecord& dataset, int column)
{
    switch (column) {
    case DatasetListModel::Name:
        return dataset.name;
    case DatasetListModel::Format:
        return dataset.recognized.isEmpty() ? dataset.format : dataset.recognized;
    case DatasetListModel::Rows:
        return count(dataset.rows);
    case DatasetListModel::Warned:
        return count(dataset.warned);
    case DatasetListModel::Refused:
        return count(dataset.refused);
    case DatasetListModel::Size:
        return humanBytes(dataset.sizeBytes);
    case DatasetListModel::Added:
        return QLocale().toString(dataset.added.toLocalTime(), QLocale::ShortFormat);
    case DatasetListModel::Path:
        return dataset.path;
    default:
        return {};
    }
}

QVariant sortValue(const DatasetRecord& dataset, int column)
{
    switch (column) {
    case DatasetListModel::Rows:
        return dataset.rows;
    case DatasetListModel::Warned:
        return dataset.warned;
    case DatasetListModel::Refused:
        return dataset.refused;
    case DatasetListModel::Size:
        return dataset.sizeBytes;
    case DatasetListModel::Added:
        return dataset.added;
    default:
        return display(dataset, column);
    }
}

bool isNumeric(int column)
{
    return column == DatasetListModel::Rows || column == DatasetListModel::Warned
           || column == DatasetListModel::Refused || column == DatasetListModel::Size;
}

} // namespace

DatasetListModel::DatasetListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<DatasetRecord>(parent)
{
    connect(&catalog, &Catalog::datasetsChanged, this, [this, &catalog] {
        setRecords(catalog.datasets());
    });
    setRecords(catalog.datasets());
}

int DatasetListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Count;
}

QVariant DatasetListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const DatasetRecord& dataset = record(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return display(dataset, index.column());
    case Qt::ToolTipRole:
        return dataset.path;
    case Qt::TextAlignmentRole:
        return isNumeric(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case SortRole:
        return sortValue(dataset, index.column());
    case IdRole:
        return dataset.id;
    case NumericRole:
        return isNumeric(index.column());
    default:
        return {};
    }
}

QVariant DatasetListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Data set");
    case Format:
        return tr("Format");
    case Rows:
        return tr("Rows");
    case Warned:
        return tr("With warnings");
    case Refused:
        return tr("Refused");
    case Size:
        return tr("Size");
    case Added:
        return tr("Added");
    case Path:
        return tr("File");
    default:
        return {};
    }
}

} // namespace app
