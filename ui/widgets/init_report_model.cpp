// LoRA-GA's report as a table: one row per matrix.
#include "ui/widgets/init_report_model.h"

#include <cmath>

#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

void InitReportModel::setReport(const app::InitReport& report)
{
    beginResetModel();
    m_report = report;
    endResetModel();
}

int InitReportModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_report.rows.size());
}

int InitReportModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Count;
}

QVariant InitReportModel::data(const QModelIndex& index, int role) const
{
    if (role != Qt::DisplayRole || !index.isValid()) {
        return {};
    }
    const app::InitReportRow& row = m_report.rows.at(index.row());
    switch (index.column()) {
    case Matrix:
        return u"layers.%1 %2"_s.arg(row.layer).arg(row.target);
    case GradientNorm:
        return numberText(row.gradientNorm);
    case Captured:
        return std::isfinite(row.captured) ? tr("%1 %").arg(row.captured * 100.0, 0, 'f', 1)
                                           : u"-"_s;
    case OffsetNorm:
        return numberText(row.offsetNorm);
    case Largest: {
        QStringList values;
        for (const double value : row.singularValues.mid(0, 4)) {
            values.append(numberText(value, 3));
        }
        return values.join(u", "_s);
    }
    default:
        return {};
    }
}

QVariant InitReportModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role != Qt::DisplayRole || orientation != Qt::Horizontal) {
        return {};
    }
    switch (section) {
    case Matrix:
        return tr("Matrix");
    case GradientNorm:
        return tr("Gradient norm");
    case Captured:
        return tr("Captured");
    case OffsetNorm:
        return tr("Norm of s B A");
    default:
        return tr("Largest singular values");
    }
}

} // namespace ui
