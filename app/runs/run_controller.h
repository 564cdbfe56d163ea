// RunController: one run from queued to ended, in the studio's own worker or followed from its
// folder.
#pragma once

#include <memory>
#include <optional>

#include <QObject>
#include <QTimer>

#include "app/catalog/records.h"
#include "app/models/log_model.h"
#include "app/runs/run_metrics.h"
#include "app/worker/worker_client.h"

namespace app {

class RunFollower;

// Owned by RunQueue. Pages connect to its signals and read its state; none of its calls block.
class RunController final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RunController)

public:
    enum class Start { Fresh, Resume };

    // `folder` holds run.json.
    RunController(QString folder,
                  WorkerFactory factory,
                  LadderTimes times,
                  QObject* parent = nullptr);
    ~RunController() override;

    [[nodiscard]] const QString& folder() const { return m_folder; }

    [[nodiscard]] QString id() const; // the folder's name
    [[nodiscard]] QString name() const;

    [[nodiscard]] RunState state() const { return m_state; }

    [[nodiscard]] const QString& stateDetail() const
    {
        return m_stateDetail;
    } // "reading the base model"

    [[nodiscard]] double stateFraction() const { return m_stateFraction; } // negative: unknown

    [[nodiscard]] WorkerClient::Rung stopRung() const;

    // True when another process trains and this one only watches: pause, save and sample are not
    // possible then; stop is where the system can deliver it.
    [[nodiscard]] bool isFollowing() const { return m_follower != nullptr; }

    [[nodiscard]] const Problem& problem() const { return m_problem; } // of Failed and Crashed

    [[nodiscard]] const RunMetrics& metrics() const { return m_metrics; }

    [[nodiscard]] RunNumbers numbers() const;

    [[nodiscard]] const RunStarted& started() const { return m_started; }

    [[nodiscard]] double secondsLeft() const { return m_secondsLeft; } // NaN: unknown

    [[nodiscard]] const QList<SampleText>& samples() const { return m_samples; }

    [[nodiscard]] const QList<QPair<qint64, QString>>& checkpoints() const { return m_checkpoints; }

    [[nodiscard]] const std::optional<InitReport>& initReport() const { return m_initReport; }

    [[nodiscard]] LogModel& log() { return m_log; }

    void start(Start how);
    void follow();   // another process trains here; watch its files
    void loadPast(); // an ended run: its metrics, samples and log, read in slices off the loop
    void pause();
    void proceed(); // after pause
    void saveNow();
    void sampleNow();
    void stop();    // and save; the ladder
    void discard(); // stop without saving
    // Saves, stops, and starts `lowrank resume` on its own; `detached` follows, or ended.
    void continueWithoutWindow();
    void cancelQueued();

Q_SIGNALS:
    void stateChanged();
    void stepAdded(); // at most ten a second come from a worker
    void evalAdded();
    void sampleAdded();
    void checkpointAdded();
    void initReported();
    void warned(const QString& message);
    void pastLoaded();
    void rungReached(app::WorkerClient::Rung rung);
    void detached(qint64 processId);
    void ended(); // once per start; state() says how

private:
    void connectClient();
    void setState(RunState state, const QString& detail = {}, double fraction = -1.0);
    void onStateReported(const QString& state, double fraction, const QString& detail);
    void onFailure(qint64 id, const Problem& problem);
    void onEnded(const WorkerProcess::Ending& ending);
    void onFollowedFile(const QByteArray& line);
    void startDetached();
    [[nodiscard]] RunState endingState(const WorkerProcess::Ending& ending);

    QString m_folder;
    WorkerFactory m_factory;
    LadderTimes m_times;
    std::unique_ptr<WorkerClient> m_client;
    std::unique_ptr<RunFollower> m_follower;
    RunState m_state = RunState::Queued;
    QString m_stateDetail;
    double m_stateFraction = -1.0;
    Problem m_problem;
    std::optional<RunFinished> m_finished;
    RunMetrics m_metrics;
    RunStarted m_started;
    double m_secondsLeft = kUnknown;
    qint64 m_peakMemory = 0;
    qint64 m_runCommand = 0; // id of train or resume_run
    QList<SampleText> m_samples;
    QList<QPair<qint64, QString>> m_checkpoints;
    std::optional<InitReport> m_initReport;
    LogModel m_log;
    bool m_stopAsked = false;
    bool m_detachAsked = false;
};

} // namespace app
