// What an adapter changed as a table: one row per matrix.
#include "ui/widgets/health_model.h"

#include <cmath>

#include "app/models/record_column.h"
#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

void HealthModel::setHealth(const app::AdapterHealth& health)
{
    beginResetModel();
    m_health = health;
    endResetModel();
}

int HealthModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_health.size());
}

int HealthModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Count;
}

QVariant HealthModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    switch (role) {
    case Qt::DisplayRole:
        return text(m_health.at(index.row()), index.column());
    case app::SortRole:
        return sortValue(index.row(), index.column());
    case Qt::TextAlignmentRole:
        return index.column() == Matrix ? QVariant() : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    default:
        return {};
    }
}

QString HealthModel::text(const app::MatrixHealth& matrix, int column)
{
    switch (column) {
    case Matrix:
        return u"layers.%1 %2"_s.arg(matrix.layer).arg(matrix.target);
    case Change:
        return std::isfinite(matrix.change) ? tr("%1 %").arg(numberText(matrix.change * 100.0, 3))
                                            : u"-"_s;
    case EffectiveRank:
        return std::isfinite(matrix.effectiveRank)
                   ? tr("%1 of %2").arg(matrix.effectiveRank, 0, 'f', 1).arg(matrix.rank)
                   : u"-"_s;
    default:
        return {};
    }
}

// Matrices sort in the adapter's order, by layer and not by its digits.
QVariant HealthModel::sortValue(int row, int column) const
{
    switch (column) {
    case Change:
        return m_health.at(row).change;
    case EffectiveRank:
        return m_health.at(row).effectiveRank;
    default:
        return row;
    }
}

QVariant HealthModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) {
        return {};
    }
    const bool isHelp = role == Qt::ToolTipRole;
    switch (section) {
    case Matrix:
        return isHelp ? tr("The adapted matrix of the base.") : tr("Matrix");
    case Change:
        return isHelp ? tr("How large the adapter's change s BA is against the matrix W "
                           "(Frobenius norms).")
                      : tr("Norm of BA against W");
    default:
        return isHelp ? tr("How many directions the change really uses. Far below the rank: a "
                           "smaller rank would do.")
                      : tr("Effective rank");
    }
}

} // namespace ui
