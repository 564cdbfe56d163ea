// The dataset table: a registration is kept whole, as JSON, beside its key and path.
#include "app/catalog/dataset_store.h"

#include <algorithm>

#include "app/catalog/record_json.h"

namespace app::dataset_store {

QList<DatasetRecord> all(Database& database)
{
    QList<DatasetRecord> records;
    Statement query = database.prepare("SELECT record FROM dataset");
    while (query.next()) {
        records.append(datasetFromJson(fromJsonText(query.text(0))));
    }
    std::sort(records.begin(), records.end(), [](const DatasetRecord& a, const DatasetRecord& b) {
        return a.name.localeAwareCompare(b.name) < 0;
    });
    return records;
}

std::optional<DatasetRecord> find(Database& database, const QString& id)
{
    Statement query = database.prepare("SELECT record FROM dataset WHERE id = :id");
    query.bind(":id", id);
    return query.next() ? std::optional(datasetFromJson(fromJsonText(query.text(0))))
                        : std::nullopt;
}

std::optional<DatasetRecord> findByPath(Database& database, const QString& path)
{
    Statement query = database.prepare("SELECT record FROM dataset WHERE path = :path");
    query.bind(":path", path);
    return query.next() ? std::optional(datasetFromJson(fromJsonText(query.text(0))))
                        : std::nullopt;
}

void put(Database& database, const DatasetRecord& record)
{
    database
        .prepare("INSERT OR REPLACE INTO dataset (id, path, record) VALUES (:id, :path, :record)")
        .bind(":id", record.id)
        .bind(":path", record.path)
        .bind(":record", toJsonText(toJson(record)))
        .run();
}

void remove(Database& database, const QString& id)
{
    database.prepare("DELETE FROM dataset WHERE id = :id").bind(":id", id).run();
}

void clear(Database& database)
{
    database.prepare("DELETE FROM dataset").run();
}

} // namespace app::dataset_store
