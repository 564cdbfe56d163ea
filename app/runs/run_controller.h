// RunController: one run from queued to ended, in the studio's own worker or followed from its
// folder.
#pragma once

#include <memory>
#include <optional>

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include "app/catalog/records.h"
#include "app/models/log_model.h"
#include "app/runs/run_metrics.h"
#include "app/runs/run_past.h"
#include "app/worker/worker_client.h"

namespace app {

// Owned by RunQueue. Pages connect to its signals and read its state; none of its calls block.
class RunController final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RunController)

public:
    enum class Start { Fresh, Resume };

    // `folder` holds run.json.
    // `program` is what goes on without the window.
    RunController(QString folder,
                  WorkerFactory factory,
                  QString program,
                  LadderTimes times,
                  QObject* parent = nullptr);
    ~RunController() override;

    [[nodiscard]] const QString& folder() const { return m_folder; }

    [[nodiscard]] QString id() const; // the folder's name
    [[nodiscard]] QString name() const;

    [[nodiscard]] RunState state() const { return m_state; }

    // "reading the data", translated
    [[nodiscard]] const QString& stateDetail() const { return m_stateDetail; }

    [[nodiscard]] double stateFraction() const { return m_stateFraction; } // negative: unknown

    [[nodiscard]] WorkerClient::Rung stopRung() const;

    // True when another process trains and this one only watches: pause, save and sample are not
    // possible then; stop is where the system can deliver it.
    [[nodiscard]] bool isFollowing() const { return m_following; }

    [[nodiscard]] const Problem& problem() const { return m_problem; } // of Failed and Crashed

    [[nodiscard]] const RunMetrics& metrics() const { return m_metrics; }

    [[nodiscard]] RunNumbers numbers() const;

    [[nodiscard]] const RunStarted& started() const { return m_started; }

    [[nodiscard]] double secondsLeft() const { return m_lastStep.secondsLeft; } // NaN: unknown

    [[nodiscard]] const QList<SampleText>& samples() const { return m_samples; }

    [[nodiscard]] const QList<QPair<qint64, QString>>& checkpoints() const { return m_checkpoints; }

    [[nodiscard]] const std::optional<InitReport>& initReport() const { return m_initReport; }

    [[nodiscard]] LogModel& log() { return m_log; }

    void start(Start how);
    void follow();   // another process trains here: its files are watched
    void loadPast(); // metrics, samples and log of the steps already made; `pastLoaded` follows
    void pause();
    void proceed(); // after pause
    void saveNow();
    void sampleNow();
    void stop();    // and save; the ladder
    void discard(); // stop without saving
    // Saves, stops, and starts `lowrank resume` on its own; `detached` and then `ended` follow.
    void continueWithoutWindow();
    void setQueued();                         // before start()
    void showRecord(const RunRecord& record); // an ended run: its state, and its past

Q_SIGNALS:
    void stateChanged();
    void stepAdded(); // at most ten a second come from a worker
    void evalAdded();
    void sampleAdded();
    void checkpointAdded();
    void initReported();
    void warned(const QString& message);
    void problemOccurred(const app::Problem& problem); // a request that could not be met
    void pastLoaded();
    void rungReached(app::WorkerClient::Rung rung);
    void detached(qint64 processId);
    void ended(); // once per start; state() says how

private:
    void connectClient();
    void setState(RunState state, const QString& detail = {}, double fraction = -1.0);
    void onStateReported(const QString& state, double fraction, const QString& detail);
    void onStep(const StepPoint& point);
    void onSample(const SampleText& sample);
    void onFailure(qint64 id, const Problem& problem);
    void onEnded(const WorkerProcess::Ending& ending);
    void onPastLoaded();
    void readNewLines();
    void readSizes();
    void lookAtLock();
    void lookForCheckpoints();
    void goOnDetached();
    [[nodiscard]] RunState endingState(const WorkerProcess::Ending& ending);
    [[nodiscard]] QString whatIsSaved() const; // of a run that crashed

    QString m_folder;
    WorkerFactory m_factory;
    QString m_program;
    LadderTimes m_times;
    std::unique_ptr<WorkerClient> m_client;
    QTimer m_followTimer; // while another process trains
    RunPastJob* m_pastJob = nullptr;
    RunState m_state = RunState::Queued;
    QString m_stateDetail;
    double m_stateFraction = -1.0;
    Problem m_problem;
    std::optional<RunFinished> m_finished;
    RunMetrics m_metrics;
    LineTail m_tail; // of metrics.jsonl: the worker sends at most ten steps a second
    RunStarted m_started;
    StepPoint m_lastStep;
    qint64 m_peakMemory = 0;
    qint64 m_runCommand = 0; // id of train or resume_run
    QList<SampleText> m_samples;
    QList<QPair<qint64, QString>> m_checkpoints;
    QList<QPair<qint64, QString>> m_checkpointsSeen; // at the last look
    std::optional<InitReport> m_initReport;
    LogModel m_log;
    QElapsedTimer m_followed;
    bool m_lockSeen = false;
    bool m_following = false;
    bool m_detachAsked = false;
};

} // namespace app
