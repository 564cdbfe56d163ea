// Registrations of models and data sets as JSON, for their files in the workspace and the catalog.
#pragma once

#include <QJsonObject>

#include "app/catalog/records.h"

namespace app {

[[nodiscard]] QJsonObject toJson(const ModelRecord& record);
[[nodiscard]] ModelRecord modelFromJson(const QJsonObject& object);
[[nodiscard]] QJsonObject toJson(const DatasetRecord& record);
[[nodiscard]] DatasetRecord datasetFromJson(const QJsonObject& object);
[[nodiscard]] QJsonObject toJson(const VoteRecord& record);
[[nodiscard]] VoteRecord voteFromJson(const QJsonObject& object);

[[nodiscard]] QString toJsonText(const QJsonObject& object); // one line
[[nodiscard]] QJsonObject fromJsonText(const QString& text); // empty when it is none
[[nodiscard]] QString toJsonText(const QStringList& list);
[[nodiscard]] QStringList stringsFromJsonText(const QString& text);

} // namespace app
