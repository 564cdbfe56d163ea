// ModelListModel's columns.
#include "app/models/model_list_model.h"

#include "app/catalog/catalog.h"
#include "app/human_text.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QList<RecordColumn<ModelRecord>> modelColumns()
{
    using Model = ModelListModel;
    using Record = ModelRecord;
    return {
        {.id = Model::Name,
         .title = ModelListModel::tr("Model"),
         .text = [](const Record& model) { return model.name; }},
        {.id = Model::State,
         .title = ModelListModel::tr("State"),
         .text =
             [](const Record& model) {
                 return model.refusal.isEmpty() ? ModelListModel::tr("ready")
                                                : ModelListModel::tr("\u2715 cannot be used");
             }},
        {.id = Model::Family,
         .title = ModelListModel::tr("Family"),
         .text = [](const Record& model) { return model.family; }},
        {.id = Model::Parameters,
         .title = ModelListModel::tr("Parameters"),
         .text =
             [](const Record& model) {
                 return model.parameters > 0 ? humanCount(model.parameters) : u"-"_s;
             },
         .sortValue = [](const Record& model) { return QVariant(model.parameters); },
         .kind = ColumnKind::Number},
        {.id = Model::Dtype,
         .title = ModelListModel::tr("Weights"),
         .text = [](const Record& model) { return dtypeName(model.dtype); }},
        {.id = Model::Tokenizer,
         .title = ModelListModel::tr("Tokenizer"),
         .text = [](const Record& model) { return model.tokenizer; }},
        {.id = Model::ChatTemplate,
         .title = ModelListModel::tr("Chat template"),
         .text = [](const Record& model) { return model.chatTemplate; }},
        {.id = Model::Licence,
         .title = ModelListModel::tr("Licence"),
         .text = [](const Record& model) { return model.licence; }},
        {.id = Model::Size,
         .title = ModelListModel::tr("Size"),
         .text = [](const Record& model) { return humanBytes(model.sizeBytes); },
         .sortValue = [](const Record& model) { return QVariant(model.sizeBytes); },
         .kind = ColumnKind::Number},
        {.id = Model::Refusal,
         .title = ModelListModel::tr("Cannot be used because"),
         .text = [](const Record& model) { return model.refusal; }},
        {.id = Model::Path,
         .title = ModelListModel::tr("Folder"),
         .text = [](const Record& model) { return model.path; }},
    };
}

} // namespace

ModelListModel::ModelListModel(Catalog& catalog, QObject* parent)
    : RecordTableModel<ModelRecord>(modelColumns(), parent)
{
    connect(&catalog, &Catalog::modelsChanged, this, [this, &catalog] {
        setRecords(catalog.models());
    });
    setRecords(catalog.models());
}

QString ModelListModel::toolTip(const ModelRecord& model) const
{
    return model.refusal.isEmpty() ? model.path : model.refusal;
}

} // namespace app
