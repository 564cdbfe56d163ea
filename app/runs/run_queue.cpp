// The queue's entries, one running at a time per device.
#include "app/runs/run_queue.h"

#include <algorithm>

#include <QFileInfo>

#include "app/runs/run_folder.h"
#include "app/runs/run_spec.h"
#include "app/worker/detached_run.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// By a process that holds the folder's lock, or by one that was started a moment ago.
bool isTrainedElsewhere(const RunFolder& folder)
{
    return folder.isLocked()
           || detachedRunLives(folder.readStudio().value("process_id"_L1).toInteger(),
                               folder.root());
}

// As run.json names it, which may be "auto".
QString deviceOf(const RunFolder& folder)
{
    const Outcome<QJsonObject> config = folder.readConfig();
    return config ? config->value("device"_L1).toString(u"auto"_s) : u"auto"_s;
}

} // namespace

RunQueue::RunQueue(const Paths& paths,
                   Catalog& catalog,
                   const Settings& settings,
                   WorkerFactory factory,
                   QString program,
                   QObject* parent)
    : QObject(parent)
    , m_paths(paths)
    , m_catalog(catalog)
    , m_settings(settings)
    , m_factory(std::move(factory))
    , m_program(std::move(program))
{
    m_files.setMaxThreadCount(1);
}

RunQueue::~RunQueue()
{
    m_files.waitForDone();
    for (const RunCreation* each : findChildren<RunCreation*>()) {
        if (!each->isEnded() && !each->folder().isEmpty()) {
            m_catalog.refreshRun(each->runId());
        }
    }
}

LadderTimes RunQueue::ladderTimes() const
{
    return ladderTimesFrom(m_settings);
}

RunQueue::Entry* RunQueue::entryOf(const RunController* run)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const auto& each) {
        return each->run.get() == run;
    });
    return found == m_entries.end() ? nullptr : found->get();
}

RunQueue::Entry* RunQueue::entryOf(const QString& runId)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const auto& each) {
        return each->run->id() == runId;
    });
    return found == m_entries.end() ? nullptr : found->get();
}

RunQueue::Entry& RunQueue::adopt(const QString& folder)
{
    if (Entry* known = entryOf(QFileInfo(folder).fileName())) {
        return *known;
    }
    auto entry = std::make_unique<Entry>();
    entry->run = std::make_unique<RunController>(folder, m_factory, m_program, ladderTimes());
    RunController* run = entry->run.get();
    connect(run, &RunController::stateChanged, this, [this, run] { onStateChanged(run); });
    connect(run, &RunController::stepAdded, this, [this, run] { reportProgress(run); });
    connect(run, &RunController::checkpointAdded, this, [this, run] {
        m_catalog.refreshRun(run->id()); // a new adapter version
    });
    connect(run, &RunController::ended, this, [this, run] { onEnded(run); });
    connect(run, &RunController::problemOccurred, this, &RunQueue::problemOccurred);
    m_entries.push_back(std::move(entry));
    Q_EMIT runAdded(run);
    return *m_entries.back();
}

Outcome<RunCreation*> RunQueue::enqueue(const RunSpec& spec)
{
    if (!spec.canStart()) {
        return Problem{u"invalid_config"_s, spec.errors().first()};
    }
    if (m_catalog.access() == Catalog::Access::ReadOnly) {
        return m_catalog.readOnlyReason();
    }
    const QString name = spec.value(u"name"_s).toString();
    RunCreation::Plan plan;
    plan.name = name.isEmpty() ? QFileInfo(spec.baseModel()).fileName() : name;
    plan.config = spec.toConfig();
    plan.studio = {{u"state"_s, stateName(RunState::Queued)},
                   {u"created"_s, QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs)},
                   {u"parent"_s, spec.parentRun()},
                   {kAskedKey, plan.config}}; // run.json gets what the worker makes of it
    if (const auto model = m_catalog.modelByPath(spec.baseModel())) {
        plan.studio.insert("base_hash"_L1, model->hash);
    }
    if (const auto dataset = m_catalog.datasetByPath(spec.dataset())) {
        plan.studio.insert("dataset_hash"_L1, dataset->hash);
    }
    auto* creation = new RunCreation(m_paths, std::move(plan), this);
    const QString device = spec.value(u"device"_s).toString();
    connect(
        creation, &Job::ended, this, [this, creation, device] { onCreated(*creation, device); });
    creation->start(m_files);
    return creation;
}

void RunQueue::onCreated(RunCreation& creation, const QString& device)
{
    creation.deleteLater();
    if (creation.state() != Job::State::Done) {
        return; // whoever asked for the run hears why
    }
    Entry& entry = adopt(creation.folder());
    entry.device = device;
    queue(entry, RunController::Start::Fresh); // first: its folder alone looks interrupted
    m_catalog.refreshRun(entry.run->id());
}

Outcome<RunController*> RunQueue::resume(const QString& runId)
{
    const RunFolder folder(m_paths.runs() + u'/' + runId);
    const Outcome<QJsonObject> config = folder.readConfig();
    if (!config) {
        return config.problem();
    }
    if (isTrainedElsewhere(folder)) {
        return Problem{u"busy"_s,
                       tr("%1: another process trains here already.").arg(folder.root())};
    }
    if (m_catalog.access() == Catalog::Access::ReadOnly) {
        return m_catalog.readOnlyReason();
    }
    Entry& entry = adopt(folder.root());
    if (entry.own || entry.queued) {
        return entry.run.get();
    }
    entry.device = deviceOf(folder);
    if (m_interrupted.removeOne(runId)) {
        Q_EMIT interruptedChanged();
    }
    // A run that was never begun has no checkpoint; the engine then starts it from step 0.
    queue(entry, RunController::Start::Resume);
    return entry.run.get();
}

void RunQueue::queue(Entry& entry, RunController::Start how)
{
    entry.how = how;
    entry.queued = true;
    entry.run->setQueued();
    // Later, so that the caller can connect to the controller first.
    QMetaObject::invokeMethod(this, &RunQueue::startNext, Qt::QueuedConnection);
}

RunController* RunQueue::open(const QString& runId)
{
    if (const Entry* known = entryOf(runId)) {
        return known->run.get();
    }
    const RunFolder folder(m_paths.runs() + u'/' + runId);
    if (!folder.exists()) {
        return nullptr;
    }
    Entry& entry = adopt(folder.root());
    if (isTrainedElsewhere(folder)) {
        entry.device = deviceOf(folder);
        entry.run->follow();
    } else if (const std::optional<RunRecord> record = m_catalog.run(runId)) {
        entry.run->showRecord(*record);
    } else {
        entry.run->loadPast();
    }
    return entry.run.get();
}

RunController* RunQueue::current() const
{
    for (const auto& each : m_entries) {
        if (each->own) {
            return each->run.get();
        }
    }
    return nullptr;
}

QList<RunController*> RunQueue::waiting() const
{
    QList<RunController*> runs;
    for (const auto& each : m_entries) {
        if (each->queued) {
            runs.append(each->run.get());
        }
    }
    return runs;
}

bool RunQueue::isBusy() const
{
    return std::any_of(
        m_entries.begin(), m_entries.end(), [](const auto& each) { return each->own; });
}

bool RunQueue::deviceIsBusy(const QString& device) const
{
    // "auto" may become any device.
    return std::any_of(m_entries.begin(), m_entries.end(), [&](const auto& each) {
        return (each->own || each->run->isFollowing())
               && (each->device == device || each->device == "auto"_L1 || device == "auto"_L1);
    });
}

void RunQueue::startNext()
{
    if (m_closing) {
        return;
    }
    followOthers();
    for (const auto& each : m_entries) {
        if (each->queued && !deviceIsBusy(each->device)) {
            each->queued = false;
            each->own = true;
            each->run->start(each->how);
            Q_EMIT currentChanged();
        }
    }
}

// Runs of this workspace that another process trains: their devices are taken too.
void RunQueue::followOthers()
{
    for (const RunRecord& run : m_catalog.runs()) {
        if (isLive(run.state) && entryOf(run.id) == nullptr
            && isTrainedElsewhere(RunFolder(run.folder))) {
            (void)open(run.id);
        }
    }
}

void RunQueue::onStateChanged(RunController* run)
{
    reportProgress(run);
    Q_EMIT runChanged(run);
}

void RunQueue::reportProgress(RunController* run)
{
    if (m_catalog.access() != Catalog::Access::ReadWrite) {
        return;
    }
    const Entry* entry = entryOf(run);
    if (isLive(run->state())) {
        m_catalog.updateRunProgress(run->id(), run->state(), run->numbers());
    } else if (run->state() == RunState::Queued && entry != nullptr && entry->queued) {
        // One that goes on has not read its past yet.
        const std::optional<RunRecord> record = m_catalog.run(run->id());
        m_catalog.updateRunProgress(
            run->id(), RunState::Queued, record ? record->numbers : run->numbers());
    }
}

void RunQueue::onEnded(RunController* run)
{
    Entry* entry = entryOf(run);
    const bool wasOwn = std::exchange(entry->own, false);
    entry->queued = false;
    if (m_catalog.access() == Catalog::Access::ReadWrite) {
        if (isEnded(run->state())) {
            const QJsonObject values{{u"state"_s, stateName(run->state())},
                                     {u"numbers"_s, numbersToJson(run->numbers())},
                                     {u"problem"_s, run->problem().text()}};
            m_catalog.recordRun(run->id(), values);
        } else {
            m_catalog.refreshRun(run->id()); // it goes on without the window
        }
    }
    Q_EMIT currentChanged();
    if (m_closing) {
        if (wasOwn && !isBusy()) {
            Q_EMIT idle();
        }
        return;
    }
    startNext();
}

void RunQueue::findInterrupted()
{
    QStringList found;
    for (const RunRecord& run : m_catalog.runs()) {
        const Entry* known = entryOf(run.id);
        if ((known != nullptr && (known->own || known->queued)) || isEndedForGood(run.state)) {
            continue;
        }
        if (isTrainedElsewhere(RunFolder(run.folder))) {
            (void)open(run.id); // another process trains: it is followed
        } else {
            found.append(run.id);
            if (run.state != RunState::Interrupted) {
                m_catalog.refreshRun(run.id); // the catalog still thinks it trains
            }
        }
    }
    if (found != m_interrupted) {
        m_interrupted = found;
        Q_EMIT interruptedChanged();
    }
}

bool RunQueue::isEndedForGood(RunState state)
{
    return isEnded(state) && state != RunState::Interrupted;
}

void RunQueue::dismissInterrupted(const QString& runId)
{
    if (m_interrupted.removeOne(runId)) {
        m_catalog.recordRun(runId, {{u"state"_s, stateName(RunState::Cancelled)}});
        Q_EMIT interruptedChanged();
    }
}

Outcome<Done> RunQueue::deleteRun(const QString& runId)
{
    const RunFolder folder(m_paths.runs() + u'/' + runId);
    const Entry* known = entryOf(runId);
    if ((known != nullptr && (known->own || known->queued)) || isTrainedElsewhere(folder)) {
        return Problem{u"busy"_s,
                       tr("%1: this run waits or goes on.").arg(folder.root()),
                       tr("Stop it first, then delete it.")};
    }
    if (m_catalog.access() == Catalog::Access::ReadOnly) {
        return m_catalog.readOnlyReason();
    }
    m_catalog.deleteRun(runId);
    if (m_interrupted.removeOne(runId)) {
        Q_EMIT interruptedChanged();
    }
    Q_EMIT runDeleted(runId);
    return Done{};
}

void RunQueue::stopAll()
{
    close([](RunController& run) { run.stop(); });
}

void RunQueue::continueAllWithoutWindow()
{
    close([](RunController& run) { run.continueWithoutWindow(); });
}

void RunQueue::close(void (*end)(RunController&))
{
    m_closing = true;
    for (const auto& each : m_entries) {
        if (each->own) {
            end(*each->run);
        }
    }
    if (!isBusy()) {
        QMetaObject::invokeMethod(this, &RunQueue::idle, Qt::QueuedConnection);
    }
}

LadderTimes ladderTimesFrom(const Settings& settings)
{
    constexpr int kMs = 1000;
    return {settings.number(Setting::StartSeconds) * kMs,
            settings.number(Setting::StopSeconds) * kMs,
            settings.number(Setting::TerminateSeconds) * kMs};
}

} // namespace app
