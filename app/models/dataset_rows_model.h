// DatasetRowsModel: the data gate's rendered rows: row number, text, tokens, trained tokens.
#pragma once

#include <QAbstractTableModel>

#include "app/worker/worker_answers.h"

namespace app {

class DatasetRowsModel final : public QAbstractTableModel
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(DatasetRowsModel)

public:
    enum Column { Row, Text, Tokens, Trained, Count };

    explicit DatasetRowsModel(QObject* parent = nullptr);

    void setRows(const QList<PreviewRow>& rows);

    [[nodiscard]] const PreviewRow& row(int index) const { return m_rows.at(index); }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant
    headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QList<PreviewRow> m_rows;
};

} // namespace app
