// The workspace's files to records, and records to the catalog's tables.
#include "app/catalog/reindex.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include "app/catalog/adapter_store.h"
#include "app/catalog/dataset_store.h"
#include "app/catalog/model_store.h"
#include "app/catalog/record_json.h"
#include "app/catalog/run_store.h"
#include "app/catalog/vote_store.h"
#include "app/jobs/model_import.h"
#include "app/runs/adapter_folder.h"
#include "app/runs/run_folder.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr auto kModelSuffix = ".model.json"_L1;
constexpr auto kDatasetSuffix = ".dataset.json"_L1;

QString relativePath(const Paths& paths, const QString& path)
{
    const QString root = paths.workspace() + u'/';
    return path.startsWith(root) ? path.mid(root.size()) : path;
}

QString absolutePath(const Paths& paths, const QString& path)
{
    return QDir::isAbsolutePath(path) ? path : QDir::cleanPath(paths.workspace() + u'/' + path);
}

QStringList filesIn(const QString& folder, QLatin1StringView suffix)
{
    return QDir(folder).entryList({u"*"_s + suffix}, QDir::Files, QDir::Name);
}

QStringList foldersIn(const QString& folder)
{
    return QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
}

void readModels(const Paths& paths, WorkspaceIndex& index)
{
    QStringList known;
    for (const QString& name : filesIn(paths.models(), kModelSuffix)) {
        const Outcome<QJsonObject> object = readJsonObject(paths.models() + u'/' + name);
        if (!object) {
            index.unreadable.append(object.problem().message);
            continue;
        }
        ModelRecord record = modelFromJson(*object);
        record.id = name.chopped(kModelSuffix.size());
        record.path = absolutePath(paths, record.path);
        known.append(record.path);
        index.models.append(record);
    }
    // Model folders that were copied into the workspace by hand.
    for (const QString& name : foldersIn(paths.models())) {
        const QString folder = paths.models() + u'/' + name;
        if (!known.contains(folder) && QFileInfo::exists(folder + u"/config.json"_s)) {
            index.models.append(describeModel(folder));
            index.models.last().id = name;
        }
    }
}

void readDatasets(const Paths& paths, WorkspaceIndex& index)
{
    for (const QString& name : filesIn(paths.datasets(), kDatasetSuffix)) {
        const Outcome<QJsonObject> object = readJsonObject(paths.datasets() + u'/' + name);
        if (!object) {
            index.unreadable.append(object.problem().message);
            continue;
        }
        DatasetRecord record = datasetFromJson(*object);
        record.id = name.chopped(kDatasetSuffix.size());
        record.path = absolutePath(paths, record.path);
        index.datasets.append(record);
    }
}

void readRuns(const Paths& paths, WorkspaceIndex& index)
{
    for (const QString& name : foldersIn(paths.runs())) {
        const RunFolder folder(paths.runs() + u'/' + name);
        if (!folder.exists()) {
            continue;
        }
        const Outcome<RunRecord> run = folder.readRecord();
        if (!run) {
            index.unreadable.append(run.problem().message);
            continue;
        }
        index.runs.append(*run);
        index.adapters.append(readRunAdapters(*run));
    }
}

void readImported(const Paths& paths, WorkspaceIndex& index)
{
    for (const QString& name : foldersIn(paths.adapters())) {
        const Outcome<AdapterRecord> adapter = readImportedAdapter(paths.adapters() + u'/' + name);
        if (adapter) {
            index.adapters.append(*adapter);
        } else {
            index.unreadable.append(adapter.problem().message);
        }
    }
}

void readVotes(const Paths& paths, WorkspaceIndex& index)
{
    QFile file(paths.votes());
    if (!file.open(QIODevice::ReadOnly)) {
        return; // nobody has voted
    }
    while (!file.atEnd()) {
        const QJsonObject object = QJsonDocument::fromJson(file.readLine()).object();
        const VoteRecord vote = voteFromJson(object);
        if (!vote.id.isEmpty()) {
            index.votes.append(vote);
        }
    }
}

// What a hash was computed of: the file's size and time.
QString stampOf(const QString& file)
{
    const QFileInfo info(file);
    return u"%1 %2"_s.arg(info.size()).arg(info.lastModified().toMSecsSinceEpoch());
}

} // namespace

WorkspaceIndex readWorkspace(const Paths& paths)
{
    WorkspaceIndex index;
    readModels(paths, index);
    readDatasets(paths, index);
    readRuns(paths, index);
    readImported(paths, index);
    readVotes(paths, index);
    return index;
}

void replaceCatalog(Database& database, const WorkspaceIndex& index)
{
    adapter_store::clear(database);
    run_store::clear(database);
    model_store::clear(database);
    dataset_store::clear(database);
    vote_store::clear(database);
    for (const ModelRecord& each : index.models) {
        model_store::put(database, each);
    }
    for (const DatasetRecord& each : index.datasets) {
        dataset_store::put(database, each);
    }
    for (const RunRecord& each : index.runs) {
        run_store::put(database, each);
    }
    for (const AdapterRecord& each : index.adapters) {
        adapter_store::put(database, each);
    }
    for (const VoteRecord& each : index.votes) {
        vote_store::put(database, each);
    }
}

QString modelFile(const Paths& paths, const QString& id)
{
    return paths.models() + u'/' + id + kModelSuffix;
}

QString datasetFile(const Paths& paths, const QString& id)
{
    return paths.datasets() + u'/' + id + kDatasetSuffix;
}

Outcome<Done> writeModelFile(const Paths& paths, const ModelRecord& record)
{
    ModelRecord kept = record;
    kept.path = relativePath(paths, record.path);
    return writeJsonObject(modelFile(paths, record.id), toJson(kept));
}

Outcome<Done> writeDatasetFile(const Paths& paths, const DatasetRecord& record)
{
    DatasetRecord kept = record;
    kept.path = relativePath(paths, record.path);
    return writeJsonObject(datasetFile(paths, record.id), toJson(kept));
}

Outcome<Done> appendVote(const Paths& paths, const VoteRecord& vote)
{
    QFile file(paths.votes());
    const QByteArray line = QJsonDocument(toJson(vote)).toJson(QJsonDocument::Compact) + '\n';
    if (!file.open(QIODevice::WriteOnly | QIODevice::Append) || file.write(line) != line.size()
        || !file.flush()) {
        return writeProblem(paths.votes(), file.errorString());
    }
    return Done{};
}

QList<AdapterRecord> readRunAdapters(const RunRecord& run)
{
    const RunFolder folder(run.folder);
    QList<AdapterRecord> adapters = adaptersOf(run);
    if (isLive(run.state)) {
        return adapters; // its files may still change
    }
    for (AdapterRecord& adapter : adapters) {
        const QString weights = adapter.folder + u"/adapter_model.safetensors"_s;
        if (adapter.kind != AdapterRecord::Kind::Final || !QFileInfo::exists(weights)) {
            continue;
        }
        const QString place = adapter.id.mid(run.id.size() + 1);
        QJsonObject entered = folder.readStudio().value("adapters"_L1).toObject();
        QJsonObject entry = entered.value(place).toObject();
        if (entry.value("hash_of"_L1).toString() == stampOf(weights)) {
            continue;
        }
        const Outcome<QString> hash = hashFile(weights);
        adapter.hash = hash ? *hash : QString();
        entry.insert("hash"_L1, adapter.hash);
        entry.insert("hash_of"_L1, stampOf(weights));
        entered.insert(place, entry);
        // On a disk that cannot be written it is computed again the next time.
        (void)folder.setStudioValues({{u"adapters"_s, entered}});
    }
    return adapters;
}

} // namespace app
