// LoRA-GA's report as a table: one row per matrix.
#pragma once

#include <QAbstractTableModel>

#include "app/worker/worker_events.h"

namespace ui {

class InitReportModel final : public QAbstractTableModel
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(InitReportModel)

public:
    enum Column { Matrix, GradientNorm, Captured, OffsetNorm, Largest, Count };

    using QAbstractTableModel::QAbstractTableModel;
    void setReport(const app::InitReport& report);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant
    headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    app::InitReport m_report;
};

} // namespace ui
