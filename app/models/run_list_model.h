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
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;

protected:
    [[nodiscard]] QString toolTip(const RunRecord& run) const override;
    [[nodiscard]] QVariant otherData(const RunRecord& run, int role) const override;

private:
    const Catalog& m_catalog; // knows the bases' names
};

} // namespace app
