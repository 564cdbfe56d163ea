// Runs of the catalog: queries for one table.
#pragma once

#include <optional>

#include "app/catalog/database.h"
#include "app/catalog/records.h"

namespace app {

// Every function throws DatabaseError.
namespace run_store {

[[nodiscard]] QList<RunRecord> all(Database& database); // newest first
[[nodiscard]] std::optional<RunRecord> find(Database& database, const QString& id);
void put(Database& database, const RunRecord& record);
void updateProgress(Database& database,
                    const QString& id,
                    RunState state,
                    const RunNumbers& numbers);
void remove(Database& database, const QString& id); // and its adapters
void clear(Database& database);

} // namespace run_store

} // namespace app
