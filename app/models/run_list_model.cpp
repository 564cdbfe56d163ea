// RunListModel's columns.
#include "app/models/run_list_model.h"

#include <QFileInfo>
#include <QLocale>

#include "app/catalog/catalog.h"
#include "app/runs/run_spec.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QString number(double value)
{
    return qIsNaN(value) ? u"-"_s : QLocale().toString(value, 'f', 4);
}

QString display(const RunRecord& run, int column)
{
    switch (column) {
    case RunListModel::Name:
        return run.name;
    case RunListModel::State:
        return displayName(run.state);
    case RunListModel::Step:
        return run.numbers.maxSteps > 0
                   ? u"%1 / %2"_s.arg(run.numbers.step).arg(run.numbers.maxSteps)
                   : QString::number(run.numbers.step);
    case RunListModel::Loss:
        return number(run.numbers.loss);
    case RunListModel::EvalLoss:
        return number(run.numbers.evalLoss);
    case RunListModel::BaseModel:
        return QFileInfo(run.baseModel).fileName();
    case RunListModel::Dataset:
        return QFileInfo(run.dataset).fileName();
    case RunListModel::Created:
        return QLocale().toString(run.created.toLocalTime(), QLocale::ShortFormat);
    case RunListModel::Size:
        return humanBytes(run.sizeBytes);
    case RunListModel::Tags:
        return run.tags.join(u", "_s);
    default:
        return {};
    }
}

QVariant sortValue(const RunRecord& run, int column)
{
    switch (column) {
    case RunListModel::State:
        return static_cast<int>(run.state);
    case RunListModel::Step:
        return run.numbers.step;
    case RunListModel::Loss:
        return run.numbers.loss;
    case RunListModel::EvalLoss:
        return run.numbers.evalLoss;
    case RunListModel::Created:
        return run.created;
    case RunListModel::Size:
        return run.sizeBytes;
    default:
        return display(run, column);
    }
}

bool isNumeric(int column)
{
    return column == RunListModel::Step || column == RunListModel::Loss
           || column == RunListModel::EvalLoss || column == RunListModel::Size;
}

} // namespace

RunListModel::RunListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<RunRecord>(parent)
{
    connect(
        &catalog, &Catalog::runsChanged, this, [this, &catalog] { setRecords(catalog.runs()); });
    connect(&catalog, &Catalog::runProgressed, this, [this, &catalog](const QString& id) {
        if (const std::optional<RunRecord> run = catalog.run(id)) {
            setRecord(*run);
        }
    });
    setRecords(catalog.runs());
}

int RunListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Count;
}

QVariant RunListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const RunRecord& run = record(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return display(run, index.column());
    case Qt::ToolTipRole:
        return run.problem.isEmpty() ? run.folder : run.problem;
    case Qt::TextAlignmentRole:
        return isNumeric(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case SortRole:
        return sortValue(run, index.column());
    case IdRole:
        return run.id;
    case StateRole:
        return static_cast<int>(run.state);
    case NumericRole:
        return isNumeric(index.column());
    default:
        return {};
    }
}

QVariant RunListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Run");
    case State:
        return tr("State");
    case Step:
        return tr("Step");
    case Loss:
        return tr("Loss");
    case EvalLoss:
        return tr("Evaluation loss");
    case BaseModel:
        return tr("Base model");
    case Dataset:
        return tr("Data set");
    case Created:
        return tr("Created");
    case Size:
        return tr("Size");
    case Tags:
        return tr("Tags");
    default:
        return {};
    }
}

} // namespace app
