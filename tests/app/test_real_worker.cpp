// The real worker end to end: train a tiny model, stop, resume, finish; the catalog has it; a run
// that goes on without the window is followed to its end; the playground answers with it.
#include <QProcess>
#include <QSignalSpy>
#include <QThreadPool>

#include "app/application.h"
#include "app/jobs/model_import.h"
#include "app/runs/run_folder.h"
#include "app/runs/run_past.h"
#include "app/runs/run_spec.h"
#include "tests/app/tiny_model.h"

using app::RunController;
using app::RunState;
using namespace Qt::StringLiterals;

namespace {

constexpr int kSlowMs = 60'000;

struct Studio
{
    Studio()
        : studio({folder.path() + u"/workspace"_s,
                  folder.filePath(u"studio.ini"_s),
                  QStringLiteral(LOWRANK_PROGRAM),
                  {}})
    {
        QByteArray rows;
        for (int row = 0; row < 64; ++row) {
            rows += "{\"prompt\": \"say " + QByteArray::number(row) + "\", \"completion\": \"word "
                    + QByteArray::number(row * 7) + "\"}\n";
        }
        app_test::writeFile(folder.filePath(u"data.jsonl"_s), rows);
        app::DatasetRecord dataset;
        dataset.path = folder.filePath(u"data.jsonl"_s);
        app_test::writeTinyModel(folder.filePath(u"tiny"_s));
        spec.setBaseModel(app::describeModel(folder.filePath(u"tiny"_s)));
        spec.setDataset(dataset);
        spec.setValue(u"rank"_s, 4);
        spec.setValue(u"micro_batch_size"_s, 2);
        spec.setValue(u"grad_accum_steps"_s, 1);
        spec.setValue(u"seq_len"_s, 64);
        spec.setValue(u"packing"_s, false);
        spec.setValue(u"threads"_s, 1);
        spec.setValue(u"save_every"_s, 5);
        spec.setValue(u"chat_format"_s, u"plain"_s);
    }

    QTemporaryDir folder;
    app::Application studio;
    app::RunSpec spec;
};

} // namespace

class TestRealWorker final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        m_studio = std::make_unique<Studio>();
        QVERIFY(m_studio->studio.open().hasValue());
        QVERIFY2(m_studio->spec.canStart(),
                 qPrintable(m_studio->spec.errors().values().join(u' ')));
    }

    void cleanup() { m_studio.reset(); }

    void trainStopResumeFinish()
    {
        app::Application& studio = m_studio->studio;
        m_studio->spec.setValue(u"max_steps"_s, 400);
        RunController* run = app_test::enqueue(studio.runs(), m_studio->spec);
        QVERIFY(run != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(run->metrics().series(app::Metric::Loss).size() >= 5
                                     || app::isEnded(run->state()),
                                 kSlowMs);
        QVERIFY2(run->state() == RunState::Training, qPrintable(run->problem().text()));
        checkpointsAreVersionsWhileItTrains(*run);
        run->stop();
        QTRY_VERIFY_WITH_TIMEOUT(app::isEnded(run->state()), kSlowMs);
        QVERIFY2(run->state() == RunState::Cancelled, qPrintable(run->problem().text()));
        const qint64 stoppedAt = run->numbers().step;
        QVERIFY(stoppedAt >= 5 && stoppedAt < 400);
        QVERIFY(!app::checkpointsIn(run->folder()).isEmpty());

        QVERIFY(studio.runs().resume(run->id()).hasValue());
        QTRY_COMPARE_WITH_TIMEOUT(run->state(), RunState::Finished, kSlowMs);
        QCOMPARE(run->metrics().series(app::Metric::Loss).size(), 400);
        QVERIFY(run->numbers().trainableParameters == m_studio->spec.trainableParameters());
        QVERIFY(run->numbers().loss < run->metrics().series(app::Metric::Loss).at(0).y);

        studio.catalog().flush();
        QTRY_COMPARE(studio.catalog().run(run->id())->state, RunState::Finished);
        QTRY_VERIFY(studio.catalog().adapter(run->id() + u"/adapter"_s).has_value());
        // One loss everywhere: the window's, the lists' and the worker's last word.
        const double loss = run->numbers().loss;
        QCOMPARE(studio.catalog().run(run->id())->numbers.loss, loss);
        QCOMPARE(studio.catalog().adapter(run->id() + u"/adapter"_s)->numbers.loss, loss);
        QVERIFY(std::abs(app::RunFolder(run->folder()).readOutcome().loss - loss) < 1e-6);
        const app::AdapterRecord adapter = *studio.catalog().adapter(run->id() + u"/adapter"_s);
        QCOMPARE(adapter.rank, 4);
        QCOMPARE(adapter.hash.size(), 64);
        logReadsTheSameAfterwards(*run);
        askBothPanes(adapter);
    }

    // What was automatic is so again: run.json has the numbers that came of it.
    void aRunLikeAnotherAsksForTheSame()
    {
        app::Application& studio = m_studio->studio;
        app::RunSpec& spec = m_studio->spec;
        spec.setValue(u"grad_accum_steps"_s, 0);
        spec.setValue(u"micro_batch_size"_s, 0);
        const auto trained = [&](const app::RunSpec& asked) {
            const RunController* run = app_test::enqueue(studio.runs(), asked);
            (void)QTest::qWaitFor([&] { return app::isEnded(run->state()); }, kSlowMs);
            studio.catalog().flush();
            return *studio.catalog().run(run->id());
        };
        const app::RunRecord first = trained(spec);
        QCOMPARE(first.state, RunState::Finished);
        QCOMPARE(first.numbers.step, 4); // 64 rows, 16 a step
        QCOMPARE(first.config.value("max_steps"_L1).toInteger(), 4);
        app::RunSpec next;
        QVERIFY(next.loadFromRun(first).hasValue());
        QCOMPARE(next.parentRun(), first.id);
        for (const app::FieldInfo& field : app::RunSpec::fields()) {
            QCOMPARE(next.value(field.name), spec.value(field.name));
        }
        next.setValue(u"epochs"_s, 2.0);
        QVERIFY(!next.warnings().contains(u"epochs"_s));
        QCOMPARE(trained(next).numbers.step, 8);
        // A run that no studio started: its steps are kept, and said to go before the epochs.
        QVERIFY(QFile::remove(app::RunFolder(first.folder).studioFile()));
        QVERIFY(next.loadFromRun(first).hasValue());
        QCOMPARE(next.value(u"max_steps"_s).toInt(), 4);
        QVERIFY(!next.warnings().contains(u"epochs"_s));
        next.setValue(u"epochs"_s, 2.0);
        QVERIFY(next.warnings().contains(u"epochs"_s));
    }

    void aRunGoesOnWithoutTheWindow()
    {
        app::Application& studio = m_studio->studio;
        m_studio->spec.setValue(u"max_steps"_s, 300);
        RunController* run = app_test::enqueue(studio.runs(), m_studio->spec);
        QVERIFY(run != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(run->metrics().series(app::Metric::Loss).size() >= 3, kSlowMs);
        QSignalSpy detached(run, &RunController::detached);
        QSignalSpy ready(&studio, &app::Application::readyToQuit);
        studio.prepareToQuit(app::Application::QuitPolicy::KeepRunning);
        QTRY_COMPARE_WITH_TIMEOUT(ready.size(), 1, kSlowMs);
        QCOMPARE(detached.size(), 1);
        const QString id = run->id();
        // The next studio on this workspace.
        app::Application next({studio.paths().workspace(),
                               m_studio->folder.filePath(u"next.ini"_s),
                               QStringLiteral(LOWRANK_PROGRAM),
                               {}});
        QVERIFY(next.open().hasValue());
        RunController* followed = next.runs().open(id);
        QTRY_VERIFY_WITH_TIMEOUT(app::isEnded(followed->state()), kSlowMs);
        QCOMPARE(followed->state(), RunState::Finished);
        QTRY_COMPARE(followed->metrics().series(app::Metric::Loss).size(), 300);
    }

    void theEstimateAndTheDataGateAnswer()
    {
        app::UtilityWorker& utility = m_studio->studio.utility();
        QObject owner;
        app::EstimateRequest* estimate = utility.estimate(m_studio->spec.toConfig(), &owner);
        QTRY_VERIFY_WITH_TIMEOUT(estimate->isEnded(), kSlowMs);
        QVERIFY2(estimate->state() == app::Job::State::Done,
                 qPrintable(estimate->problem().text()));
        QVERIFY(estimate->result().fits);
        QVERIFY(!estimate->result().terms.isEmpty());
        qint64 sum = 0;
        for (const app::MemoryTerm& term : estimate->result().terms) {
            sum += term.bytes;
        }
        QCOMPARE(sum, estimate->result().total);
        QCOMPARE(estimate->result().trainableParameters, m_studio->spec.trainableParameters());

        app::CheckOptions options;
        options.baseModel = m_studio->spec.baseModel();
        options.dataset = m_studio->spec.dataset();
        options.chatFormat = u"plain"_s;
        app::CheckRequest* check = utility.check(options, &owner);
        QTRY_VERIFY_WITH_TIMEOUT(check->isEnded(), kSlowMs);
        QVERIFY2(check->state() == app::Job::State::Done, qPrintable(check->problem().text()));
        QCOMPARE(check->result().rows, 64);
        QCOMPARE(check->result().accepted, 64);
        QCOMPARE(check->result().preview.size(), 20);
        QVERIFY(check->result().preview.first().trainedTokens > 0);
        QVERIFY(check->result().counted);
    }

    // Whatever was read before it.
    void theSameSettingsGiveTheSameEstimate()
    {
        constexpr qint64 kNoise = 3 << 20; // of a process' pages
        constexpr int kRows = 30'000;
        app::UtilityWorker& utility = m_studio->studio.utility();
        QObject owner;
        const auto estimated = [&] {
            const app::EstimateRequest* estimate =
                utility.estimate(m_studio->spec.toConfig(), &owner);
            (void)QTest::qWaitFor([&] { return estimate->isEnded(); }, kSlowMs);
            return estimate->result().total;
        };
        const qint64 before = estimated();
        QVERIFY(before > 0);
        app::CheckOptions options;
        options.dataset = m_studio->folder.filePath(u"large.jsonl"_s);
        QByteArray rows;
        for (int row = 0; row < kRows; ++row) {
            rows += "{\"prompt\": \"say it\", \"completion\": \"" + QByteArray(500, 'w') + "\"}\n";
        }
        app_test::writeFile(options.dataset, rows);
        const app::CheckRequest* check = utility.check(options, &owner);
        QTRY_COMPARE_WITH_TIMEOUT(check->state(), app::Job::State::Done, kSlowMs);
        const qint64 after = estimated();
        QVERIFY2(std::abs(after - before) < kNoise,
                 qPrintable(u"%1 and %2"_s.arg(before).arg(after)));
    }

private:
    void checkpointsAreVersionsWhileItTrains(const RunController& run)
    {
        const app::Catalog& catalog = m_studio->studio.catalog();
        QTRY_VERIFY_WITH_TIMEOUT(!catalog.adapters().isEmpty() || app::isEnded(run.state()),
                                 kSlowMs);
        QCOMPARE(run.state(), RunState::Training);
        const app::AdapterRecord version = catalog.adapters().first();
        QCOMPARE(version.kind, app::AdapterRecord::Kind::Checkpoint);
        QCOMPARE(version.rank, 4);
        QVERIFY(QFile::exists(version.folder + u"/adapter_model.safetensors"_s));
    }

    // Every line that a run opened later shows was there while it went on.
    static void logReadsTheSameAfterwards(RunController& run)
    {
        QStringList live;
        for (int row = 0; row < run.log().rowCount(); ++row) {
            live.append(run.log().index(row).data(Qt::ToolTipRole).toString());
        }
        app::RunPastJob job(run.folder());
        job.start(*QThreadPool::globalInstance());
        QTRY_COMPARE(job.state(), app::Job::State::Done);
        QVERIFY(job.past().log.size() >= 4); // two starts, two ends
        for (const app::LogModel::Line& line : std::as_const(job.past().log)) {
            const bool isWorkers = line.text.startsWith("lowrank "_L1); // said to the file only
            QVERIFY2(isWorkers || live.contains(line.text), qPrintable(line.text));
        }
    }

    void askBothPanes(const app::AdapterRecord& adapter)
    {
        app::PlaygroundSession& playground = m_studio->studio.playground();
        playground.loadBase(m_studio->spec.baseModel());
        playground.loadAdapter(adapter.id, adapter.folder);
        QTRY_COMPARE_WITH_TIMEOUT(playground.residentAdapters(), QStringList{adapter.id}, kSlowMs);
        QSignalSpy answers(&playground, &app::PlaygroundSession::answerFinished);
        app::GenerateRequest request;
        request.prompt = u"say 3"_s;
        request.chatFormat = u"plain"_s;
        request.sampling.maxNewTokens = 4;
        app::GenerateRequest adapted = request;
        adapted.adapter = adapter.id;
        playground.ask({request, adapted});
        QTRY_COMPARE_WITH_TIMEOUT(answers.size(), 2, kSlowMs);
        QCOMPARE(answers.at(1).at(1).value<app::Answer>().adapter, adapter.id);
        QVERIFY(answers.at(1).at(1).value<app::Answer>().tokens > 0);
    }

    std::unique_ptr<Studio> m_studio;
};

QTEST_GUILESS_MAIN(TestRealWorker)
#include "test_real_worker.moc"
