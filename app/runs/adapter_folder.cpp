// adapter_config.json and studio.json into records.
#include "app/runs/adapter_folder.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include "app/files.h"
#include "app/runs/run_folder.h"
#include "app/runs/run_past.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

using Kind = AdapterRecord::Kind;

// lupdate takes the context from here.
struct AdapterFolderTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::AdapterFolder)
};

// Name, tags, notes, hash and chosen base out of studio.json's "adapters" -> place.
void fillAdapterNotes(AdapterRecord& adapter, const QJsonObject& studio, const QString& place)
{
    const QJsonObject entered = studio.value("adapters"_L1).toObject().value(place).toObject();
    adapter.tags = stringsFrom(entered.value("tags"_L1));
    adapter.notes = entered.value("notes"_L1).toString();
    adapter.hash = entered.value("hash"_L1).toString();
    if (const QString name = entered.value("name"_L1).toString(); !name.isEmpty()) {
        adapter.name = name;
    }
    if (const QString base = entered.value("base"_L1).toString(); !base.isEmpty()) {
        adapter.baseModel = base; // chosen by a person
    }
}

void readAdapterConfig(AdapterRecord& adapter)
{
    const Outcome<QJsonObject> config = readJsonObject(adapter.folder + u"/adapter_config.json"_s);
    if (!config) {
        return;
    }
    adapter.rank = config->value("r"_L1).toInteger();
    adapter.alpha = config->value("lora_alpha"_L1).toDouble();
    adapter.targetModules = stringsFrom(config->value("target_modules"_L1));
    if (adapter.baseModel.isEmpty()) {
        adapter.baseModel = config->value("base_model_name_or_path"_L1).toString();
    }
    if (adapter.config.isEmpty()) {
        adapter.config = *config;
    }
}

// One adapter folder of a run; an empty id when there is none. `place` is its path in the run
// folder.
AdapterRecord describe(const RunRecord& run,
                       const QJsonObject& studio,
                       const QString& place,
                       const QString& folder,
                       Kind kind)
{
    AdapterRecord adapter;
    const QFileInfo config(folder + u"/adapter_config.json"_s);
    if (!config.exists()) {
        return adapter;
    }
    adapter.id = run.id + u'/' + place;
    adapter.kind = kind;
    adapter.folder = folder;
    adapter.name = run.name;
    adapter.run = run.id;
    adapter.baseModel = run.baseModel;
    adapter.baseHash = run.baseHash;
    adapter.datasetHash = run.datasetHash;
    adapter.config = run.config;
    adapter.numbers = run.numbers;
    adapter.created = config.lastModified();
    adapter.sizeBytes = folderSize(folder);
    readAdapterConfig(adapter);
    if (isStoredAtTwiceTheRank(adapter)) {
        adapter.rank = run.config.value("rank"_L1).toInteger();
        adapter.alpha = run.config.value("alpha"_L1).toDouble();
    }
    fillAdapterNotes(adapter, studio, place);
    return adapter;
}

} // namespace

bool isStoredAtTwiceTheRank(const AdapterRecord& adapter)
{
    return adapter.kind != Kind::Imported && adapter.config.value("init"_L1) == "lora-ga"_L1;
}

QList<AdapterRecord> adaptersOf(const RunRecord& run)
{
    const RunFolder folder(run.folder);
    QList<AdapterRecord> adapters;
    const QJsonObject studio = folder.readStudio();
    QString previous;
    for (const auto& [step, place] : checkpointsIn(run.folder)) {
        const bool nested = QFileInfo::exists(place + u"/adapter/adapter_config.json"_s);
        const QString id = u"checkpoints/step-%1"_s.arg(step);
        AdapterRecord adapter =
            describe(run, studio, id, nested ? place + u"/adapter"_s : place, Kind::Checkpoint);
        if (adapter.id.isEmpty()) {
            continue;
        }
        adapter.name = AdapterFolderTexts::tr("%1, step %2").arg(run.name).arg(step);
        adapter.numbers = {}; // the run's numbers are not this checkpoint's
        adapter.numbers.step = step;
        adapter.parent = previous;
        previous = adapter.id;
        adapters.append(adapter);
    }
    if (isLive(run.state)) {
        return adapters; // what lies there is of a stop before
    }
    AdapterRecord result = describe(run, studio, u"adapter"_s, folder.adapterFolder(), Kind::Final);
    if (!result.id.isEmpty()) {
        if (!folder.readOutcome().isOf(run.numbers)) {
            result.numbers = {}; // the run has gone on since
        }
        result.parent = previous;
        adapters.append(result);
    }
    return adapters;
}

Outcome<AdapterRecord> readImportedAdapter(const QString& folder)
{
    const Outcome<QJsonObject> config = readJsonObject(folder + u"/adapter_config.json"_s);
    if (!config) {
        return config.problem();
    }
    AdapterRecord adapter;
    adapter.kind = Kind::Imported;
    adapter.name = QFileInfo(folder).fileName();
    adapter.id = u"imported/"_s + adapter.name;
    adapter.folder = QDir::cleanPath(folder);
    adapter.created = QFileInfo(folder + u"/adapter_config.json"_s).lastModified();
    adapter.sizeBytes = folderSize(folder);
    readAdapterConfig(adapter);
    fillAdapterNotes(adapter, RunFolder(folder).readStudio(), u"."_s);
    return adapter;
}

} // namespace app
