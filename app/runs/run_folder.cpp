// Reading a run folder: what the worker wrote is the truth, studio.json adds what a person entered.
// One file because it reads one folder.
#include "app/runs/run_folder.h"

#include <algorithm>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include "app/runs/run_metrics.h"
#include "engine/core/platform.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

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

// What metrics.jsonl says of the whole run: its training loss, its best evaluation, its tokens.
RunNumbers numbersFromMetrics(const QString& path)
{
    RunNumbers numbers;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return numbers;
    }
    QList<QByteArray> lastSteps;
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
            lastSteps.append(line);
            if (lastSteps.size() > kLossSteps) {
                lastSteps.removeFirst();
            }
        }
    }
    RunMetrics last;
    for (const QByteArray& line : lastSteps) {
        last.addLine(line);
    }
    if (!lastSteps.isEmpty()) {
        const QJsonObject object = QJsonDocument::fromJson(lastSteps.last()).object();
        const StepPoint step = stepPointFrom(object);
        numbers.step = step.step;
        numbers.loss = last.trainingLoss();
        numbers.tokensPerSecond = last.tokensPerSecond();
        numbers.seconds = object.value("seconds"_L1).toDouble(kUnknown);
    }
    return numbers;
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

RunFolder::RunFolder(const QString& folder)
    : m_folder(QDir::cleanPath(folder))
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

void RunFolder::addToLog(const QByteArray& line) const
{
    QFile file(logFile());
    if (exists() && file.open(QIODevice::ReadWrite)) {
        file.seek(std::max<qint64>(0, file.size() - 1));
        const QByteArray last = file.read(1);
        const bool isTorn = !last.isEmpty() && last != "\n"; // the worker was killed in it
        file.write((isTorn ? "\n" : "") + line + '\n');
    }
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
    if (isLocked()) {
        return RunState::Training;
    }
    // An outcome that later steps have overtaken is that of an earlier part of the run.
    const RunFinished outcome = readOutcome();
    const bool current = outcome.isOf(numbers);
    const bool stopped = outcome.reason == "stopped"_L1;
    if (current && !stopped) {
        return RunState::Finished;
    }
    const QString recorded = readStudio().value("state"_L1).toString();
    const RunState state = runStateFromString(recorded);
    if (!recorded.isEmpty() && isEnded(state)) {
        return state;
    }
    return current ? RunState::Cancelled : RunState::Interrupted;
}

RunFinished RunFolder::readOutcome() const
{
    const Outcome<QJsonObject> outcome = readJsonObject(path(u"outcome.json"_s));
    return outcome ? runFinishedFrom(*outcome) : RunFinished();
}

// Numbers from the metrics, and what only the worker or the studio knew at the end.
RunNumbers RunFolder::readNumbers(const QJsonObject& config, const QJsonObject& studio) const
{
    const QJsonObject facts = config.value("facts"_L1).toObject();
    const RunNumbers recorded = numbersFromJson(studio.value("numbers"_L1).toObject());
    const RunFinished outcome = readOutcome();
    RunNumbers numbers = numbersFromMetrics(metricsFile());
    numbers.maxSteps =
        recorded.maxSteps > 0 ? recorded.maxSteps : config.value("max_steps"_L1).toInteger();
    numbers.trainableParameters = recorded.trainableParameters > 0
                                      ? recorded.trainableParameters
                                      : facts.value("trainable_parameters"_L1).toInteger();
    numbers.peakMemory = std::max(recorded.peakMemory, outcome.peakMemory);
    if (qIsNaN(numbers.seconds)) {
        numbers.seconds = recorded.seconds;
    }
    return numbers;
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
        studio.value("dataset_hash"_L1).toString(facts.value("data_sha256"_L1).toString());
    run.parent = studio.value("parent"_L1).toString();
    run.tags = stringsFrom(studio.value("tags"_L1));
    run.notes = studio.value("notes"_L1).toString(config->value("notes"_L1).toString());
    run.problem = studio.value("problem"_L1).toString();

    run.numbers = readNumbers(*config, studio);
    run.state = stateFor(run.numbers);
    const QDateTime created =
        QDateTime::fromString(studio.value("created"_L1).toString(), Qt::ISODateWithMs);
    run.created = created.isValid() ? created : runInfo.lastModified();
    const QFileInfo metrics(metricsFile());
    run.updated = metrics.exists() ? metrics.lastModified() : runInfo.lastModified();
    run.sizeBytes = folderSize(m_folder);
    return run;
}

} // namespace app
