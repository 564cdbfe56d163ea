// What an adapter changed as a table: one row per matrix.
#pragma once

#include <QAbstractTableModel>

#include "app/worker/adapter_health.h"

namespace ui {

class HealthModel final : public QAbstractTableModel
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(HealthModel)

public:
    enum Column { Matrix, Change, EffectiveRank, Count };

    using QAbstractTableModel::QAbstractTableModel;
    void setHealth(const app::AdapterHealth& health);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant
    headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] static QString text(const app::MatrixHealth& matrix, int column);
    [[nodiscard]] QVariant sortValue(int row, int column) const;

    app::AdapterHealth m_health;
};

} // namespace ui
