// Data sets of the catalog: queries for one table.
#pragma once

#include <optional>

#include "app/catalog/database.h"
#include "app/catalog/records.h"

namespace app {

// Every function throws DatabaseError.
namespace dataset_store {

[[nodiscard]] QList<DatasetRecord> all(Database& database); // by name
[[nodiscard]] std::optional<DatasetRecord> find(Database& database, const QString& id);
[[nodiscard]] std::optional<DatasetRecord> findByPath(Database& database, const QString& path);
void put(Database& database, const DatasetRecord& record);
void remove(Database& database, const QString& id);
void clear(Database& database);

} // namespace dataset_store

} // namespace app
