// Reading a run folder: what the worker wrote is the truth, studio.json adds what a person entered.
// One file because it reads one folder.
#include "app/runs/run_folder.h"

#include <algorithm>

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include "app/runs/run_metrics.h"
#include "engine/core/platform.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr qint64 kMaxJsonBytes = 64 << 20;

QString tr(const char* text)
{
    return QCoreApplication::translate("app::RunFolder", text);
}

qint64 folderSize(const QString& folder)
{
    qint64 size = 0;
    QDirIterator each(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (each.hasNext()) {
        each.next();
        size += each.fileInfo().size();
    }
    return size;
}

QStringList stringsFrom(const QJsonValue& list)
{
    QStringList strings;
    for (const QJsonValue& each : list.toArray()) {
        strings.append(each.toString());
    }
    return strings;
}

// The number of a field in a line, without reading the line's other fields.
qint64 integerIn(const QByteArray& line, const char* key)
{
    const qsizetype at = line.indexOf(key);
    if (at < 0) {
        return 0;
    }
    qint64 value = 0;
    for (qsizetype index = at + static_cast<qsizetype>(qstrlen(key)); index < line.size();
         ++index) {
        const char digit = line.at(index);
        if (digit < '0' || digit > '9') {
            break;
        }
        value = value * 10 + (digit - '0');
    }
    return value;
}

// What metrics.jsonl says of the whole run: its last step, its best evaluation, its tokens.
RunNumbers numbersFromMetrics(const QString& path)
{
    RunNumbers numbers;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return numbers;
    }
    QByteArray lastStep;
    while (!file.atEnd()) {
        const QByteArray line = file.readLine();
        if (!line.endsWith('\n')) {
            break; // still being written
        }
        if (line.contains("\"event\":\"eval\"")) {
            const EvalPoint eval = evalPointFrom(QJsonDocument::fromJson(line).object());
            if (!(eval.loss >= numbers.evalLoss)) { // also the first, over NaN
                numbers.evalLoss = eval.loss;
                numbers.perplexity = eval.perplexity;
            }
        } else if (line.contains("\"event\":\"step\"")) {
            numbers.tokens += integerIn(line, "\"tokens\":");
            lastStep = line;
        }
    }
    if (!lastStep.isEmpty()) {
        const QJsonObject object = QJsonDocument::fromJson(lastStep).object();
        const StepPoint step = stepPointFrom(object);
        numbers.step = step.step;
        numbers.loss = step.loss;
        numbers.tokensPerSecond = step.tokensPerSecond;
        numbers.seconds = object.value("seconds"_L1).toDouble(kUnknown);
    }
    return numbers;
}

qint64 checkpointStep(const QString& folderName)
{
    return folderName.mid(QStringLiteral("step-").size()).toLongLong();
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

} // namespace

QJsonObject numbersToJson(const RunNumbers& numbers)
{
    QJsonObject object{{u"step"_s, numbers.step},
                       {u"max_steps"_s, numbers.maxSteps},
                       {u"tokens"_s, numbers.tokens},
                       {u"peak_memory"_s, numbers.peakMemory},
                       {u"trainable_parameters"_s, numbers.trainableParameters}};
    const auto add = [&](QLatin1StringView key, double value) {
        if (!qIsNaN(value)) {
            object.insert(key, value);
        }
    };
    add("loss"_L1, numbers.loss);
    add("eval_loss"_L1, numbers.evalLoss);
    add("perplexity"_L1, numbers.perplexity);
    add("tokens_per_second"_L1, numbers.tokensPerSecond);
    add("seconds"_L1, numbers.seconds);
    return object;
}

RunNumbers numbersFromJson(const QJsonObject& object)
{
    RunNumbers numbers;
    numbers.step = object.value("step"_L1).toInteger();
    numbers.maxSteps = object.value("max_steps"_L1).toInteger();
    numbers.tokens = object.value("tokens"_L1).toInteger();
    numbers.peakMemory = object.value("peak_memory"_L1).toInteger();
    numbers.trainableParameters = object.value("trainable_parameters"_L1).toInteger();
    numbers.loss = object.value("loss"_L1).toDouble(kUnknown);
    numbers.evalLoss = object.value("eval_loss"_L1).toDouble(kUnknown);
    numbers.perplexity = object.value("perplexity"_L1).toDouble(kUnknown);
    numbers.tokensPerSecond = object.value("tokens_per_second"_L1).toDouble(kUnknown);
    numbers.seconds = object.value("seconds"_L1).toDouble(kUnknown);
    return numbers;
}

Outcome<QJsonObject> readJsonObject(const QString& path)
{
    QFile file(path);
    if (!file.exists()) {
        return problemFromEvent(u"not_found"_s, tr("%1: there is no such file.").arg(path), {});
    }
    if (!file.open(QIODevice::ReadOnly)) {
        return problemFromEvent(u"io"_s, tr("%1: %2.").arg(path, file.errorString()), {});
    }
    if (file.size() > kMaxJsonBytes) {
        return problemFromEvent(
            u"format"_s,
            tr("%1: %2 bytes, at most %3 are read.").arg(path).arg(file.size()).arg(kMaxJsonBytes),
            {});
    }
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll(), &error);
    if (!document.isObject()) {
        return problemFromEvent(u"format"_s,
                                tr("%1: not a JSON object (%2 at byte %3).")
                                    .arg(path, error.errorString())
                                    .arg(error.offset),
                                {});
    }
    return document.object();
}

Outcome<Done> writeJsonObject(const QString& path, const QJsonObject& object)
{
    QSaveFile file(path);
    const QByteArray text = QJsonDocument(object).toJson();
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit()) {
        return writeProblem(path, file.errorString());
    }
    return Done{};
}

RunFolder::RunFolder(QString folder)
    : m_folder(QDir::cleanPath(std::move(folder)))
{}

QString RunFolder::path(const QString& file) const
{
    return m_folder + u'/' + file;
}

QString RunFolder::runFile() const
{
    return path(u"run.json"_s);
}

QString RunFolder::studioFile() const
{
    return path(u"studio.json"_s);
}

QString RunFolder::metricsFile() const
{
    return path(u"metrics.jsonl"_s);
}

QString RunFolder::samplesFile() const
{
    return path(u"samples.jsonl"_s);
}

QString RunFolder::logFile() const
{
    return path(u"log.txt"_s);
}

QString RunFolder::initReportFile() const
{
    return path(u"init_report.json"_s);
}

QString RunFolder::adapterFolder() const
{
    return path(u"adapter"_s);
}

QString RunFolder::checkpointsFolder() const
{
    return path(u"checkpoints"_s);
}

bool RunFolder::exists() const
{
    return QFileInfo::exists(runFile());
}

Outcome<QJsonObject> RunFolder::readConfig() const
{
    return readJsonObject(runFile());
}

QJsonObject RunFolder::readStudio() const
{
    const Outcome<QJsonObject> studio = readJsonObject(studioFile());
    return studio ? *studio : QJsonObject();
}

Outcome<Done> RunFolder::writeConfig(const QJsonObject& config) const
{
    return writeJsonObject(runFile(), config);
}

Outcome<Done> RunFolder::setStudioValues(const QJsonObject& values) const
{
    QJsonObject studio = readStudio();
    for (auto each = values.begin(); each != values.end(); ++each) {
        studio.insert(each.key(), each.value());
    }
    return writeJsonObject(studioFile(), studio);
}

bool RunFolder::isLocked() const
{
    const QFileInfo lock(path(u".lock"_s));
    if (!lock.exists() || !lock.isWritable()) {
        return false; // never trained in, or on a disk that nobody can train on
    }
    return !engine::FolderLock::acquire(std::filesystem::path(m_folder.toStdU16String()));
}

RunState RunFolder::stateFor(const RunNumbers& numbers) const
{
    const QJsonObject studio = readStudio();
    if (isLocked()) {
        return RunState::Training;
    }
    const bool hasResult = QFileInfo::exists(adapterFolder() + u"/adapter_config.json"_s)
                           || QFileInfo::exists(path(u"model/config.json"_s));
    const bool allSteps = numbers.maxSteps > 0 && numbers.step >= numbers.maxSteps;
    if (hasResult && allSteps) {
        return RunState::Finished;
    }
    const QString recorded = studio.value("state"_L1).toString();
    const RunState state = runStateFromString(recorded);
    if (!recorded.isEmpty() && isEnded(state)) {
        return state;
    }
    return hasResult ? RunState::Finished : RunState::Interrupted;
}

Outcome<RunRecord> RunFolder::readRecord() const
{
    const Outcome<QJsonObject> config = readConfig();
    if (!config) {
        return config.problem();
    }
    const QJsonObject studio = readStudio();
    const QJsonObject facts = config->value("facts"_L1).toObject();
    const QFileInfo runInfo(runFile());
    RunRecord run;
    run.id = QFileInfo(m_folder).fileName();
    run.folder = m_folder;
    run.config = *config;
    run.name = studio.value("name"_L1).toString(config->value("name"_L1).toString());
    if (run.name.isEmpty()) {
        run.name = run.id;
    }
    run.baseModel = config->value("base"_L1).toString();
    run.dataset = config->value("data"_L1).toString();
    run.baseHash = studio.value("base_hash"_L1).toString();
    run.datasetHash =
        studio.value("dataset_hash"_L1).toString(facts.value("dataset_fingerprint"_L1).toString());
    run.parent = studio.value("parent"_L1).toString();
    run.tags = stringsFrom(studio.value("tags"_L1));
    run.notes = studio.value("notes"_L1).toString(config->value("notes"_L1).toString());
    run.problem = studio.value("problem"_L1).toString();

    const RunNumbers recorded = numbersFromJson(studio.value("numbers"_L1).toObject());
    run.numbers = numbersFromMetrics(metricsFile());
    run.numbers.maxSteps =
        recorded.maxSteps > 0 ? recorded.maxSteps : facts.value("max_steps"_L1).toInteger();
    run.numbers.trainableParameters = recorded.trainableParameters;
    run.numbers.peakMemory = recorded.peakMemory;
    if (recorded.step == run.numbers.step && !qIsNaN(recorded.loss)) {
        run.numbers.loss = recorded.loss; // the mean over the last steps, as the worker said
    }
    if (qIsNaN(run.numbers.seconds)) {
        run.numbers.seconds = recorded.seconds;
    }
    run.state = stateFor(run.numbers);
    const QDateTime created =
        QDateTime::fromString(studio.value("created"_L1).toString(), Qt::ISODateWithMs);
    run.created = created.isValid() ? created : runInfo.lastModified();
    const QFileInfo metrics(metricsFile());
    run.updated = metrics.exists() ? metrics.lastModified() : runInfo.lastModified();
    run.sizeBytes = folderSize(m_folder);
    return run;
}

QList<AdapterRecord> RunFolder::readAdapters(const RunRecord& run) const
{
    QList<AdapterRecord> adapters;
    const QJsonObject studio = readStudio();
    const auto add = [&](AdapterRecord::Kind kind, const QString& place, const QString& weights) {
        if (!QFileInfo::exists(weights + u"/adapter_config.json"_s)) {
            return;
        }
        AdapterRecord adapter;
        adapter.kind = kind;
        adapter.id = run.id + u'/' + place;
        adapter.folder = weights;
        adapter.name = run.name;
        adapter.run = run.id;
        adapter.baseModel = run.baseModel;
        adapter.baseHash = run.baseHash;
        adapter.datasetHash = run.datasetHash;
        adapter.config = run.config;
        adapter.numbers = run.numbers;
        adapter.created = QFileInfo(weights + u"/adapter_config.json"_s).lastModified();
        adapter.sizeBytes = folderSize(weights);
        readAdapterConfig(adapter);
        fillAdapterNotes(adapter, studio, place);
        adapters.append(adapter);
    };
    const QStringList checkpoints =
        QDir(checkpointsFolder()).entryList({u"step-*"_s}, QDir::Dirs | QDir::NoDotAndDotDot);
    QList<qint64> steps;
    for (const QString& each : checkpoints) {
        steps.append(checkpointStep(each));
    }
    std::sort(steps.begin(), steps.end());
    for (const qint64 step : steps) {
        const QString place = u"checkpoints/step-%1"_s.arg(step);
        const QString folder = path(place);
        const bool nested = QFileInfo::exists(folder + u"/adapter/adapter_config.json"_s);
        add(AdapterRecord::Kind::Checkpoint, place, nested ? folder + u"/adapter"_s : folder);
        if (!adapters.isEmpty() && adapters.last().id == run.id + u'/' + place) {
            AdapterRecord& added = adapters.last();
            added.name = tr("%1, step %2").arg(run.name).arg(step);
            added.numbers = {}; // of the whole run: they are not this checkpoint's
            added.numbers.step = step;
            added.parent = adapters.size() > 1 ? adapters.at(adapters.size() - 2).id : QString();
        }
    }
    const QString newest = adapters.isEmpty() ? QString() : adapters.last().id;
    add(AdapterRecord::Kind::Final, u"adapter"_s, adapterFolder());
    if (!adapters.isEmpty() && adapters.last().kind == AdapterRecord::Kind::Final) {
        adapters.last().parent = newest;
    }
    return adapters;
}

void fillAdapterNotes(AdapterRecord& adapter, const QJsonObject& studio, const QString& place)
{
    const QJsonObject entered = studio.value("adapters"_L1).toObject().value(place).toObject();
    adapter.tags = stringsFrom(entered.value("tags"_L1));
    adapter.notes = entered.value("notes"_L1).toString();
    adapter.hash = entered.value("hash"_L1).toString();
}

Outcome<AdapterRecord> readImportedAdapter(const QString& folder)
{
    const Outcome<QJsonObject> config = readJsonObject(folder + u"/adapter_config.json"_s);
    if (!config) {
        return config.problem();
    }
    AdapterRecord adapter;
    adapter.kind = AdapterRecord::Kind::Imported;
    adapter.name = QFileInfo(folder).fileName();
    adapter.id = u"imported/"_s + adapter.name;
    adapter.folder = QDir::cleanPath(folder);
    adapter.created = QFileInfo(folder + u"/adapter_config.json"_s).lastModified();
    adapter.sizeBytes = folderSize(folder);
    readAdapterConfig(adapter);
    fillAdapterNotes(adapter, RunFolder(folder).readStudio(), u"."_s);
    return adapter;
}

Outcome<QString> hashFile(const QString& path, const std::function<bool(qint64)>& proceed)
{
    constexpr qint64 kChunk = 4 << 20;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return problemFromEvent(u"io"_s, tr("%1: %2.").arg(path, file.errorString()), {});
    }
    QCryptographicHash hash(QCryptographicHash::Sha256);
    qint64 done = 0;
    while (!file.atEnd()) {
        const QByteArray chunk = file.read(kChunk);
        if (chunk.isEmpty()) {
            return problemFromEvent(u"io"_s, tr("%1: %2.").arg(path, file.errorString()), {});
        }
        hash.addData(chunk);
        done += chunk.size();
        if (proceed && !proceed(done)) {
            return Problem{u"cancelled"_s, tr("Cancelled.")};
        }
    }
    return QString::fromLatin1(hash.result().toHex());
}

} // namespace app
