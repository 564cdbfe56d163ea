// The run's states from the worker's events; run_controller_folder.cpp has what is read from its
// folder.
#include "app/runs/run_controller.h"

#include <algorithm>
#include <cmath>

#include <QFileInfo>

#include "app/runs/run_folder.h"
#include "app/runs/run_log.h"
#include "app/worker/detached_run.h"
#include "app/worker/worker_commands.h"
#include "app/worker/worker_ending.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

RunState stateFromWorker(const QString& state)
{
    if (state == "training"_L1 || state == "evaluating"_L1) {
        return RunState::Training;
    }
    if (state == "paused"_L1) {
        return RunState::Paused;
    }
    if (state == "stopping"_L1) {
        return RunState::Stopping;
    }
    return RunState::Loading; // "loading", "initializing", and whatever prepares a run
}

} // namespace

RunController::RunController(
    QString folder, WorkerFactory factory, QString program, LadderTimes times, QObject* parent)
    : QObject(parent)
    , m_folder(std::move(folder))
    , m_factory(std::move(factory))
    , m_program(std::move(program))
    , m_times(times)
    , m_tail(RunFolder(m_folder).metricsFile())
{
    connect(&m_followTimer, &QTimer::timeout, this, &RunController::lookAtLock);
}

RunController::~RunController() = default;

QString RunController::id() const
{
    return QFileInfo(m_folder).fileName();
}

QString RunController::name() const
{
    const RunFolder folder(m_folder);
    const Outcome<QJsonObject> config = folder.readConfig();
    const QString configured = config ? config->value("name"_L1).toString() : QString();
    const QString name = folder.readStudio().value("name"_L1).toString(configured);
    return name.isEmpty() ? id() : name;
}

WorkerClient::Rung RunController::stopRung() const
{
    return m_client ? m_client->rung() : WorkerClient::Rung::None;
}

RunNumbers RunController::numbers() const
{
    RunNumbers numbers;
    numbers.step = m_lastStep.step;
    numbers.maxSteps = m_started.maxSteps;
    numbers.trainableParameters = m_started.trainableParameters;
    numbers.loss = m_metrics.trainingLoss();
    numbers.evalLoss = m_metrics.bestEvalLoss();
    if (m_finished && !std::isnan(m_finished->evalLoss)) {
        numbers.evalLoss = m_finished->evalLoss;
    }
    numbers.perplexity = std::exp(numbers.evalLoss);
    numbers.tokensPerSecond = m_metrics.tokensPerSecond();
    numbers.seconds = m_metrics.totalSeconds();
    numbers.tokens = m_metrics.totalTokens();
    numbers.peakMemory =
        m_finished ? m_finished->peakMemory : std::max(m_peakMemory, m_metrics.peakMemory());
    return numbers;
}

void RunController::setState(RunState state, const QString& detail, double fraction)
{
    m_state = state;
    m_stateDetail = detail;
    m_stateFraction = fraction;
    Q_EMIT stateChanged();
}

void RunController::setQueued()
{
    setState(RunState::Queued);
}

void RunController::start(Start how)
{
    m_following = false;
    m_followTimer.stop();
    m_problem = {};
    m_finished.reset();
    m_detachAsked = false;
    if (how == Start::Resume && m_metrics.series(Metric::Loss).isEmpty()) {
        loadPast();
    }
    m_client = std::make_unique<WorkerClient>(m_factory(), m_times);
    connectClient();
    setState(RunState::Starting);
    m_client->start();
    m_runCommand =
        m_client->send(how == Start::Fresh ? trainCommand(m_folder) : resumeRunCommand(m_folder));
}

void RunController::connectClient()
{
    WorkerClient* client = m_client.get();
    connect(client, &WorkerClient::ready, this, [this] { setState(RunState::Loading); });
    connect(client,
            &WorkerClient::stateReported,
            this,
            [this](qint64, const QString& state, double fraction, const QString& detail) {
                onStateReported(state, fraction, detail);
            });
    connect(client, &WorkerClient::runStarted, this, [this](const RunStarted& event) {
        m_started = event;
        m_log.append(LogModel::Level::Info, run_log::startedText(event));
        setState(RunState::Training);
    });
    connect(client, &WorkerClient::stepReported, this, &RunController::onStep);
    connect(client, &WorkerClient::evalReported, this, [this](const EvalPoint& event) {
        readNewLines();
        m_log.append(LogModel::Level::Info, run_log::evalText(event));
        Q_EMIT evalAdded();
    });
    connect(client, &WorkerClient::sampleReported, this, &RunController::onSample);
    connect(
        client, &WorkerClient::checkpointReported, this, [this](qint64 step, const QString& path) {
            m_checkpoints.append({step, path});
            m_log.append(LogModel::Level::Info, run_log::savedText(step));
            Q_EMIT checkpointAdded();
        });
    connect(client, &WorkerClient::initReported, this, [this](const InitReport& report) {
        m_initReport = report;
        Q_EMIT initReported();
    });
    connect(client, &WorkerClient::warningReported, this, [this](qint64, const QString& message) {
        m_log.append(LogModel::Level::Warning, message);
        Q_EMIT warned(message);
    });
    connect(client, &WorkerClient::finishReported, this, [this](const RunFinished& event) {
        m_finished = event;
        m_log.append(LogModel::Level::Info, run_log::finishedText(event));
        readNewLines();
        m_client->quit();
    });
    connect(client, &WorkerClient::failureReported, this, &RunController::onFailure);
    connect(client, &WorkerClient::lineRefused, this, [this](const QString& text) {
        m_log.append(LogModel::Level::Warning, tr("Not an event: %1").arg(text));
    });
    connect(client, &WorkerClient::logReceived, this, [this](const QString& line) {
        m_log.append(LogModel::Level::Info, line);
    });
    connect(client, &WorkerClient::rungReached, this, [this](WorkerClient::Rung rung) {
        if (!m_finished && m_state != RunState::Stopping) {
            setState(RunState::Stopping);
        }
        Q_EMIT rungReached(rung);
    });
    connect(client, &WorkerClient::ended, this, &RunController::onEnded);
}

void RunController::onStateReported(const QString& state, double fraction, const QString& detail)
{
    const RunState next = stateFromWorker(state);
    // A worker that is being stopped still says what it does; the run stays Stopping.
    const bool stopping = m_state == RunState::Stopping;
    setState(stopping ? RunState::Stopping : next, workText(state, detail), fraction);
}

void RunController::onStep(const StepPoint& point)
{
    m_lastStep = point;
    m_peakMemory = std::max(m_peakMemory, point.memory);
    readNewLines();
    if (m_state == RunState::Loading || m_state == RunState::Starting) {
        setState(RunState::Training);
    }
    Q_EMIT stepAdded();
}

void RunController::onSample(const SampleText& sample)
{
    m_samples.append(sample);
    Q_EMIT sampleAdded();
}

void RunController::readNewLines()
{
    if (m_pastJob != nullptr) {
        return; // the past comes first
    }
    m_tail.read([this](const QByteArray& line) { m_metrics.addLine(line); },
                [this] { m_metrics.clear(); });
}

// A failed event of the run ends it; one of pause, sample and the like is only told.
void RunController::onFailure(qint64 id, const Problem& problem)
{
    m_log.append(LogModel::Level::Error, problem.text());
    if (id != m_runCommand && id != 0) {
        Q_EMIT problemOccurred(problem);
        return;
    }
    m_problem = problem;
    m_client->quit();
}

RunState RunController::endingState(const WorkerProcess::Ending& ending)
{
    const bool exitedWell = ending.kind == WorkerProcess::Ending::Kind::Exited
                            && (ending.exitCode == 0 || ending.exitCode == 3);
    if (m_finished && exitedWell) {
        return m_finished->reason == "stopped"_L1 ? RunState::Cancelled : RunState::Finished;
    }
    if (m_problem.code == "cancelled"_L1) {
        m_problem = {};
        return RunState::Cancelled;
    }
    if (!m_problem.message.isEmpty()) {
        return RunState::Failed;
    }
    if (exitedWell && m_client->rung() != WorkerClient::Rung::None) {
        return RunState::Cancelled; // stopped before it had begun
    }
    m_problem = problemFromEnding(ending);
    if (m_problem.message.isEmpty()) {
        m_problem = problemFromEvent(
            u"crashed"_s, tr("The worker ended without saying that the run is finished."), {});
        m_problem.details = ending.stderrTail;
    } else if (m_client->rung() > WorkerClient::Rung::Stop) {
        m_problem.message = tr("The worker did not stop when it was asked, and was ended.");
    }
    const bool couldNotStart = ending.kind == WorkerProcess::Ending::Kind::CouldNotStart;
    if (m_problem.code == "crashed"_L1) {
        m_problem.hint = whatIsSaved();
    }
    // The worker has written nothing of its end.
    m_log.append(LogModel::Level::Error, m_problem.text());
    RunFolder(m_folder).addToLog(run_log::lineOfProblem(m_problem));
    return couldNotStart ? RunState::Failed : RunState::Crashed;
}

QString RunController::whatIsSaved() const
{
    const qint64 reached = m_lastStep.step;
    if (m_checkpoints.isEmpty()) {
        return reached == 0 ? tr("“Continue” starts it again.")
                            : tr("None of its %1 steps is saved: “Continue” starts from "
                                 "the first.")
                                  .arg(reached);
    }
    const qint64 saved = m_checkpoints.last().first;
    return reached > saved ? tr("Step %1 is saved, step %2 was reached: “Continue” does the steps "
                                "between again.")
                                 .arg(saved)
                                 .arg(reached)
                           : tr("Step %1 is saved: “Continue” goes on from there.").arg(saved);
}

void RunController::onEnded(const WorkerProcess::Ending& ending)
{
    readNewLines();
    const RunState state = endingState(ending);
    m_client.release()->deleteLater(); // it is inside its own signal
    if (m_detachAsked && state == RunState::Cancelled) {
        goOnDetached();
        return;
    }
    setState(state);
    Q_EMIT ended();
}

void RunController::pause()
{
    if (m_client && m_state == RunState::Training) {
        m_client->send(pauseCommand());
    }
}

void RunController::proceed()
{
    if (m_client && m_state == RunState::Paused) {
        m_client->send(continueCommand());
    }
}

void RunController::saveNow()
{
    if (m_client) {
        m_client->send(checkpointCommand());
    }
}

void RunController::sampleNow()
{
    if (m_client) {
        m_client->send(sampleCommand());
    }
}

void RunController::stop()
{
    if (m_client) {
        m_client->stop();
    } else if (m_following) {
        const RunFolder folder(m_folder);
        const qint64 process = folder.readStudio().value("process_id"_L1).toInteger();
        if (const Outcome<Done> asked = stopDetachedRun(process, m_folder); !asked) {
            Q_EMIT problemOccurred(asked.problem());
        } else {
            setState(RunState::Stopping);
        }
    } else if (m_state == RunState::Queued) {
        setState(RunState::Cancelled);
        Q_EMIT ended();
    }
}

void RunController::discard()
{
    if (m_client) {
        m_client->discard();
    } else {
        stop();
    }
}

void RunController::continueWithoutWindow()
{
    if (m_client) {
        m_detachAsked = true;
        m_client->stop();
    }
}

} // namespace app
