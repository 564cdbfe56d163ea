// Votes of the catalog: queries for one table.
#pragma once

#include <optional>

#include "app/catalog/database.h"
#include "app/catalog/records.h"

namespace app {

// Every function throws DatabaseError.
namespace vote_store {

[[nodiscard]] QList<VoteRecord> all(Database& database); // newest first
void put(Database& database, const VoteRecord& record);
void clear(Database& database);

} // namespace vote_store

} // namespace app
