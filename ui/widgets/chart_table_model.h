// The points a chart shows as rows of numbers: the chart for those who cannot or will not see it.
#pragma once

#include <functional>

#include <QAbstractTableModel>
#include <QList>
#include <QPointF>

namespace ui {

class ChartTableModel final : public QAbstractTableModel
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ChartTableModel)

public:
    using QAbstractTableModel::QAbstractTableModel;

    // One column for x, one per curve; rows are the union of the curves' x.
    void
    setPoints(const QString& xName, const QStringList& names, const QList<QList<QPointF>>& points);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant
    headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QStringList m_names;
    QList<double> m_x;
    QList<QList<double>> m_values; // NaN: this curve has no point here
};

} // namespace ui
