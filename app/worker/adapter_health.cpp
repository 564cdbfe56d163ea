// What an adapter changed, out of its JSON line.
#include "app/worker/adapter_health.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace app {

AdapterHealth adapterHealthFrom(const QJsonObject& event)
{
    AdapterHealth health;
    for (const QJsonValue value : event.value("matrices"_L1).toArray()) {
        const QJsonObject object = value.toObject();
        MatrixHealth matrix;
        matrix.layer = object.value("layer"_L1).toInteger();
        matrix.target = object.value("target"_L1).toString();
        matrix.rank = object.value("rank"_L1).toInteger();
        const double weight = object.value("weight_norm"_L1).toDouble();
        if (weight > 0.0) {
            matrix.change = object.value("delta_norm"_L1).toDouble(kUnknown) / weight;
        }
        matrix.effectiveRank = object.value("effective_rank"_L1).toDouble(kUnknown);
        health.append(matrix);
    }
    return health;
}

} // namespace app
