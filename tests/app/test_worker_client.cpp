// WorkerClient over the fake worker: hello, garbage, crash, and every rung of the stop ladder.
#include <QSignalSpy>

#include "app/worker/worker_client.h"
#include "app/worker/worker_commands.h"
#include "app/worker/worker_ending.h"
#include "engine/worker/protocol.h"
#include "tests/app/app_test.h"

using app::LadderTimes;
using app::WorkerClient;
using app::WorkerProcess;
using namespace Qt::StringLiterals;

namespace {

constexpr LadderTimes kQuick{5000, 300, 200};

struct Worker
{
    explicit Worker(const char* mode, LadderTimes times = kQuick)
        : client(app_test::fakeWorker(mode)(), times)
    {
        QObject::connect(&client,
                         &WorkerClient::ended,
                         &client,
                         [this](const WorkerProcess::Ending& value) { ending = value; });
        QObject::connect(&client,
                         &WorkerClient::stepReported,
                         &client,
                         [this](const app::StepPoint& value) { steps.append(value); });
        QObject::connect(&client,
                         &WorkerClient::rungReached,
                         &client,
                         [this](WorkerClient::Rung value) { rungs.append(value); });
        QObject::connect(&client,
                         &WorkerClient::failureReported,
                         &client,
                         [this](qint64, const app::Problem& value) { failures.append(value); });
        client.start();
    }

    QTemporaryDir folder;
    WorkerClient client;
    std::optional<WorkerProcess::Ending> ending;
    QList<app::StepPoint> steps;
    QList<WorkerClient::Rung> rungs;
    QList<app::Problem> failures;
};

} // namespace

class TestWorkerClient final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void commandsAreWhatTheEngineReads_data()
    {
        QTest::addColumn<QJsonObject>("command");
        app::GenerateRequest request;
        request.messages = {{u"user"_s, u"hi"_s}};
        app::ExportOptions merge;
        merge.format = u"hf"_s;
        app::ExportOptions peft;
        peft.format = u"peft"_s;
        QTest::newRow("train") << app::trainCommand(u"/r"_s);
        QTest::newRow("resume_run") << app::resumeRunCommand(u"/r"_s);
        QTest::newRow("pause") << app::pauseCommand();
        QTest::newRow("continue") << app::continueCommand();
        QTest::newRow("checkpoint") << app::checkpointCommand();
        QTest::newRow("sample") << app::sampleCommand();
        QTest::newRow("stop") << app::stopCommand();
        QTest::newRow("quit") << app::quitCommand();
        QTest::newRow("cancel") << app::cancelCommand();
        QTest::newRow("load_model") << app::loadModelCommand(u"/m"_s, {});
        QTest::newRow("load_adapter") << app::loadAdapterCommand(u"k"_s, u"/a"_s);
        QTest::newRow("unload_adapter") << app::unloadAdapterCommand(u"k"_s);
        QTest::newRow("generate") << app::generateCommand(request);
        QTest::newRow("check") << app::checkCommand({});
        QTest::newRow("merge") << app::exportCommand(merge);
        QTest::newRow("export") << app::exportCommand(peft);
        QTest::newRow("inspect") << app::inspectCommand(u"/m"_s);
        QTest::newRow("estimate") << app::estimateCommand({{u"rank"_s, 8}});
        QTest::newRow("devices") << app::devicesCommand();
    }

    void commandsAreWhatTheEngineReads()
    {
        QFETCH(QJsonObject, command);
        command.insert("id"_L1, 7);
        const auto parsed = engine::parse_command(
            QJsonDocument(command).toJson(QJsonDocument::Compact).toStdString());
        QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
        QCOMPARE(parsed->id, 7);
        // Written by the engine, the same fields come back: none was ignored.
        const QJsonObject written =
            QJsonDocument::fromJson(QByteArray::fromStdString(engine::to_line(*parsed))).object();
        QCOMPARE(written.value("command"_L1).toString(),
                 QString::fromUtf8(QTest::currentDataTag()));
        for (const QString& key : command.keys()) {
            QVERIFY2(written.contains(key), qPrintable(key));
            QCOMPARE(written.value(key), command.value(key));
        }
    }

    void discardIsStopWithoutSaving()
    {
        QCOMPARE(app::discardCommand().value("save"_L1).toBool(true), false);
    }

    void runsToItsEnd()
    {
        Worker worker("normal");
        QSignalSpy finished(&worker.client, &WorkerClient::finishReported);
        worker.client.send(app::trainCommand(worker.folder.path()));
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(worker.steps.size(), 20);
        QCOMPARE(worker.steps.last().loss, 0.1);
        worker.client.quit();
        QTRY_VERIFY(worker.ending.has_value());
        QCOMPARE(worker.ending->exitCode, 0);
        QVERIFY(app::problemFromEnding(*worker.ending).message.isEmpty());
    }

    void garbageIsRefusedAndTheRunGoesOn()
    {
        Worker worker("garbage");
        QSignalSpy refused(&worker.client, &WorkerClient::lineRefused);
        QSignalSpy finished(&worker.client, &WorkerClient::finishReported);
        worker.client.send(app::trainCommand(worker.folder.path()));
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(refused.size(), 2); // the text and the empty line; an unknown event is none
        QCOMPARE(worker.steps.size(), 20);
    }

    void aCrashIsToldWithTheLastWords()
    {
        Worker worker("crash");
        worker.client.send(app::trainCommand(worker.folder.path()));
        QTRY_VERIFY(worker.ending.has_value());
        QCOMPARE(worker.ending->kind, WorkerProcess::Ending::Kind::Crashed);
        const app::Problem problem = app::problemFromEnding(*worker.ending);
        QCOMPARE(problem.code, u"crashed"_s);
        QVERIFY(problem.details.contains("about to crash at step 5"_L1));
        QVERIFY(!problem.hint.isEmpty());
        QVERIFY2(problem.message.contains("signal 6, SIGABRT"_L1), qPrintable(problem.message));
        QVERIFY(!problem.message.contains("memory"_L1));
    }

    // As the kernel does when memory runs out.
    void aWorkerThatIsKilledMayHaveMetTheEndOfMemory()
    {
        Worker worker("slow");
        worker.client.send(app::trainCommand(worker.folder.path()));
        QTRY_VERIFY(!worker.steps.isEmpty());
        worker.client.kill();
        QTRY_VERIFY(worker.ending.has_value());
        const QString message = app::problemFromEnding(*worker.ending).message;
        QVERIFY2(message.contains("signal 9, SIGKILL"_L1), qPrintable(message));
        QVERIFY(message.contains("memory"_L1));
    }

    void aProgramThatIsMissingIsSaidSo()
    {
        WorkerClient client(app::qprocessWorkerFactory(u"/nowhere/lowrank"_s)(), kQuick);
        std::optional<WorkerProcess::Ending> ending;
        connect(&client, &WorkerClient::ended, this, [&](const auto& value) { ending = value; });
        client.start();
        QVERIFY(!ending.has_value()); // never from inside start()
        QTRY_VERIFY(ending.has_value());
        QCOMPARE(ending->kind, WorkerProcess::Ending::Kind::CouldNotStart);
        QCOMPARE(app::problemFromEnding(*ending).code, u"not_found"_s);
    }

    void stopIsEnoughForAWorkerThatListens()
    {
        Worker worker("slow");
        QSignalSpy finished(&worker.client, &WorkerClient::finishReported);
        connect(&worker.client, &WorkerClient::finishReported, this, [&] { worker.client.quit(); });
        worker.client.send(app::trainCommand(worker.folder.path()));
        QTRY_VERIFY(worker.steps.size() >= 2);
        worker.client.stop();
        QTRY_VERIFY(worker.ending.has_value());
        QCOMPARE(finished.size(), 1);
        QCOMPARE(worker.rungs, QList<WorkerClient::Rung>{WorkerClient::Rung::Stop});
        QCOMPARE(worker.ending->exitCode, 0);
    }

    void aDeafWorkerIsKilledInTheEnd()
    {
        Worker worker("deaf");
        worker.client.send(app::trainCommand(worker.folder.path()));
        QTRY_VERIFY(!worker.steps.isEmpty());
        worker.client.stop();
        QTRY_VERIFY(worker.ending.has_value());
        const QList<WorkerClient::Rung> all{
            WorkerClient::Rung::Stop, WorkerClient::Rung::Terminate, WorkerClient::Rung::Kill};
        QCOMPARE(worker.rungs, all);
        QCOMPARE(worker.ending->kind, WorkerProcess::Ending::Kind::Crashed);
    }

    void aWorkerThatSaysNoHelloIsGivenUp()
    {
        Worker worker("silent", {200, 200, 200});
        QTRY_VERIFY(worker.ending.has_value());
        QVERIFY(worker.rungs.contains(WorkerClient::Rung::Kill));
    }

    void anotherProtocolIsRefused()
    {
        Worker worker("old_protocol");
        QTRY_VERIFY(worker.ending.has_value());
        QCOMPARE(worker.failures.size(), 1);
        QVERIFY(worker.failures.first().message.contains("protocol 0"_L1));
        QVERIFY(!worker.client.isReady());
    }
};

QTEST_GUILESS_MAIN(TestWorkerClient)
#include "test_worker_client.moc"
