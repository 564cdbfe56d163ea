// RunListModel: the catalog's runs, newest first as a table.
#pragma once

#include "app/catalog/records.h"
#include "app/models/record_table_model.h"

namespace app {

class Catalog;

// Follows the catalog's changed signals.
class RunListModel final : public RecordTableModel<RunRecord>
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RunListModel)

public:
    enum Column {
        Name,
        State,
        Step,
        Loss,
        EvalLoss,
        BaseModel,
        Dataset,
        Created,
        Size,
        Tags,
        Count
    };

    explicit RunListModel(Catalog& catalog, QObject* parent = nullptr);

    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant
    headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
};

} // namespace app
