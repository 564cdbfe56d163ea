// Runs through the fake worker: every ending, pause, the queue, following, and what the catalog
// keeps. One file because the cases are of one scripted worker.
#include <QProcess>
#include <QSignalSpy>

#include "app/catalog/catalog.h"
#include "app/runs/run_folder.h"
#include "app/runs/run_log.h"
#include "app/runs/run_queue.h"
#include "app/runs/run_spec.h"
#include "app/worker/detached_run.h"
#include "engine/core/platform.h"
#include "tests/app/app_test.h"

using app::RunController;
using app::RunState;
using namespace Qt::StringLiterals;

namespace {

struct Studio
{
    explicit Studio(const char* mode)
        : catalog(paths)
        , settings(folder.filePath(u"studio.ini"_s))
        , runs(
              paths, catalog, settings, app_test::fakeWorker(mode), QStringLiteral(LOWRANK_PROGRAM))
    {
        settings.setValue(app::Setting::StopSeconds, 1);
        settings.setValue(app::Setting::TerminateSeconds, 1);
        if (!catalog.open()) {
            qFatal("the catalog cannot be opened");
        }
        app_test::writeFile(folder.filePath(u"d.jsonl"_s), "{}");
        app::ModelRecord model;
        model.path = u"/models/small"_s;
        model.shape = {64, 128, 3, 4, 2, 16, 100, 256};
        app::DatasetRecord dataset;
        dataset.path = folder.filePath(u"d.jsonl"_s);
        spec.setBaseModel(model);
        spec.setDataset(dataset);
        spec.setValue(u"name"_s, u"try"_s);
    }

    RunController* start() { return app_test::enqueue(runs, spec); }

    QTemporaryDir folder;
    app::Paths paths{folder.path() + u"/workspace"_s};
    app::Catalog catalog;
    app::Settings settings;
    app::RunQueue runs;
    app::RunSpec spec;
};

} // namespace

class TestRunController final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aRunGoesToItsEnd()
    {
        Studio studio("normal");
        QList<RunState> states;
        QStringList details;
        connect(&studio.runs, &app::RunQueue::runChanged, this, [&](const RunController* changed) {
            states.append(changed->state());
            details.append(changed->stateDetail());
        });
        RunController* run = studio.start();
        QVERIFY(run != nullptr);
        QTRY_COMPARE(run->state(), RunState::Finished);
        QCOMPARE(states.value(0), RunState::Queued);
        QCOMPARE(states.value(1), RunState::Starting);
        QVERIFY(states.contains(RunState::Loading));
        QVERIFY(states.contains(RunState::Training));
        // An evaluation is part of the training.
        QVERIFY(states.lastIndexOf(RunState::Loading) < states.indexOf(RunState::Training));
        QCOMPARE(states.value(details.indexOf(u"evaluating"_s)), RunState::Training);
        QCOMPARE(run->metrics().series(app::Metric::Loss).size(), 20);
        QCOMPARE(run->numbers().step, 20);
        QCOMPARE(run->numbers().loss, run->metrics().trainingLoss());
        QCOMPARE(run->numbers().peakMemory, 2000000);
        QTRY_COMPARE(studio.catalog.run(run->id())->state, RunState::Finished);
        QCOMPARE(studio.catalog.run(run->id())->numbers.trainableParameters, 1234);
        QTRY_COMPARE(studio.catalog.adapters().size(), 1);
        QVERIFY(!studio.runs.isBusy());
    }

    // The thread that asks writes nothing: the folder is not there yet when enqueue() returns, and
    // what becomes visible is whole.
    void aRunsFolderIsWrittenInTheBackground()
    {
        Studio studio("normal");
        const auto creation = studio.runs.enqueue(studio.spec);
        QVERIFY(creation);
        QVERIFY(!(*creation)->isEnded());
        QVERIFY(studio.runs.waiting().isEmpty());
        QSignalSpy added(&studio.runs, &app::RunQueue::runAdded);
        QString id;
        bool isWhole = false;
        connect(*creation, &app::Job::ended, this, [&, job = *creation] {
            id = job->runId();
            isWhole = app::RunFolder(job->folder()).readConfig().hasValue()
                      && app::RunFolder(job->folder()).readStudio().contains("created"_L1)
                      && studio.runs.waiting().size() == 1;
        });
        QTRY_COMPARE(added.size(), 1);
        QVERIFY(isWhole);
        QTRY_COMPARE(studio.runs.open(id)->state(), RunState::Finished);
    }

    void aFolderThatCannotBeWrittenIsTold()
    {
        Studio studio("normal");
        // A file where the folder of runs should be: also root cannot write below it.
        QVERIFY(QDir(studio.paths.runs()).removeRecursively());
        app_test::writeFile(studio.paths.runs(), "in the way");
        QSignalSpy added(&studio.runs, &app::RunQueue::runAdded);
        const auto creation = studio.runs.enqueue(studio.spec);
        QVERIFY(creation);
        app::Problem problem;
        auto state = app::Job::State::Waiting;
        connect(*creation, &app::Job::ended, this, [&, job = *creation] {
            state = job->state();
            problem = job->problem();
        });
        QTRY_COMPARE(state, app::Job::State::Failed);
        QVERIFY(!problem.message.isEmpty());
        QVERIFY(added.isEmpty());
        QVERIFY(!studio.runs.isBusy());
    }

    void closingWhileAFolderIsWrittenLeavesItWhole()
    {
        const QTemporaryDir folder;
        const app::Paths paths(folder.path() + u"/workspace"_s);
        {
            Studio studio("normal");
            studio.spec.setValue(u"name"_s, u"kept"_s);
            app::Catalog catalog(paths);
            QVERIFY(catalog.open().hasValue());
            app::RunQueue runs(
                paths, catalog, studio.settings, app_test::fakeWorker("normal"), QString());
            QVERIFY(runs.enqueue(studio.spec)); // and all of it goes
        }
        app::Catalog next(paths);
        QVERIFY(next.open().hasValue());
        QTRY_COMPARE(next.runs().size(), 1);
        const app::RunRecord run = next.runs().first();
        QCOMPARE(run.name, u"kept"_s);
        QVERIFY(app::canResume(run.state));
        QCOMPARE(QDir(paths.runs()).entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 1);
    }

    void endings_data()
    {
        QTest::addColumn<QByteArray>("mode");
        QTest::addColumn<RunState>("state");
        QTest::addColumn<QString>("code");
        QTest::newRow("crash") << QByteArray("crash") << RunState::Crashed << u"crashed"_s;
        QTest::newRow("exit 70") << QByteArray("exit_70") << RunState::Crashed << u"crashed"_s;
        QTest::newRow("fail") << QByteArray("fail") << RunState::Failed << u"out_of_host_memory"_s;
        QTest::newRow("lost device")
            << QByteArray("lose_device") << RunState::Failed << u"device_lost"_s;
        QTest::newRow("garbage") << QByteArray("garbage") << RunState::Finished << QString();
        QTest::newRow("old protocol")
            << QByteArray("old_protocol") << RunState::Failed << u"unsupported"_s;
    }

    void endings()
    {
        QFETCH(QByteArray, mode);
        QFETCH(RunState, state);
        QFETCH(QString, code);
        Studio studio(mode.constData());
        RunController* run = studio.start();
        QSignalSpy ended(run, &RunController::ended);
        QTRY_COMPARE(ended.size(), 1);
        QCOMPARE(run->state(), state);
        QCOMPARE(run->problem().code, code);
        QTRY_COMPARE(studio.catalog.run(run->id())->state, state);
        QCOMPARE(studio.catalog.run(run->id())->problem.isEmpty(), code.isEmpty());
    }

    // How it ended, what is lost, and what to press; also in the log of the next studio.
    void aCrashSaysWhatIsSaved()
    {
        Studio studio("crash");
        RunController* run = studio.start();
        QTRY_COMPARE(run->state(), RunState::Crashed);
        const QString text = run->problem().text();
        QVERIFY2(text.contains("SIGABRT"_L1), qPrintable(text));
        QVERIFY2(text.contains(u"Step 3 is saved, step 4 was reached: “Continue”"_s),
                 qPrintable(text));
        const QModelIndex last = run->log().index(run->log().rowCount() - 1);
        QCOMPARE(last.data(Qt::ToolTipRole).toString(), text);
        QFile file(app::RunFolder(run->folder()).logFile());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto line = app::run_log::lineFrom(QString::fromUtf8(file.readLine().trimmed()));
        QVERIFY(line.has_value());
        QCOMPARE(line->text, text);
        QCOMPARE(line->level, app::LogModel::Level::Error);
    }

    void stopSavesAndTheRunCanGoOn()
    {
        Studio studio("slow");
        RunController* run = studio.start();
        QTRY_VERIFY(run->metrics().series(app::Metric::Loss).size() >= 2);
        run->stop();
        QTRY_COMPARE(run->state(), RunState::Cancelled);
        QTRY_COMPARE(studio.catalog.run(run->id())->state, RunState::Cancelled);
        qputenv("LOWRANK_FAKE", "normal");
        const auto resumed = studio.runs.resume(run->id());
        QVERIFY(resumed.hasValue());
        QCOMPARE(*resumed, run);
        QTRY_COMPARE(run->state(), RunState::Finished);
        QCOMPARE(run->metrics().series(app::Metric::Loss).last().x, 20.0);
    }

    void pauseAndProceed()
    {
        Studio studio("slow");
        RunController* run = studio.start();
        QTRY_COMPARE(run->state(), RunState::Training);
        run->pause();
        QTRY_COMPARE(run->state(), RunState::Paused);
        run->stop();
        QTRY_COMPARE(run->state(), RunState::Cancelled);
    }

    void aHungWorkerIsKilledAndTheRunIsCrashed()
    {
        Studio studio("hang");
        RunController* run = studio.start();
        QTRY_COMPARE(run->metrics().series(app::Metric::Loss).size(), 4);
        QList<app::WorkerClient::Rung> rungs;
        connect(run, &RunController::rungReached, this, [&](auto rung) { rungs.append(rung); });
        run->stop();
        QCOMPARE(run->state(), RunState::Stopping);
        QTRY_VERIFY_WITH_TIMEOUT(app::isEnded(run->state()), 10'000);
        QCOMPARE(run->state(), RunState::Crashed);
        QVERIFY(rungs.contains(app::WorkerClient::Rung::Terminate));
    }

    void runsWaitForTheDevice()
    {
        Studio studio("slow");
        RunController* first = studio.start();
        RunController* second = studio.start();
        QVERIFY(first->folder() != second->folder());
        QTRY_COMPARE(first->state(), RunState::Training);
        QCOMPARE(second->state(), RunState::Queued);
        QCOMPARE(studio.runs.waiting(), QList<RunController*>{second});
        QCOMPARE(studio.runs.current(), first);
        const auto listed = [&] {
            const auto record = studio.catalog.run(second->id());
            return record ? record->state : RunState::Crashed;
        };
        studio.catalog.flush();
        QCOMPARE(listed(), RunState::Queued); // not what its folder alone says
        qputenv("LOWRANK_FAKE", "normal");
        first->stop();
        QTRY_COMPARE(second->state(), RunState::Finished);
    }

    // Its folder alone looks interrupted until the worker has locked it.
    void aRunThatWaitsIsNeverListedAsInterrupted()
    {
        Studio studio("slow");
        RunController* first = studio.start();
        RunController* second = studio.start();
        const auto listed = [&](const RunController* run) {
            studio.catalog.flush();
            const auto record = studio.catalog.run(run->id());
            return record ? record->state : RunState::Crashed;
        };
        QCOMPARE(listed(second), RunState::Queued);
        studio.catalog.setRunNotes(second->id(), u"written while it waits"_s);
        QCOMPARE(listed(second), RunState::Queued);
        studio.catalog.rebuild();
        QCOMPARE(listed(second), RunState::Queued);
        // Going on is the same, at once.
        QTRY_COMPARE(first->state(), RunState::Training);
        first->stop();
        QTRY_VERIFY(app::isEnded(first->state()) && app::isLive(second->state()));
        QVERIFY(studio.runs.resume(first->id()));
        QCOMPARE(listed(first), RunState::Queued);
        studio.catalog.rebuild();
        QCOMPARE(listed(first), RunState::Queued);
    }

    void interruptedRunsAreFound()
    {
        Studio studio("normal");
        const QString folder = app_test::writeRun(studio.paths, u"r1"_s, 3);
        QVERIFY(QFile::remove(folder + u"/outcome.json"_s));
        studio.catalog.rebuild();
        studio.catalog.flush();
        studio.runs.findInterrupted();
        QCOMPARE(studio.runs.interrupted(), QStringList{u"r1"_s});
        studio.runs.dismissInterrupted(u"r1"_s);
        studio.catalog.flush();
        studio.runs.findInterrupted();
        QVERIFY(studio.runs.interrupted().isEmpty());
        QVERIFY(app::canResume(studio.catalog.run(u"r1"_s)->state));
    }

    void aProcessThatHasNotLockedItsFolderYetIsFollowed()
    {
#ifndef Q_OS_LINUX
        QSKIP("the system does not tell a process's command line");
#endif
        Studio studio("normal");
        const QString folder = app_test::writeRun(studio.paths, u"r1"_s, 3);
        app_test::writeOutcome(folder, "stopped", 3);
        QProcess process; // as `lowrank resume FOLDER` before it has the lock
        process.start(u"/bin/sh"_s, {u"-c"_s, u"read line"_s, folder});
        QVERIFY(process.waitForStarted());
        const qint64 processId = process.processId();
        QTRY_VERIFY(app::detachedRunLives(processId, folder)); // its command line comes a bit later
        QVERIFY(app::RunFolder(folder).setStudioValues(
            {{u"state"_s, u"training"_s}, {u"process_id"_s, processId}}));
        RunController* run = studio.runs.open(u"r1"_s);
        QVERIFY(run != nullptr);
        QCOMPARE(run->state(), RunState::Training);
        const auto again = studio.runs.resume(u"r1"_s);
        QVERIFY(!again);
        QCOMPARE(again.problem().code, u"busy"_s);
        QVERIFY(!app::detachedRunLives(processId, u"/another/run"_s));
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished());
        QVERIFY(!app::detachedRunLives(processId, folder));
    }

    void aRunOfAnotherProcessIsFollowed()
    {
        Studio studio("normal");
        const QString folder = app_test::writeRun(studio.paths, u"r1"_s, 3);
        app_test::writeJson(
            folder + u"/run.json"_s,
            {{u"max_steps"_s, 40}, {u"facts"_s, QJsonObject{{u"trainable_parameters"_s, 1234}}}});
        std::optional<engine::FolderLock> lock;
        lock.emplace(*engine::FolderLock::acquire(std::filesystem::path(folder.toStdU16String())));
        studio.catalog.refreshRun(u"r1"_s);
        studio.catalog.flush();
        RunController* run = studio.runs.open(u"r1"_s);
        QVERIFY(run->isFollowing());
        QCOMPARE(run->numbers().maxSteps, 40);
        QCOMPARE(run->numbers().trainableParameters, 1234);
        QTRY_COMPARE(run->metrics().series(app::Metric::Loss).size(), 3);
        QFile metrics(folder + u"/metrics.jsonl"_s);
        QVERIFY(metrics.open(QIODevice::Append));
        metrics.write("{\"event\":\"step\",\"step\":4,\"loss\":0.1,\"memory\":3000}\n"
                      "{\"event\":\"step\",\"st"); // half a line
        metrics.close();
        QTRY_COMPARE(run->metrics().series(app::Metric::Loss).size(), 4);
        QCOMPARE(run->numbers().peakMemory, 3000);
        QCOMPARE(run->state(), RunState::Training);
        QVERIFY(!studio.runs.resume(u"r1"_s).hasValue()); // locked
        QSignalSpy ended(run, &RunController::ended);
        app_test::writeOutcome(folder, "done", 4);
        lock.reset();
        QTRY_COMPARE(ended.size(), 1);
        QCOMPARE(run->state(), RunState::Finished);
        QVERIFY(!run->isFollowing());
        QCOMPARE(run->numbers().maxSteps, 40);
        QCOMPARE(run->numbers().peakMemory, 4096); // the worker's last word
    }

    // Also when nobody has looked at that run yet.
    void runsWaitForTheDeviceOfAnotherProcess()
    {
        Studio studio("normal");
        const QString folder = app_test::writeRun(studio.paths, u"r1"_s, 3);
        QVERIFY(QFile::remove(folder + u"/outcome.json"_s));
        std::optional<engine::FolderLock> lock;
        lock.emplace(*engine::FolderLock::acquire(std::filesystem::path(folder.toStdU16String())));
        studio.catalog.refreshRun(u"r1"_s);
        studio.catalog.flush();
        RunController* run = studio.start();
        QCoreApplication::processEvents(); // the queue has looked
        QCOMPARE(run->state(), RunState::Queued);
        QCOMPARE(studio.runs.waiting(), QList<RunController*>{run});
        QVERIFY(studio.runs.open(u"r1"_s)->isFollowing());
        app_test::writeOutcome(folder, "done", 3);
        lock.reset();
        QTRY_COMPARE(run->state(), RunState::Finished);
    }

    void aRewrittenMetricsFileIsReadAgain()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"metrics.jsonl"_s);
        app_test::writeFile(path, "one\ntwo\nthree\n");
        app::LineTail tail(path);
        QList<QByteArray> lines;
        const auto add = [&](const QByteArray& line) { lines.append(line); };
        const auto restart = [&] { lines.clear(); };
        QCOMPARE(tail.read(add, restart), app::LineTail::Result::Added);
        QCOMPARE(lines, (QList<QByteArray>{"one", "two", "three"}));
        QCOMPARE(tail.read(add, restart), app::LineTail::Result::Unchanged);
        app_test::writeFile(path, "one\ntwo\nTHREE\nfour\n");
        QCOMPARE(tail.read(add, restart), app::LineTail::Result::Restarted);
        QCOMPARE(lines, (QList<QByteArray>{"one", "two", "THREE", "four"}));
        app_test::writeFile(path, "one\n");
        QCOMPARE(tail.read(add, restart), app::LineTail::Result::Restarted);
        QCOMPARE(lines, QList<QByteArray>{"one"});
    }

    void closingWaitsForTheSave()
    {
        Studio studio("slow");
        RunController* run = studio.start();
        QTRY_COMPARE(run->state(), RunState::Training);
        QSignalSpy idle(&studio.runs, &app::RunQueue::idle);
        studio.runs.stopAll();
        QVERIFY(idle.isEmpty());
        QTRY_COMPARE(idle.size(), 1);
        QCOMPARE(run->state(), RunState::Cancelled);
        QVERIFY(!app::checkpointsIn(run->folder()).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestRunController)
#include "test_run_controller.moc"
