// Questions to the utility worker in order, over a crash and a cancel; the playground's two panes.
#include <QSignalSpy>

#include "app/playground_session.h"
#include "app/worker/utility_worker.h"
#include "tests/app/app_test.h"

using app::Job;
using app::PlaygroundSession;
using namespace Qt::StringLiterals;

namespace {

constexpr app::LadderTimes kQuick{5000, 500, 300};

app::CheckOptions checkOf(const QString& file)
{
    app::CheckOptions options;
    options.dataset = file;
    return options;
}

} // namespace

class TestUtilityWorker final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void answersComeInOrder()
    {
        QObject owner;
        app::UtilityWorker utility(app_test::fakeWorker("normal"), kQuick);
        app::CheckRequest* check = utility.check(checkOf(u"/d.jsonl"_s), &owner);
        app::DevicesRequest* devices = utility.devices(&owner);
        app::EstimateRequest* estimate = utility.estimate({}, &owner);
        QCOMPARE(check->state(), Job::State::Waiting);
        QTRY_COMPARE(estimate->state(), Job::State::Done);
        QVERIFY(estimate->result().fits);
        QCOMPARE(check->state(), Job::State::Done);
        QCOMPARE(check->result().rows, 7);
        QCOMPARE(check->result().refused, 2);
        QCOMPARE(check->fraction(), 1.0);
        QCOMPARE(devices->result().devices.size(), 2);
        QCOMPARE(devices->result().devices.first().id, u"cpu"_s);
        QVERIFY(!devices->result().devices.last().usable);
        QCOMPARE(devices->result().note, u"No other GPU."_s);
    }

    // What a worker did before is in its memory, and so in its estimate.
    void anEstimateIsAFreshWorkers()
    {
        QObject owner;
        app::UtilityWorker utility(app_test::fakeWorker("normal"), kQuick);
        utility.check(checkOf(u"/d.jsonl"_s), &owner);
        QList<app::EstimateRequest*> estimates = {utility.estimate({}, &owner),
                                                  utility.estimate({}, &owner)};
        utility.devices(&owner);
        estimates.append(utility.estimate({}, &owner));
        QTRY_COMPARE(estimates.last()->state(), Job::State::Done);
        for (const app::EstimateRequest* each : std::as_const(estimates)) {
            QCOMPARE(each->result().total, 3000);
        }
        const app::DevicesRequest* devices = utility.devices(&owner);
        QTRY_COMPARE(devices->state(), Job::State::Done);
    }

    void whatAnAdapterChangedIsRelativeToItsBase()
    {
        QObject owner;
        app::UtilityWorker utility(app_test::fakeWorker("normal"), kQuick);
        const app::HealthRequest* health = utility.health(u"/base"_s, u"/adapter"_s, &owner);
        QTRY_COMPARE(health->state(), Job::State::Done);
        QCOMPARE(health->result().size(), 2);
        QCOMPARE(health->result().first().target, u"q_proj"_s);
        QCOMPARE(health->result().first().change, 0.025);
        QCOMPARE(health->result().last().layer, 10);
    }

    void anExportTellsOfAnotherBase()
    {
        const QTemporaryDir folder;
        QObject owner;
        app::UtilityWorker utility(app_test::fakeWorker("normal"), kQuick);
        app::ExportOptions options;
        options.adapter = u"/of_another_base"_s;
        options.out = folder.filePath(u"first"_s);
        const app::ExportRequest* doubtful = utility.exportAdapter(options, &owner);
        options.adapter = u"/adapter"_s;
        options.out = folder.filePath(u"second"_s);
        const app::ExportRequest* plain = utility.exportAdapter(options, &owner);
        QTRY_COMPARE(plain->state(), Job::State::Done);
        QCOMPARE(doubtful->state(), Job::State::Done);
        QCOMPARE(doubtful->warnings(),
                 QStringList{u"/of_another_base: was trained on another base"_s});
        QVERIFY(plain->warnings().isEmpty());
    }

    void aCrashFailsOneQuestionOnly()
    {
        QObject owner;
        app::UtilityWorker utility(app_test::fakeWorker("crash"), kQuick);
        app::CheckRequest* check = utility.check(checkOf(u"/d.jsonl"_s), &owner);
        app::DevicesRequest* devices = utility.devices(&owner);
        QTRY_COMPARE(check->state(), Job::State::Failed);
        QCOMPARE(check->problem().code, u"crashed"_s);
        QTRY_COMPARE(devices->state(), Job::State::Done); // by a new worker
    }

    void waitingQuestionsAreCancelledAtOnceAndOwnersMayGo()
    {
        app::UtilityWorker utility(app_test::fakeWorker("normal"), kQuick);
        auto owner = std::make_unique<QObject>();
        QObject other;
        utility.check(checkOf(u"/a"_s), owner.get());
        app::CheckRequest* second = utility.check(checkOf(u"/b"_s), &other);
        app::DevicesRequest* third = utility.devices(&other);
        second->cancel();
        QCOMPARE(second->state(), Job::State::Cancelled);
        owner.reset();
        QTRY_COMPARE(third->state(), Job::State::Done);
    }

    void twoPanesAnswerOnOneBase()
    {
        PlaygroundSession session(app_test::fakeWorker("normal"), kQuick);
        session.loadBase(u"/base"_s);
        QCOMPARE(session.state(), PlaygroundSession::State::Loading);
        session.loadAdapter(u"r1/adapter"_s, u"/runs/r1/adapter"_s);
        QTRY_COMPARE(session.residentAdapters(), QStringList{u"r1/adapter"_s});
        QCOMPARE(session.state(), PlaygroundSession::State::Ready);
        QStringList streamed{QString(), QString()};
        QList<app::Answer> answers;
        connect(&session, &PlaygroundSession::tokenAdded, this, [&](int pane, const QString& text) {
            streamed[pane] += text;
        });
        connect(&session,
                &PlaygroundSession::answerFinished,
                this,
                [&](int, const app::Answer& answer) { answers.append(answer); });
        QSignalSpy finished(&session, &PlaygroundSession::askFinished);
        app::GenerateRequest base;
        base.prompt = u"hi"_s;
        app::GenerateRequest adapter = base;
        adapter.adapter = u"r1/adapter"_s;
        session.ask({base, adapter});
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(answers.size(), 2);
        QCOMPARE(answers.at(0).adapter, QString());
        QCOMPARE(answers.at(1).adapter, u"r1/adapter"_s); // the pane names who answered
        QCOMPARE(streamed.at(0), answers.at(0).text);
        QCOMPARE(streamed.at(1), answers.at(1).text);
        QVERIFY(streamed.at(0).startsWith("base0"_L1));
        QCOMPARE(session.state(), PlaygroundSession::State::Ready);
    }

    void anAdapterWhoseFilesChangedIsLoadedAgain()
    {
        const QTemporaryDir folder;
        const QString adapter = folder.filePath(u"adapter"_s);
        app_test::writeAdapter(adapter, "first");
        PlaygroundSession session(app_test::fakeWorker("normal"), kQuick);
        QSignalSpy loaded(&session, &PlaygroundSession::adapterLoaded);
        session.loadBase(u"/base"_s);
        session.loadAdapter(u"a"_s, adapter);
        session.loadAdapter(u"a"_s, adapter); // on its way already
        QTRY_VERIFY(session.hasAdapter(u"a"_s, adapter));
        QCOMPARE(loaded.size(), 1);
        session.loadAdapter(u"a"_s, adapter);
        QCOMPARE(loaded.size(), 2); // at once: it is resident
        app_test::writeAdapter(adapter, "the second one");
        QVERIFY(!session.hasAdapter(u"a"_s, adapter));
        session.loadAdapter(u"a"_s, adapter);
        QVERIFY(session.residentAdapters().isEmpty());
        QTRY_VERIFY(session.hasAdapter(u"a"_s, adapter));
        QCOMPARE(session.residentAdapters(), QStringList{u"a"_s});
        QCOMPARE(loaded.size(), 3);
    }

    void anAdapterOfAnotherBaseIsToldOfBeforeItIsLoaded()
    {
        const QTemporaryDir folder;
        const QString adapter = folder.filePath(u"of_another_base"_s);
        app_test::writeAdapter(adapter, "weights");
        PlaygroundSession session(app_test::fakeWorker("normal"), kQuick);
        QSignalSpy warned(&session, &PlaygroundSession::adapterWarned);
        QSignalSpy loaded(&session, &PlaygroundSession::adapterLoaded);
        connect(
            &session, &PlaygroundSession::adapterLoaded, this, [&] { QCOMPARE(warned.size(), 1); });
        session.loadBase(u"/base"_s);
        session.loadAdapter(u"a"_s, adapter);
        QTRY_COMPARE(loaded.size(), 1);
        QCOMPARE(warned.first().first().toString(), u"a"_s);
        QVERIFY(warned.first().last().toString().startsWith(adapter));
    }

    void aBaseIsLoadedAgainWhenAskedTo()
    {
        PlaygroundSession session(app_test::fakeWorker("normal"), kQuick);
        session.loadBase(u"/base"_s);
        QTRY_COMPARE(session.state(), PlaygroundSession::State::Ready);
        session.loadBase(u"/base"_s);
        QCOMPARE(session.state(), PlaygroundSession::State::Ready);
        session.loadBase(u"/base"_s, {}, PlaygroundSession::Load::Always);
        QCOMPARE(session.state(), PlaygroundSession::State::Loading);
        QTRY_COMPARE(session.state(), PlaygroundSession::State::Ready);
    }

    void eachPaneIsSentItsOwnTurns()
    {
        PlaygroundSession session(app_test::fakeWorker("normal"), kQuick);
        session.loadBase(u"/base"_s);
        QTRY_COMPARE(session.state(), PlaygroundSession::State::Ready);
        QSignalSpy answers(&session, &PlaygroundSession::answerFinished);
        app::GenerateRequest left;
        left.messages = {{u"user"_s, u"a"_s}, {u"assistant"_s, u"b"_s}, {u"user"_s, u"c"_s}};
        app::GenerateRequest right;
        right.messages = {{u"user"_s, u"c"_s}};
        session.ask({left, right});
        QTRY_COMPARE(answers.size(), 2);
        QCOMPARE(answers.at(0).at(1).value<app::Answer>().text,
                 u"[user:a assistant:b user:c] base0 base1 base2 "_s);
        QCOMPARE(answers.at(1).at(1).value<app::Answer>().text, u"base0 base1 base2 "_s);
    }

    void cancelStopsTheRestOfThePanes()
    {
        PlaygroundSession session(app_test::fakeWorker("slow"), kQuick);
        session.loadBase(u"/base"_s);
        QTRY_COMPARE(session.state(), PlaygroundSession::State::Ready);
        QSignalSpy tokens(&session, &PlaygroundSession::tokenAdded);
        QSignalSpy finished(&session, &PlaygroundSession::askFinished);
        QSignalSpy answers(&session, &PlaygroundSession::answerFinished);
        session.ask({app::GenerateRequest(), app::GenerateRequest()});
        QTRY_VERIFY(tokens.size() >= 2);
        session.cancel();
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(answers.size(), 1);
        QCOMPARE(answers.first().at(1).value<app::Answer>().finishReason, u"cancelled"_s);
    }

    void aCrashEndsTheAnswerThatItMet()
    {
        PlaygroundSession session(app_test::fakeWorker("crash"), kQuick);
        session.loadBase(u"/base"_s);
        QTRY_COMPARE(session.state(), PlaygroundSession::State::Ready);
        QSignalSpy failed(&session, &PlaygroundSession::answerFailed);
        QSignalSpy finished(&session, &PlaygroundSession::askFinished);
        session.ask({app::GenerateRequest(), app::GenerateRequest()});
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(failed.size(), 1);
        QCOMPARE(failed.first().at(0).toInt(), 0);
        QCOMPARE(failed.first().at(1).value<app::Problem>().code, u"crashed"_s);
        QCOMPARE(session.state(), PlaygroundSession::State::Failed);
    }

    void aBaseThatCannotBeLoadedIsSaid()
    {
        PlaygroundSession session(app_test::fakeWorker("normal"), kQuick);
        session.loadBase(u"/missing"_s);
        QTRY_COMPARE(session.state(), PlaygroundSession::State::Failed);
        QCOMPARE(session.problem().code, u"not_found"_s);
        session.loadBase(u"/base"_s); // and again with another
        QTRY_COMPARE(session.state(), PlaygroundSession::State::Ready);
    }
};

QTEST_GUILESS_MAIN(TestUtilityWorker)
#include "test_utility_worker.moc"
