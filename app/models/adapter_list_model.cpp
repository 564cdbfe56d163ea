// AdapterListModel's columns.
#include "app/models/adapter_list_model.h"

#include <QFileInfo>
#include <QLocale>

#include "app/catalog/catalog.h"
#include "app/runs/run_spec.h"

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

QString number(double value)
{
    return qIsNaN(value) ? u"-"_s : QLocale().toString(value, 'f', 4);
}

QString display(const AdapterRecord& adapter, int column)
{
    switch (column) {
    case AdapterListModel::Name:
        return adapter.name;
    case AdapterListModel::Kind:
        return kindName(adapter.kind);
    case AdapterListModel::Rank:
        return QString::number(adapter.rank);
    case AdapterListModel::Targets:
        return adapter.targetModules.join(u", "_s);
    case AdapterListModel::Loss:
        return number(adapter.numbers.loss);
    case AdapterListModel::EvalLoss:
        return number(adapter.numbers.evalLoss);
    case AdapterListModel::BaseModel:
        return QFileInfo(adapter.baseModel).fileName();
    case AdapterListModel::Parent:
        return adapter.parent;
    case AdapterListModel::Created:
        return QLocale().toString(adapter.created.toLocalTime(), QLocale::ShortFormat);
    case AdapterListModel::Size:
        return humanBytes(adapter.sizeBytes);
    case AdapterListModel::Tags:
        return adapter.tags.join(u", "_s);
    case AdapterListModel::Notes:
        return adapter.notes;
    default:
        return {};
    }
}

QVariant sortValue(const AdapterRecord& adapter, int column)
{
    switch (column) {
    case AdapterListModel::Rank:
        return adapter.rank;
    case AdapterListModel::Loss:
        return adapter.numbers.loss;
    case AdapterListModel::EvalLoss:
        return adapter.numbers.evalLoss;
    case AdapterListModel::Created:
        return adapter.created;
    case AdapterListModel::Size:
        return adapter.sizeBytes;
    default:
        return display(adapter, column);
    }
}

bool isNumeric(int column)
{
    return column == AdapterListModel::Rank || column == AdapterListModel::Loss
           || column == AdapterListModel::EvalLoss || column == AdapterListModel::Size;
}

} // namespace

AdapterListModel::AdapterListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<AdapterRecord>(parent)
{
    connect(&catalog, &Catalog::adaptersChanged, this, [this, &catalog] {
        setRecords(catalog.adapters());
    });
    setRecords(catalog.adapters());
}

int AdapterListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Count;
}

QVariant AdapterListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const AdapterRecord& adapter = record(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return display(adapter, index.column());
    case Qt::ToolTipRole:
        return adapter.folder;
    case Qt::TextAlignmentRole:
        return isNumeric(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case SortRole:
        return sortValue(adapter, index.column());
    case IdRole:
        return adapter.id;
    case NumericRole:
        return isNumeric(index.column());
    default:
        return {};
    }
}

QVariant AdapterListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Adapter");
    case Kind:
        return tr("Kind");
    case Rank:
        return tr("Rank");
    case Targets:
        return tr("Targets");
    case Loss:
        return tr("Loss");
    case EvalLoss:
        return tr("Evaluation loss");
    case BaseModel:
        return tr("Base model");
    case Parent:
        return tr("Parent");
    case Created:
        return tr("Created");
    case Size:
        return tr("Size");
    case Tags:
        return tr("Tags");
    case Notes:
        return tr("Notes");
    default:
        return {};
    }
}

} // namespace app
