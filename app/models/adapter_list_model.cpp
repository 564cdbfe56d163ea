// AdapterListModel's columns.
#include "app/models/adapter_list_model.h"

#include "app/catalog/catalog.h"
#include "app/human_text.h"
#include "app/runs/run_metrics.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QString kindName(AdapterRecord::Kind kind)
{
    switch (kind) {
    case AdapterRecord::Kind::Final:
        return AdapterListModel::tr("Result");
    case AdapterRecord::Kind::Checkpoint:
        return AdapterListModel::tr("Checkpoint");
    case AdapterRecord::Kind::Imported:
        return AdapterListModel::tr("Imported");
    }
    return {};
}

QList<RecordColumn<AdapterRecord>> adapterColumns()
{
    using Model = AdapterListModel;
    using Record = AdapterRecord;
    return {
        {.id = Model::Name,
         .title = AdapterListModel::tr("Adapter"),
         .text = [](const Record& adapter) { return adapter.name; }},
        {.id = Model::Kind,
         .title = AdapterListModel::tr("Kind"),
         .text = [](const Record& adapter) { return kindName(adapter.kind); }},
        {.id = Model::Rank,
         .title = AdapterListModel::tr("Rank"),
         .text = [](const Record& adapter) { return QString::number(adapter.rank); },
         .sortValue = [](const Record& adapter) { return QVariant(adapter.rank); },
         .kind = ColumnKind::Number},
        {.id = Model::Targets,
         .title = AdapterListModel::tr("Targets"),
         .text = [](const Record& adapter) { return adapter.targetModules.join(u", "_s); }},
        {.id = Model::Loss,
         .title = metricLabel(Metric::Loss),
         .text = [](const Record& adapter) { return humanReal(adapter.numbers.loss); },
         .sortValue = [](const Record& adapter) { return QVariant(adapter.numbers.loss); },
         .kind = ColumnKind::Number,
         .meaning = metricMeaning(Metric::Loss)},
        {.id = Model::EvalLoss,
         .title = metricLabel(Metric::EvalLoss),
         .text = [](const Record& adapter) { return humanReal(adapter.numbers.evalLoss); },
         .sortValue = [](const Record& adapter) { return QVariant(adapter.numbers.evalLoss); },
         .kind = ColumnKind::Number,
         .meaning = metricMeaning(Metric::EvalLoss)},
        {.id = Model::BaseModel,
         .title = AdapterListModel::tr("Base model"),
         .text = [](const Record& adapter) { return adapter.baseModel; }},
        {.id = Model::Parent,
         .title = AdapterListModel::tr("Parent"),
         .text = [](const Record& adapter) { return adapter.parent; }},
        {.id = Model::Created,
         .title = AdapterListModel::tr("Created"),
         .text = [](const Record& adapter) { return humanTime(adapter.created); },
         .sortValue = [](const Record& adapter) { return QVariant(adapter.created); }},
        {.id = Model::Size,
         .title = AdapterListModel::tr("Size"),
         .text = [](const Record& adapter) { return humanBytes(adapter.sizeBytes); },
         .sortValue = [](const Record& adapter) { return QVariant(adapter.sizeBytes); },
         .kind = ColumnKind::Number},
        {.id = Model::Tags,
         .title = AdapterListModel::tr("Tags"),
         .text = [](const Record& adapter) { return adapter.tags.join(u", "_s); }},
        {.id = Model::Notes,
         .title = AdapterListModel::tr("Notes"),
         .text = [](const Record& adapter) { return adapter.notes; }},
    };
}

} // namespace

AdapterListModel::AdapterListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<AdapterRecord>(adapterColumns(), parent)
    , m_catalog(catalog)
{
    for (const auto changed : {&Catalog::adaptersChanged, &Catalog::modelsChanged}) {
        connect(&catalog, changed, this, [this, &catalog] { setRecords(catalog.adapters()); });
    }
    setRecords(catalog.adapters());
}

QVariant AdapterListModel::data(const QModelIndex& index, int role) const
{
    const bool isBase = index.isValid() && index.column() == BaseModel;
    return isBase && (role == Qt::DisplayRole || role == SortRole)
               ? m_catalog.baseName(record(index.row()).baseModel)
               : RecordTableModel<AdapterRecord>::data(index, role);
}

QString AdapterListModel::toolTip(const AdapterRecord& adapter) const
{
    return adapter.folder;
}

} // namespace app
