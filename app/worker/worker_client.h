// WorkerClient: protocol lines to typed signals, command ids, and the stop ladder stop -> terminate
// -> kill.
#pragma once

#include <memory>

#include <QJsonObject>
#include <QObject>
#include <QTimer>

#include "app/worker/worker_answers.h"
#include "app/worker/worker_events.h"
#include "app/worker/worker_process.h"

namespace app {

struct LadderTimes
{
    int startMs = 30'000;    // until hello
    int stopMs = 10'000;     // from stop to terminate
    int terminateMs = 5'000; // from terminate to kill
};

class WorkerClient final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(WorkerClient)

public:
    enum class Rung { None, Stop, Terminate, Kill };

    WorkerClient(std::unique_ptr<WorkerProcess> process,
                 LadderTimes times,
                 QObject* parent = nullptr);
    // Ends the process if it still runs: input closed, then killed. Does not wait.
    ~WorkerClient() override;

    void start();
    // Adds an id, sends the line (kept until hello has come) and returns the id.
    qint64 send(QJsonObject command);
    // The ladder's first rung, for a worker with a run: stop and save. Each rung is signalled. The
    // worker stays until quit().
    void stop();
    void discard(); // the same without saving
    // Asks the worker to exit, up the same ladder.
    void quit();
    void kill();

    [[nodiscard]] bool isReady() const { return m_ready; }

    [[nodiscard]] bool hasEnded() const { return m_ended; }

    [[nodiscard]] Rung rung() const { return m_rung; }

    [[nodiscard]] qint64 processId() const { return m_process->processId(); }

Q_SIGNALS:
    void ready(const QList<app::DeviceInfo>& devices); // hello of the right protocol
    // The run's events.
    void stateReported(qint64 id, const QString& state, double fraction, const QString& detail);
    void runStarted(const app::RunStarted& event);
    void stepReported(const app::StepPoint& event);
    void evalReported(const app::EvalPoint& event);
    void sampleReported(const app::SampleText& event);
    void checkpointReported(qint64 step, const QString& path);
    void initReported(const app::InitReport& report);
    void warningReported(qint64 id, const QString& message);
    void finishReported(const app::RunFinished& event);
    void failureReported(qint64 id, const app::Problem& problem);
    // Every other event with an id: "loaded", "token", "generated", "inspected", "checked", ...
    void answerReceived(qint64 id, const QString& event, const QJsonObject& object);
    // A line that is not an event; the worker goes on.
    void lineRefused(const QString& text);
    void logReceived(const QString& line);
    void rungReached(app::WorkerClient::Rung rung);
    void ended(const app::WorkerProcess::Ending& ending);

private:
    void onLine(const QByteArray& line);
    void onHello(const QJsonObject& event);
    bool dispatchRunEvent(const QString& event, qint64 id, const QJsonObject& object);
    void onEnded(const WorkerProcess::Ending& ending);
    void endRun(const QJsonObject& command);
    void climb(Rung rung);

    std::unique_ptr<WorkerProcess> m_process;
    LadderTimes m_times;
    QTimer m_timer;
    QList<QByteArray> m_waiting; // until hello
    Rung m_rung = Rung::None;
    qint64 m_nextId = 1;
    bool m_ready = false;
    bool m_ended = false;
    bool m_protocolMismatch = false;
};

} // namespace app
