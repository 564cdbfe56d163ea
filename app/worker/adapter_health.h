// What an adapter changed in each matrix of its base, as the worker's `analyzed` answer says.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>

#include "app/catalog/records.h"

namespace app {

struct MatrixHealth
{
    qint64 layer = 0;
    QString target; // "q_proj", ...
    qint64 rank = 0;
    double change = kUnknown;        // norm of s BA relative to W's
    double effectiveRank = kUnknown; // 0: nothing changed; at most `rank`
};

using AdapterHealth = QList<MatrixHealth>; // in the adapter's order

[[nodiscard]] AdapterHealth adapterHealthFrom(const QJsonObject& event);

} // namespace app
