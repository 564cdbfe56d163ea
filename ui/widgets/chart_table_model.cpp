// The points a chart shows as rows of numbers: the chart for those who cannot or will not see it.
#include "ui/widgets/chart_table_model.h"

#include <cmath>
#include <limits>
#include <map>

using namespace Qt::StringLiterals;

namespace ui {

void ChartTableModel::setPoints(const QString& xName,
                                const QStringList& names,
                                const QList<QList<QPointF>>& points)
{
    beginResetModel();
    m_names = QStringList{xName} + names;
    std::map<double, QList<double>> rows;
    const QList<double> nothing(points.size(), std::numeric_limits<double>::quiet_NaN());
    for (qsizetype curve = 0; curve < points.size(); ++curve) {
        for (const QPointF& point : points.at(curve)) {
            rows.try_emplace(point.x(), nothing).first->second[curve] = point.y();
        }
    }
    m_x.clear();
    m_values.clear();
    for (const auto& [x, values] : rows) {
        m_x.append(x);
        m_values.append(values);
    }
    endResetModel();
}

int ChartTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_x.size());
}

int ChartTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_names.size());
}

QVariant ChartTableModel::data(const QModelIndex& index, int role) const
{
    if (role == Qt::TextAlignmentRole) {
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    }
    if (role != Qt::DisplayRole || !index.isValid()) {
        return {};
    }
    const double value =
        index.column() == 0 ? m_x.at(index.row()) : m_values.at(index.row()).at(index.column() - 1);
    return std::isfinite(value) ? QVariant(QString::number(value, 'g', 6)) : QVariant(u""_s);
}

QVariant ChartTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role != Qt::DisplayRole) {
        return {};
    }
    return orientation == Qt::Horizontal ? QVariant(m_names.value(section)) : QVariant(section + 1);
}

} // namespace ui
