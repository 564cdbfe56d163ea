// ModelListModel's columns.
#include "app/models/model_list_model.h"

#include <QFileInfo>
#include <QLocale>

#include "app/catalog/catalog.h"
#include "app/runs/run_spec.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QString display(const ModelRecord& model, int column)
{
    switch (column) {
    case ModelListModel::Name:
        return model.name;
    case ModelListModel::Family:
        return model.family;
    case ModelListModel::Parameters:
        return humanCount(model.parameters);
    case ModelListModel::Dtype:
        return model.dtype;
    case ModelListModel::Tokenizer:
        return model.tokenizer;
    case ModelListModel::ChatTemplate:
        return model.chatTemplate;
    case ModelListModel::Licence:
        return model.licence;
    case ModelListModel::Size:
        return humanBytes(model.sizeBytes);
    case ModelListModel::Refusal:
        return model.refusal;
    case ModelListModel::Path:
        return model.path;
    default:
        return {};
    }
}

QVariant sortValue(const ModelRecord& model, int column)
{
    switch (column) {
    case ModelListModel::Parameters:
        return model.parameters;
    case ModelListModel::Size:
        return model.sizeBytes;
    default:
        return display(model, column);
    }
}

bool isNumeric(int column)
{
    return column == ModelListModel::Parameters || column == ModelListModel::Size;
}

} // namespace

ModelListModel::ModelListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<ModelRecord>(parent)
{
    connect(&catalog, &Catalog::modelsChanged, this, [this, &catalog] {
        setRecords(catalog.models());
    });
    setRecords(catalog.models());
}

int ModelListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Count;
}

QVariant ModelListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const ModelRecord& model = record(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return display(model, index.column());
    case Qt::ToolTipRole:
        return model.refusal.isEmpty() ? model.path : model.refusal;
    case Qt::TextAlignmentRole:
        return isNumeric(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case SortRole:
        return sortValue(model, index.column());
    case IdRole:
        return model.id;
    case NumericRole:
        return isNumeric(index.column());
    default:
        return {};
    }
}

QVariant ModelListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Model");
    case Family:
        return tr("Family");
    case Parameters:
        return tr("Parameters");
    case Dtype:
        return tr("Weights");
    case Tokenizer:
        return tr("Tokenizer");
    case ChatTemplate:
        return tr("Chat template");
    case Licence:
        return tr("Licence");
    case Size:
        return tr("Size");
    case Refusal:
        return tr("Cannot be used because");
    case Path:
        return tr("Folder");
    default:
        return {};
    }
}

} // namespace app
