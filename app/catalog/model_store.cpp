// The model table: a registration is kept whole, as JSON, beside its key and path.
#include "app/catalog/model_store.h"

#include <algorithm>

#include "app/catalog/record_json.h"

namespace app::model_store {

QList<ModelRecord> all(Database& database)
{
    QList<ModelRecord> records;
    Statement query = database.prepare("SELECT record FROM model");
    while (query.next()) {
        records.append(modelFromJson(fromJsonText(query.text(0))));
    }
    std::sort(records.begin(), records.end(), [](const ModelRecord& a, const ModelRecord& b) {
        return a.name.localeAwareCompare(b.name) < 0;
    });
    return records;
}

std::optional<ModelRecord> find(Database& database, const QString& id)
{
    Statement query = database.prepare("SELECT record FROM model WHERE id = :id");
    query.bind(":id", id);
    return query.next() ? std::optional(modelFromJson(fromJsonText(query.text(0)))) : std::nullopt;
}

std::optional<ModelRecord> findByPath(Database& database, const QString& path)
{
    Statement query = database.prepare("SELECT record FROM model WHERE path = :path");
    query.bind(":path", path);
    return query.next() ? std::optional(modelFromJson(fromJsonText(query.text(0)))) : std::nullopt;
}

void put(Database& database, const ModelRecord& record)
{
    database.prepare("INSERT OR REPLACE INTO model (id, path, record) VALUES (:id, :path, :record)")
        .bind(":id", record.id)
        .bind(":path", record.path)
        .bind(":record", toJsonText(toJson(record)))
        .run();
}

void remove(Database& database, const QString& id)
{
    database.prepare("DELETE FROM model WHERE id = :id").bind(":id", id).run();
}

void clear(Database& database)
{
    database.prepare("DELETE FROM model").run();
}

} // namespace app::model_store
