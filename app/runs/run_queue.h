// RunQueue: starts runs one after the other on each device, where those count too that another
// process trains in this workspace; owns the runs' controllers, and finds interrupted ones.
#pragma once

#include <memory>
#include <vector>

#include <QObject>
#include <QThreadPool>

#include "app/catalog/catalog.h"
#include "app/runs/run_controller.h"
#include "app/runs/run_creation.h"
#include "app/settings.h"

namespace app {

class RunSpec;

class RunQueue final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RunQueue)

public:
    RunQueue(const Paths& paths,
             Catalog& catalog,
             const Settings& settings,
             WorkerFactory factory,
             QString program,
             QObject* parent = nullptr);
    // Waits for a folder that is being written: the catalog has the run, and the next studio
    // offers it.
    ~RunQueue() override;

    // Makes a run folder with run.json, in the background and one after the other; it is queued by
    // the time the job says Done, and open() has its controller. The job is the queue's and is
    // deleted after it has ended; its Failed tells of the disk. Errors: the spec has errors; the
    // workspace cannot be written.
    [[nodiscard]] Outcome<RunCreation*> enqueue(const RunSpec& spec);
    // Goes on from the last whole checkpoint (from the start when there is none).
    [[nodiscard]] Outcome<RunController*> resume(const QString& runId);
    // The controller of a run, made on demand: an ended run's loads its past, a run that another
    // process trains is followed. nullptr when there is no such folder.
    [[nodiscard]] RunController* open(const QString& runId);

    [[nodiscard]] RunController* current() const; // the one going on; nullptr: none
    [[nodiscard]] QList<RunController*> waiting() const;
    [[nodiscard]] bool isBusy() const; // own runs only

    // Runs to offer for continuation. Looked up by findInterrupted().
    [[nodiscard]] const QStringList& interrupted() const { return m_interrupted; }

    // Looks at every run the catalog thinks live: followed when its folder is locked, interrupted
    // otherwise.
    void findInterrupted();
    void dismissInterrupted(const QString& runId); // marks it cancelled; it can still be resumed

    // Moves a run that has ended to the trash; Catalog::undoDelete() brings it back. Errors: busy
    // (it waits or goes on, here or elsewhere); the workspace cannot be written.
    [[nodiscard]] Outcome<Done> deleteRun(const QString& runId);

    // For closing the window.
    void stopAll();
    void continueAllWithoutWindow();

Q_SIGNALS:
    void runAdded(app::RunController* run);
    void runChanged(app::RunController* run); // its state
    void currentChanged();
    void interruptedChanged();
    void runDeleted(const QString& runId);
    void problemOccurred(const app::Problem& problem);
    void idle(); // no own run is going on any more (stopAll and continueAllWithoutWindow)

private:
    struct Entry;

    Entry& adopt(const QString& folder);
    [[nodiscard]] Entry* entryOf(const RunController* run);
    [[nodiscard]] Entry* entryOf(const QString& runId);
    void onCreated(RunCreation& creation, const QString& device);
    void queue(Entry& entry, RunController::Start how);
    [[nodiscard]] bool deviceIsBusy(const QString& device) const;
    void startNext();
    void followOthers();
    void onStateChanged(RunController* run);
    void reportProgress(RunController* run);
    void onEnded(RunController* run);
    void close(void (*end)(RunController&));
    [[nodiscard]] LadderTimes ladderTimes() const;
    [[nodiscard]] static bool isEndedForGood(RunState state);

    struct Entry
    {
        std::unique_ptr<RunController> run;
        QString device;
        RunController::Start how = RunController::Start::Fresh;
        bool queued = false;
        bool own = false; // started here, not yet ended
    };

    Paths m_paths;
    Catalog& m_catalog;
    const Settings& m_settings;
    WorkerFactory m_factory;
    QString m_program;
    std::vector<std::unique_ptr<Entry>> m_entries;
    QStringList m_interrupted;
    bool m_closing = false;
    QThreadPool m_files; // of one thread; ends before the members above
};

// The stop ladder's times as a person set them.
[[nodiscard]] LadderTimes ladderTimesFrom(const Settings& settings);

} // namespace app
