// Adapter versions of the catalog: queries for one table.
#pragma once

#include <optional>

#include "app/catalog/database.h"
#include "app/catalog/records.h"

namespace app {

// Every function throws DatabaseError.
namespace adapter_store {

[[nodiscard]] QList<AdapterRecord> all(Database& database); // newest first
[[nodiscard]] std::optional<AdapterRecord> find(Database& database, const QString& id);
void put(Database& database, const AdapterRecord& record);
void removeOfRun(Database& database, const QString& run);
void remove(Database& database, const QString& id);
void clear(Database& database);

} // namespace adapter_store

} // namespace app
