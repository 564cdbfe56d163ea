// ModelListModel: the catalog's base models as a table.
#pragma once

#include "app/catalog/records.h"
#include "app/models/record_table_model.h"

namespace app {

class Catalog;

// Follows the catalog's changed signals.
class ModelListModel final : public RecordTableModel<ModelRecord>
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ModelListModel)

public:
    enum Column {
        Name,
        State,
        Family,
        Parameters,
        Dtype,
        Tokenizer,
        ChatTemplate,
        Licence,
        Size,
        Refusal,
        Path,
        Count
    };

    explicit ModelListModel(Catalog& catalog, QObject* parent = nullptr);

protected:
    [[nodiscard]] QString toolTip(const ModelRecord& model) const override;
};

} // namespace app
