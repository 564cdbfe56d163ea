// DatasetListModel: the catalog's data sets as a table.
#pragma once

#include "app/catalog/records.h"
#include "app/models/record_table_model.h"

namespace app {

class Catalog;

// Follows the catalog's changed signals.
class DatasetListModel final : public RecordTableModel<DatasetRecord>
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(DatasetListModel)

public:
    enum Column { Name, Format, Rows, Warned, Refused, Size, Added, Path, Count };

    explicit DatasetListModel(Catalog& catalog, QObject* parent = nullptr);

protected:
    [[nodiscard]] QString toolTip(const DatasetRecord& dataset) const override;
};

} // namespace app
