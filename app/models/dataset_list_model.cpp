// DatasetListModel's columns.
#include "app/models/dataset_list_model.h"

#include <QLocale>

#include "app/catalog/catalog.h"
#include "app/human_text.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QString count(qint64 number)
{
    return number == 0 ? u"-"_s : QLocale().toString(number);
}

QList<RecordColumn<DatasetRecord>> datasetColumns()
{
    using Model = DatasetListModel;
    using Record = DatasetRecord;
    return {
        {.id = Model::Name,
         .title = DatasetListModel::tr("Data set"),
         .text = [](const Record& dataset) { return dataset.name; }},
        {.id = Model::Format,
         .title = DatasetListModel::tr("Format"),
         .text =
             [](const Record& dataset) {
                 return dataset.recognized.isEmpty() ? dataset.format : dataset.recognized;
             }},
        {.id = Model::Rows,
         .title = DatasetListModel::tr("Rows"),
         .text = [](const Record& dataset) { return count(dataset.rows); },
         .sortValue = [](const Record& dataset) { return QVariant(dataset.rows); },
         .kind = ColumnKind::Number},
        {.id = Model::Warned,
         .title = DatasetListModel::tr("With warnings"),
         .text = [](const Record& dataset) { return count(dataset.warned); },
         .sortValue = [](const Record& dataset) { return QVariant(dataset.warned); },
         .kind = ColumnKind::Number},
        {.id = Model::Refused,
         .title = DatasetListModel::tr("Refused"),
         .text = [](const Record& dataset) { return count(dataset.refused); },
         .sortValue = [](const Record& dataset) { return QVariant(dataset.refused); },
         .kind = ColumnKind::Number},
        {.id = Model::Size,
         .title = DatasetListModel::tr("Size"),
         .text = [](const Record& dataset) { return humanBytes(dataset.sizeBytes); },
         .sortValue = [](const Record& dataset) { return QVariant(dataset.sizeBytes); },
         .kind = ColumnKind::Number},
        {.id = Model::Added,
         .title = DatasetListModel::tr("Added"),
         .text = [](const Record& dataset) { return humanTime(dataset.added); },
         .sortValue = [](const Record& dataset) { return QVariant(dataset.added); }},
        {.id = Model::Path,
         .title = DatasetListModel::tr("File"),
         .text = [](const Record& dataset) { return dataset.path; }},
    };
}

} // namespace

DatasetListModel::DatasetListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<DatasetRecord>(datasetColumns(), parent)
{
    connect(&catalog, &Catalog::datasetsChanged, this, [this, &catalog] {
        setRecords(catalog.datasets());
    });
    setRecords(catalog.datasets());
}

QString DatasetListModel::toolTip(const DatasetRecord& dataset) const
{
    return dataset.path;
}

} // namespace app
