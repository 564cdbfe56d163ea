// The adapter table.
#include "app/catalog/adapter_store.h"

#include <array>
#include <string>
#include <utility>

#include "app/catalog/record_json.h"

using namespace Qt::StringLiterals;

namespace app::adapter_store {

namespace {

using Kind = AdapterRecord::Kind;

constexpr std::array<std::pair<Kind, QLatin1StringView>, 3> kKinds = {
    {{Kind::Final, "final"_L1},
     {Kind::Checkpoint, "checkpoint"_L1},
     {Kind::Imported, "imported"_L1}}};

QString kindName(Kind kind)
{
    return kKinds[static_cast<std::size_t>(kind)].second;
}

Kind kindFrom(const QString& name)
{
    for (const auto& [kind, text] : kKinds) {
        if (name == text) {
            return kind;
        }
    }
    return Kind::Imported;
}

// The order of readAdapter().
const std::string kColumns =
    "id, run, folder, name, kind, parent, base_model, base_hash, dataset_hash, hash, "
    "config, global_step, loss, eval_loss, perplexity, rank, alpha, target_modules, "
    "size_bytes, created, tags, notes";

AdapterRecord readAdapter(const Statement& row)
{
    AdapterRecord adapter;
    adapter.id = row.text(0);
    adapter.run = row.text(1);
    adapter.folder = row.text(2);
    adapter.name = row.text(3);
    adapter.kind = kindFrom(row.text(4));
    adapter.parent = row.text(5);
    adapter.baseModel = row.text(6);
    adapter.baseHash = row.text(7);
    adapter.datasetHash = row.text(8);
    adapter.hash = row.text(9);
    adapter.config = fromJsonText(row.text(10));
    adapter.numbers.step = row.integer(11);
    adapter.numbers.loss = row.real(12);
    adapter.numbers.evalLoss = row.real(13);
    adapter.numbers.perplexity = row.real(14);
    adapter.rank = row.integer(15);
    adapter.alpha = row.real(16);
    adapter.targetModules = stringsFromJsonText(row.text(17));
    adapter.sizeBytes = row.integer(18);
    adapter.created = QDateTime::fromString(row.text(19), Qt::ISODateWithMs);
    adapter.tags = stringsFromJsonText(row.text(20));
    adapter.notes = row.text(21);
    return adapter;
}

} // namespace

QList<AdapterRecord> all(Database& database)
{
    QList<AdapterRecord> adapters;
    static const std::string kSql =
        "SELECT " + kColumns + " FROM adapter ORDER BY created DESC, id DESC";
    Statement query = database.prepare(kSql.c_str());
    while (query.next()) {
        adapters.append(readAdapter(query));
    }
    return adapters;
}

std::optional<AdapterRecord> find(Database& database, const QString& id)
{
    static const std::string kSql = "SELECT " + kColumns + " FROM adapter WHERE id = :id";
    Statement query = database.prepare(kSql.c_str());
    query.bind(":id", id);
    return query.next() ? std::optional(readAdapter(query)) : std::nullopt;
}

void put(Database& database, const AdapterRecord& record)
{
    static const std::string kSql =
        "INSERT OR REPLACE INTO adapter (" + kColumns
        + ") VALUES (:id, "
          "NULLIF(:run, ''), :folder, :name, :kind, :parent, :base_model, :base_hash, "
          ":dataset_hash, :hash, :config, :global_step, :loss, :eval_loss, :perplexity, "
          ":rank, :alpha, :target_modules, :size_bytes, :created, :tags, :notes)";
    database.prepare(kSql.c_str())
        .bind(":id", record.id)
        .bind(":run", record.run)
        .bind(":folder", record.folder)
        .bind(":name", record.name)
        .bind(":kind", kindName(record.kind))
        .bind(":parent", record.parent)
        .bind(":base_model", record.baseModel)
        .bind(":base_hash", record.baseHash)
        .bind(":dataset_hash", record.datasetHash)
        .bind(":hash", record.hash)
        .bind(":config", toJsonText(record.config))
        .bind(":global_step", record.numbers.step)
        .bind(":loss", record.numbers.loss)
        .bind(":eval_loss", record.numbers.evalLoss)
        .bind(":perplexity", record.numbers.perplexity)
        .bind(":rank", record.rank)
        .bind(":alpha", record.alpha)
        .bind(":target_modules", toJsonText(record.targetModules))
        .bind(":size_bytes", record.sizeBytes)
        .bind(":created", record.created.toUTC().toString(Qt::ISODateWithMs))
        .bind(":tags", toJsonText(record.tags))
        .bind(":notes", record.notes)
        .run();
}

void removeOfRun(Database& database, const QString& run)
{
    database.prepare("DELETE FROM adapter WHERE run = :run").bind(":run", run).run();
}

void remove(Database& database, const QString& id)
{
    database.prepare("DELETE FROM adapter WHERE id = :id").bind(":id", id).run();
}

void clear(Database& database)
{
    database.prepare("DELETE FROM adapter").run();
}

} // namespace app::adapter_store
