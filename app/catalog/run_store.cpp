// The run table.
#include "app/catalog/run_store.h"

#include <string>

#include "app/catalog/record_json.h"

namespace app::run_store {

namespace {

// The order of readRun().
const std::string kColumns =
    "id, folder, name, state, base_model, base_hash, dataset, dataset_hash, parent, "
    "config, global_step, max_steps, loss, eval_loss, perplexity, tokens_per_second, "
    "seconds, tokens, peak_memory, trainable_parameters, problem, created, updated, "
    "size_bytes, tags, notes";

RunRecord readRun(const Statement& row)
{
    RunRecord run;
    run.id = row.text(0);
    run.folder = row.text(1);
    run.name = row.text(2);
    run.state = runStateFromString(row.text(3));
    run.baseModel = row.text(4);
    run.baseHash = row.text(5);
    run.dataset = row.text(6);
    run.datasetHash = row.text(7);
    run.parent = row.text(8);
    run.config = fromJsonText(row.text(9));
    run.numbers.step = row.integer(10);
    run.numbers.maxSteps = row.integer(11);
    run.numbers.loss = row.real(12);
    run.numbers.evalLoss = row.real(13);
    run.numbers.perplexity = row.real(14);
    run.numbers.tokensPerSecond = row.real(15);
    run.numbers.seconds = row.real(16);
    run.numbers.tokens = row.integer(17);
    run.numbers.peakMemory = row.integer(18);
    run.numbers.trainableParameters = row.integer(19);
    run.problem = row.text(20);
    run.created = QDateTime::fromString(row.text(21), Qt::ISODateWithMs);
    run.updated = QDateTime::fromString(row.text(22), Qt::ISODateWithMs);
    run.sizeBytes = row.integer(23);
    run.tags = stringsFromJsonText(row.text(24));
    run.notes = row.text(25);
    return run;
}

void bindNumbers(Statement& statement, const RunNumbers& numbers)
{
    statement.bind(":global_step", numbers.step)
        .bind(":max_steps", numbers.maxSteps)
        .bind(":loss", numbers.loss)
        .bind(":eval_loss", numbers.evalLoss)
        .bind(":perplexity", numbers.perplexity)
        .bind(":tokens_per_second", numbers.tokensPerSecond)
        .bind(":seconds", numbers.seconds)
        .bind(":tokens", numbers.tokens)
        .bind(":peak_memory", numbers.peakMemory)
        .bind(":trainable_parameters", numbers.trainableParameters);
}

} // namespace

QList<RunRecord> all(Database& database)
{
    QList<RunRecord> runs;
    static const std::string kSql =
        "SELECT " + kColumns + " FROM run ORDER BY created DESC, id DESC";
    Statement query = database.prepare(kSql.c_str());
    while (query.next()) {
        runs.append(readRun(query));
    }
    return runs;
}

std::optional<RunRecord> find(Database& database, const QString& id)
{
    static const std::string kSql = "SELECT " + kColumns + " FROM run WHERE id = :id";
    Statement query = database.prepare(kSql.c_str());
    query.bind(":id", id);
    return query.next() ? std::optional(readRun(query)) : std::nullopt;
}

void put(Database& database, const RunRecord& record)
{
    // An update in place: a replaced row would take its adapters with it.
    static const std::string kSql =
        "INSERT INTO run (" + kColumns
        + ") VALUES (:id, :folder, :name, :state, :base_model, "
          ":base_hash, :dataset, :dataset_hash, :parent, :config, :global_step, :max_steps, :loss, "
          ":eval_loss, :perplexity, :tokens_per_second, :seconds, :tokens, :peak_memory, "
          ":trainable_parameters, :problem, :created, :updated, :size_bytes, :tags, :notes) "
          "ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, name = excluded.name, "
          "state = excluded.state, base_model = excluded.base_model, "
          "base_hash = excluded.base_hash, dataset = excluded.dataset, "
          "dataset_hash = excluded.dataset_hash, parent = excluded.parent, "
          "config = excluded.config, global_step = excluded.global_step, "
          "max_steps = excluded.max_steps, loss = excluded.loss, eval_loss = excluded.eval_loss, "
          "perplexity = excluded.perplexity, tokens_per_second = excluded.tokens_per_second, "
          "seconds = excluded.seconds, tokens = excluded.tokens, "
          "peak_memory = excluded.peak_memory, "
          "trainable_parameters = excluded.trainable_parameters, problem = excluded.problem, "
          "created = excluded.created, updated = excluded.updated, "
          "size_bytes = excluded.size_bytes, tags = excluded.tags, notes = excluded.notes";
    Statement statement = database.prepare(kSql.c_str());
    bindNumbers(statement, record.numbers);
    statement.bind(":id", record.id)
        .bind(":folder", record.folder)
        .bind(":name", record.name)
        .bind(":state", stateName(record.state))
        .bind(":base_model", record.baseModel)
        .bind(":base_hash", record.baseHash)
        .bind(":dataset", record.dataset)
        .bind(":dataset_hash", record.datasetHash)
        .bind(":parent", record.parent)
        .bind(":config", toJsonText(record.config))
        .bind(":problem", record.problem)
        .bind(":created", record.created.toUTC().toString(Qt::ISODateWithMs))
        .bind(":updated", record.updated.toUTC().toString(Qt::ISODateWithMs))
        .bind(":size_bytes", record.sizeBytes)
        .bind(":tags", toJsonText(record.tags))
        .bind(":notes", record.notes)
        .run();
}

void updateProgress(Database& database,
                    const QString& id,
                    RunState state,
                    const RunNumbers& numbers)
{
    Statement statement = database.prepare(
        "UPDATE run SET state = :state, global_step = :global_step, max_steps = :max_steps, "
        "loss = :loss, eval_loss = :eval_loss, perplexity = :perplexity, "
        "tokens_per_second = :tokens_per_second, seconds = :seconds, tokens = :tokens, "
        "peak_memory = :peak_memory, trainable_parameters = :trainable_parameters WHERE id = :id");
    bindNumbers(statement, numbers);
    statement.bind(":id", id).bind(":state", stateName(state)).run();
}

void remove(Database& database, const QString& id)
{
    database.prepare("DELETE FROM run WHERE id = :id").bind(":id", id).run();
}

void clear(Database& database)
{
    database.prepare("DELETE FROM run").run();
}

} // namespace app::run_store
