// RunListModel's columns.
#include "app/models/run_list_model.h"

#include <QFileInfo>

#include "app/catalog/catalog.h"
#include "app/human_text.h"
#include "app/runs/run_metrics.h"
#include "app/runs/run_spec.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QString stepText(const RunRecord& run)
{
    return run.numbers.maxSteps > 0 ? u"%1 / %2"_s.arg(run.numbers.step).arg(run.numbers.maxSteps)
                                    : QString::number(run.numbers.step);
}

QList<RecordColumn<RunRecord>> runColumns()
{
    using Model = RunListModel;
    using Record = RunRecord;
    return {
        {.id = Model::Name,
         .title = RunListModel::tr("Run"),
         .text = [](const Record& run) { return run.name; }},
        {.id = Model::State,
         .title = RunListModel::tr("State"),
         .text = [](const Record& run) { return displayName(run.state); },
         .sortValue = [](const Record& run) { return QVariant(static_cast<int>(run.state)); }},
        {.id = Model::Step,
         .title = RunListModel::tr("Step"),
         .text = [](const Record& run) { return stepText(run); },
         .sortValue = [](const Record& run) { return QVariant(run.numbers.step); },
         .kind = ColumnKind::Number},
        {.id = Model::Loss,
         .title = metricLabel(Metric::Loss),
         .text = [](const Record& run) { return humanReal(run.numbers.loss); },
         .sortValue = [](const Record& run) { return QVariant(run.numbers.loss); },
         .kind = ColumnKind::Number,
         .meaning = metricMeaning(Metric::Loss)},
        {.id = Model::EvalLoss,
         .title = metricLabel(Metric::EvalLoss),
         .text = [](const Record& run) { return humanReal(run.numbers.evalLoss); },
         .sortValue = [](const Record& run) { return QVariant(run.numbers.evalLoss); },
         .kind = ColumnKind::Number,
         .meaning = metricMeaning(Metric::EvalLoss)},
        {.id = Model::BaseModel,
         .title = RunListModel::tr("Base model"),
         .text = [](const Record& run) { return run.baseModel; }},
        {.id = Model::Dataset,
         .title = RunListModel::tr("Data set"),
         .text = [](const Record& run) { return QFileInfo(run.dataset).fileName(); }},
        {.id = Model::Created,
         .title = RunListModel::tr("Created"),
         .text = [](const Record& run) { return humanTime(run.created); },
         .sortValue = [](const Record& run) { return QVariant(run.created); }},
        {.id = Model::Size,
         .title = RunListModel::tr("Size"),
         .text = [](const Record& run) { return humanBytes(run.sizeBytes); },
         .sortValue = [](const Record& run) { return QVariant(run.sizeBytes); },
         .kind = ColumnKind::Number},
        {.id = Model::Tags,
         .title = RunListModel::tr("Tags"),
         .text = [](const Record& run) { return run.tags.join(u", "_s); }},
    };
}

} // namespace

RunListModel::RunListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<RunRecord>(runColumns(), parent)
    , m_catalog(catalog)
{
    for (const auto changed : {&Catalog::runsChanged, &Catalog::modelsChanged}) {
        connect(&catalog, changed, this, [this, &catalog] { setRecords(catalog.runs()); });
    }
    connect(&catalog, &Catalog::runProgressed, this, [this, &catalog](const QString& id) {
        if (const std::optional<RunRecord> run = catalog.run(id)) {
            setRecord(*run);
        }
    });
    setRecords(catalog.runs());
}

QVariant RunListModel::data(const QModelIndex& index, int role) const
{
    const bool isBase = index.isValid() && index.column() == BaseModel;
    return isBase && (role == Qt::DisplayRole || role == SortRole)
               ? m_catalog.baseName(record(index.row()).baseModel)
               : RecordTableModel<RunRecord>::data(index, role);
}

QString RunListModel::toolTip(const RunRecord& run) const
{
    return run.problem.isEmpty() ? run.folder : run.problem;
}

QVariant RunListModel::otherData(const RunRecord& run, int role) const
{
    return role == StateRole ? QVariant(static_cast<int>(run.state)) : QVariant();
}

} // namespace app
