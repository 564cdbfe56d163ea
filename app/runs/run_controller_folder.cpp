// A run as its folder shows it: going on without the window, followed, or past.
#include <algorithm>

#include <QThreadPool>

#include "app/runs/run_controller.h"
#include "app/runs/run_folder.h"
#include "app/worker/detached_run.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr int kFollowMs = 500;

} // namespace

void RunController::goOnDetached()
{
    const Outcome<qint64> process = startDetachedRun(m_program, m_folder);
    if (process) {
        // The process is there: a folder that takes no note of it only costs the stop button.
        (void)RunFolder(m_folder).setStudioValues(
            {{u"process_id"_s, *process}, {u"state"_s, stateName(RunState::Training)}});
        Q_EMIT detached(*process);
        follow();
    } else {
        m_problem = process.problem();
        setState(RunState::Cancelled);
        Q_EMIT problemOccurred(m_problem);
    }
    Q_EMIT ended();
}

void RunController::follow()
{
    m_following = true;
    m_lockSeen = RunFolder(m_folder).isLocked();
    m_followed.start();
    readSizes();
    if (m_metrics.series(Metric::Loss).isEmpty()) {
        loadPast();
    }
    m_followTimer.start(kFollowMs);
    setState(RunState::Training);
}

// What a worker of the studio's own would have said in its first event.
void RunController::readSizes()
{
    if (m_started.maxSteps > 0) {
        return;
    }
    const Outcome<QJsonObject> config = RunFolder(m_folder).readConfig();
    if (config) {
        m_started.maxSteps = config->value("max_steps"_L1).toInteger();
        m_started.trainableParameters =
            config->value("facts"_L1)["trainable_parameters"_L1].toInteger();
    }
}

void RunController::lookAtLock()
{
    const qsizetype before = m_metrics.series(Metric::Loss).size();
    readNewLines();
    if (m_metrics.series(Metric::Loss).size() != before) {
        m_lastStep = m_metrics.lastStep();
        readSizes(); // of a process that had not written them before
        Q_EMIT stepAdded();
    }
    lookForCheckpoints();
    const RunFolder folder(m_folder);
    m_lockSeen = m_lockSeen || folder.isLocked();
    // A process that was just started has not locked the folder yet.
    const bool mayStillStart = !m_lockSeen && m_followed.elapsed() < m_times.startMs;
    if (m_pastJob != nullptr || mayStillStart || folder.isLocked()) {
        return;
    }
    m_followTimer.stop();
    m_following = false;
    m_checkpoints = checkpointsIn(m_folder);
    m_peakMemory = std::max(m_peakMemory, folder.readOutcome().peakMemory);
    setState(folder.stateFor(numbers()));
    Q_EMIT ended();
}

// Told at the second look: a checkpoint's adapter is written a moment after it.
void RunController::lookForCheckpoints()
{
    const auto found = checkpointsIn(m_folder);
    if (found == m_checkpointsSeen && found != m_checkpoints) {
        m_checkpoints = found;
        Q_EMIT checkpointAdded();
    }
    m_checkpointsSeen = found;
}

void RunController::loadPast()
{
    if (m_pastJob != nullptr) {
        return;
    }
    m_pastJob = new RunPastJob(m_folder, this);
    connect(m_pastJob, &Job::ended, this, &RunController::onPastLoaded);
    m_pastJob->start(*QThreadPool::globalInstance());
}

void RunController::onPastLoaded()
{
    RunPast& past = m_pastJob->past();
    m_metrics = std::move(past.metrics);
    m_tail = past.tail;
    // Samples that arrived while the file was read are in it already.
    const qint64 lastRead = past.samples.isEmpty() ? -1 : past.samples.last().step;
    m_samples.removeIf([lastRead](const SampleText& each) { return each.step <= lastRead; });
    m_samples = past.samples + m_samples;
    m_initReport = m_initReport ? m_initReport : past.initReport;
    if (m_checkpoints.isEmpty()) {
        m_checkpoints = past.checkpoints;
    }
    if (m_lastStep.step == 0) {
        m_lastStep = m_metrics.lastStep();
    }
    m_log.prepend(past.log);
    m_pastJob->deleteLater();
    m_pastJob = nullptr;
    readNewLines();
    Q_EMIT pastLoaded();
    Q_EMIT stepAdded();
}

void RunController::showRecord(const RunRecord& record)
{
    m_started.maxSteps = record.numbers.maxSteps;
    m_started.trainableParameters = record.numbers.trainableParameters;
    m_peakMemory = record.numbers.peakMemory;
    m_problem.message = record.problem;
    setState(record.state);
    loadPast();
}

} // namespace app
