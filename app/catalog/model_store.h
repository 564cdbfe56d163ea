// Models of the catalog: queries for one table.
#pragma once

#include <optional>

#include "app/catalog/database.h"
#include "app/catalog/records.h"

namespace app {

// Every function throws DatabaseError.
namespace model_store {

[[nodiscard]] QList<ModelRecord> all(Database& database); // by name
[[nodiscard]] std::optional<ModelRecord> find(Database& database, const QString& id);
[[nodiscard]] std::optional<ModelRecord> findByPath(Database& database, const QString& path);
void put(Database& database, const ModelRecord& record);
void remove(Database& database, const QString& id);
void clear(Database& database);

} // namespace model_store

} // namespace app
