// AdapterListModel: the catalog's adapter versions as a table.
#pragma once

#include "app/catalog/records.h"
#include "app/models/record_table_model.h"

namespace app {

class Catalog;

// Follows the catalog's changed signals.
class AdapterListModel final : public RecordTableModel<AdapterRecord>
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(AdapterListModel)

public:
    enum Column {
        Name,
        Kind,
        Rank,
        Targets,
        Loss,
        EvalLoss,
        BaseModel,
        Parent,
        Created,
        Size,
        Tags,
        Notes,
        Count
    };

    explicit AdapterListModel(Catalog& catalog, QObject* parent = nullptr);
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;

protected:
    [[nodiscard]] QString toolTip(const AdapterRecord& adapter) const override;

private:
    const Catalog& m_catalog; // knows the bases' names
};

} // namespace app
