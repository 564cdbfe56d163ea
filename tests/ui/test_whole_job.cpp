// The whole job through the window with the real worker: pick, map, start, watch, stop, resume,
// compare, talk, export; and how long the window's thread was ever kept busy.
#include <ctime>

#include <QApplication>
#include <QComboBox>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTableView>

#include "app/jobs/dataset_import.h"
#include "app/jobs/model_import.h"
#include "tests/ui/studio.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/export_page.h"
#include "ui/pages/models_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/playground_page.h"
#include "ui/pages/run_page.h"
#include "ui/widgets/chat_pane.h"
#include "ui/widgets/line_chart.h"
#include "ui/widgets/record_table.h"
#include "ui/widgets/status_pill.h"
#include "ui/widgets/target_map.h"

using namespace Qt::StringLiterals;

namespace {

constexpr int kPatienceMilliseconds = 120'000;
constexpr double kLongestBlockMilliseconds = 50.0; // less than a person notices

// Nanoseconds this thread was ready to run but had no processor: other processes' doing.
qint64 waitedForProcessor()
{
    QFile file(u"/proc/thread-self/schedstat"_s);
    if (!file.open(QIODevice::ReadOnly)) {
        return 0;
    }
    const QList<QByteArray> fields = file.readAll().split(' ');
    return fields.size() >= 2 ? fields.at(1).toLongLong() : 0;
}

} // namespace

// Times the handling of every event. What the system gave to other processes meanwhile is taken
// off: the window's thread cannot help that.
class WatchedApplication final : public QApplication
{
    Q_OBJECT

public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override
    {
        if (!m_isWatching || m_depth > 0) {
            return QApplication::notify(receiver, event);
        }
        ++m_depth;
        const qint64 waitedBefore = waitedForProcessor();
        QElapsedTimer timer;
        timer.start();
        const bool result = QApplication::notify(receiver, event);
        const double taken =
            static_cast<double>(timer.nsecsElapsed() - (waitedForProcessor() - waitedBefore)) / 1e6;
        if (taken > m_longest) {
            m_longest = taken;
            const auto* button = qobject_cast<const QAbstractButton*>(receiver);
            m_culprit = u"%1 %2, event %3"_s.arg(
                QString::fromLatin1(receiver->metaObject()->className()),
                button != nullptr ? button->text() : receiver->objectName(),
                QString::number(event->type()));
        }
        --m_depth;
        return result;
    }

    void watch(bool isWatching) { m_isWatching = isWatching; }

    [[nodiscard]] double longest() const { return m_longest; }

    [[nodiscard]] const QString& culprit() const { return m_culprit; }

private:
    bool m_isWatching = false;
    int m_depth = 0;
    double m_longest = 0.0;
    QString m_culprit;
};

class TestWholeJob final : public QObject
{
    Q_OBJECT

public:
    explicit TestWholeJob(WatchedApplication& program)
        : m_program(program)
    {}

private Q_SLOTS:

    void initTestCase()
    {
        m_studio = std::make_unique<tests::Studio>();
        QVERIFY(m_studio->isOpen());
        if (!m_studio->app().hasSample() && !registerSharedModel()) {
            QSKIP("needs the sample, or the conformance data (set LOWRANK_SHARED)");
        }
        m_window = std::make_unique<ui::MainWindow>(m_studio->context());
        m_window->show();
        m_window->showPage(ui::PageId::Home);
    }

    void pickTheSample()
    {
        if (m_studio->app().hasSample()) {
            QPushButton* start = tests::buttonWithText(m_window.get(), u"&Start with the sample"_s);
            QVERIFY(start != nullptr && start->isVisible());
            start->click();
        } else {
            QTRY_COMPARE(m_studio->app().catalog().datasets().size(), 1);
            m_window->showPage(ui::PageId::NewRun);
        }
        QCOMPARE(m_window->currentPage(), ui::PageId::NewRun);
        QTRY_VERIFY(newRun().spec().canStart());
    }

    void chooseOnTheMap()
    {
        auto* map = newRun().findChild<ui::TargetMap*>();
        QVERIFY(map != nullptr);
        tests::buttonWithText(&newRun(), u"Attention &q, v"_s)->click();
        QCOMPARE(map->selectedCount(), 2 * map->layers());
        tests::buttonWithText(&newRun(), u"All &linear"_s)->click();
        QCOMPARE(map->selectedCount(), 7 * map->layers());
        QVERIFY(newRun().spec().trainableParameters() > 0);
    }

    void startAndWatch()
    {
        newRun().spec().setValue(u"max_steps"_s, 60);
        newRun().spec().setValue(u"name"_s, u"first"_s);
        newRun().spec().setValue(u"seq_len"_s, 128);
        QElapsedTimer sinceClick;
        sinceClick.start();
        m_program.watch(true);
        // As a hand does it: the click is an event and is timed like the others.
        QTest::mouseClick(tests::buttonWithText(&newRun(), u"&Start training"_s), Qt::LeftButton);
        const app::RunController* run = watchedRun();
        QVERIFY(run != nullptr);
        m_first = run->id();
        QTRY_VERIFY_WITH_TIMEOUT(run->metrics().series(app::Metric::Loss).size() > 0,
                                 kPatienceMilliseconds);
        qInfo("click to first loss point: %lld ms", static_cast<long long>(sinceClick.elapsed()));
        QTRY_VERIFY(runPage().lossChart().drawnPoints() > 0);
    }

    void pauseAndProceed()
    {
        const app::RunController* run = runPage().run();
        tests::buttonWithText(&runPage(), u"&Pause"_s)->click();
        QTRY_VERIFY_WITH_TIMEOUT(run->state() == app::RunState::Paused, kPatienceMilliseconds);
        tests::buttonWithText(&runPage(), u"&Continue"_s)->click();
        QTRY_VERIFY_WITH_TIMEOUT(run->state() == app::RunState::Training, kPatienceMilliseconds);
    }

    void stopAndSave()
    {
        const app::RunController* run = runPage().run();
        QTRY_VERIFY_WITH_TIMEOUT(run->numbers().step >= 3, kPatienceMilliseconds);
        tests::buttonWithText(&runPage(), u"&Stop and save"_s)->click();
        QTRY_VERIFY_WITH_TIMEOUT(run->state() == app::RunState::Cancelled, kPatienceMilliseconds);
        QVERIFY(tests::buttonWithText(&runPage(), u"&Continue"_s)->isVisible());
    }

    void resumeToTheEnd()
    {
        const qint64 stoppedAt = runPage().run()->numbers().step;
        tests::buttonWithText(&runPage(), u"&Continue"_s)->click();
        QTRY_VERIFY_WITH_TIMEOUT(runPage().run()->state() == app::RunState::Finished,
                                 kPatienceMilliseconds);
        QVERIFY(runPage().run()->numbers().step > stoppedAt);
        QCOMPARE(runPage().run()->numbers().step, qint64{60});
        // The sample brings its held-out rows: there is a second curve.
        QVERIFY(!m_studio->app().hasSample()
                || runPage().run()->metrics().series(app::Metric::EvalLoss).size() >= 3);
        QTRY_VERIFY(!m_studio->app().catalog().adapters().isEmpty());
    }

    void compareTwoRuns()
    {
        m_window->showPage(ui::PageId::NewRun, u"run:"_s + m_first);
        newRun().spec().setValue(u"name"_s, u"second"_s);
        newRun().spec().setValue(u"rank"_s, 4);
        newRun().spec().setValue(u"max_steps"_s, 20);
        tests::buttonWithText(&newRun(), u"&Start training"_s)->click();
        QVERIFY(watchedRun() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(runPage().run()->state() == app::RunState::Finished,
                                 kPatienceMilliseconds);
        const QString second = runPage().run()->id();
        auto& compare = static_cast<ui::ComparePage&>(m_window->showPage(ui::PageId::Compare));
        compare.chooseRuns({m_first, second});
        QTRY_VERIFY(compare.chart().drawnPoints() > 0);
        const QAbstractItemModel* rows = compare.settingsTable().model();
        QCOMPARE(rows->columnCount(), 3);
        QVERIFY(rows->rowCount() >= 2); // rank and max_steps, at least
    }

    void theWindowWasNeverBlocked()
    {
        m_program.watch(false);
        qInfo("longest event on the window's thread: %.1f ms (%s)",
              m_program.longest(),
              qPrintable(m_program.culprit()));
        QVERIFY2(m_program.longest() < kLongestBlockMilliseconds, qPrintable(m_program.culprit()));
    }

    void talkToIt()
    {
        auto& page = static_cast<ui::PlaygroundPage&>(
            m_window->showPage(ui::PageId::Playground, m_first + u"/adapter"_s));
        QTRY_VERIFY_WITH_TIMEOUT(m_studio->app().playground().state()
                                     == app::PlaygroundSession::State::Ready,
                                 kPatienceMilliseconds);
        const auto base =
            m_studio->app().catalog().modelByPath(m_studio->app().playground().baseModel());
        QVERIFY(base.has_value());
        QVERIFY2(page.subtitle().startsWith(base->name), qPrintable(page.subtitle()));
        page.ask(u"2 + 2 ="_s);
        QTRY_VERIFY_WITH_TIMEOUT(!page.pane(0).lastAnswer().isEmpty()
                                     && !page.pane(1).lastAnswer().isEmpty(),
                                 kPatienceMilliseconds);
        QVERIFY(page.pane(1).adapterName() != page.pane(0).adapterName());
        QTRY_VERIFY_WITH_TIMEOUT(m_studio->app().playground().state()
                                     == app::PlaygroundSession::State::Ready,
                                 kPatienceMilliseconds);
    }

    void talkToItInFourBits()
    {
        auto& page = static_cast<ui::PlaygroundPage&>(
            m_window->showPage(ui::PageId::Playground, m_first + u"/adapter"_s));
        app::PlaygroundSession& session = m_studio->app().playground();
        QCOMPARE(page.weights().currentData().toString(), u"f32"_s); // as the run had it
        page.pane(0).clear();
        page.pane(1).clear();
        page.weights().setCurrentIndex(page.weights().findData(u"nf4"_s));
        page.ask(u"2 + 2 ="_s);
        QTRY_VERIFY_WITH_TIMEOUT(session.state() == app::PlaygroundSession::State::Ready
                                     && !page.pane(1).lastAnswer().isEmpty(),
                                 kPatienceMilliseconds);
        QVERIFY(!page.pane(0).lastAnswer().isEmpty());
        QCOMPARE(session.baseWeights().baseQuant, u"nf4"_s);
        QCOMPARE(session.residentAdapters(), QStringList{m_first + u"/adapter"_s});
        QVERIFY2(page.subtitle().contains(u"nf4"_s), qPrintable(page.subtitle()));
    }

    void exportAndCheck()
    {
        auto& page = static_cast<ui::ExportPage&>(
            m_window->showPage(ui::PageId::Export, m_first + u"/adapter"_s));
        page.start();
        QTRY_COMPARE_WITH_TIMEOUT(page.verdict().text(), u"checked"_s, kPatienceMilliseconds);
    }

    void closeDuringARun()
    {
        m_window->showPage(ui::PageId::NewRun, u"run:"_s + m_first);
        newRun().spec().setValue(u"name"_s, u"third"_s);
        newRun().spec().setValue(u"max_steps"_s, 5000);
        tests::buttonWithText(&newRun(), u"&Start training"_s)->click();
        QVERIFY(watchedRun() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(runPage().run()->numbers().step > 0, kPatienceMilliseconds);
        const QSignalSpy closed(m_window.get(), &ui::MainWindow::closed);
        m_studio->dialogs().setNextAnswer(2); // cancel
        QVERIFY(!m_window->close());
        QCOMPARE(closed.count(), 0);
        QVERIFY(runPage().run()->state() == app::RunState::Training);
        m_studio->dialogs().setNextAnswer(0); // stop and save
        m_window->close();
        QTRY_COMPARE_WITH_TIMEOUT(closed.count(), 1, kPatienceMilliseconds);
        QVERIFY(app::isEnded(runPage().run()->state()));
    }

    void cleanupTestCase()
    {
        m_window.reset();
        m_studio.reset();
    }

private:
    // Without the sample: the small conformance model and sums written here.
    bool registerSharedModel()
    {
        const QString model =
            qEnvironmentVariable("LOWRANK_SHARED") + u"/conformance/models/stories260K"_s;
        QFile data(m_studio->path(u"sums.jsonl"_s));
        if (!QFile::exists(model + u"/config.json"_s) || !data.open(QIODevice::WriteOnly)) {
            return false;
        }
        for (int i = 0; i < 200; ++i) {
            data.write(u"{\"prompt\":\"%1 + %2 =\",\"completion\":\" %3\"}\n"_s.arg(i)
                           .arg(i % 7)
                           .arg(i + i % 7)
                           .toUtf8());
        }
        data.close();
        m_studio->app().catalog().saveModel(app::describeModel(model));
        auto* import = new app::DatasetImport(
            m_studio->app().paths(), {.file = data.fileName(), .name = {}}, this);
        connect(import, &app::Job::ended, this, [this, import] {
            m_studio->app().catalog().saveDataset(import->record());
        });
        import->start(m_studio->app().pool());
        return true;
    }

    ui::NewRunPage& newRun() { return *m_window->findChild<ui::NewRunPage*>(); }

    // The run that was just started, once its page shows it; nullptr when that does not come.
    const app::RunController* watchedRun()
    {
        const bool isThere = QTest::qWaitFor(
            [this] {
                const auto* page = m_window->findChild<ui::RunPage*>();
                return m_window->currentPage() == ui::PageId::Run && page->run() != nullptr;
            },
            kPatienceMilliseconds);
        return isThere ? runPage().run() : nullptr;
    }

    ui::RunPage& runPage() { return *m_window->findChild<ui::RunPage*>(); }

    WatchedApplication& m_program;
    std::unique_ptr<tests::Studio> m_studio;
    std::unique_ptr<ui::MainWindow> m_window;
    QString m_first;
};

int main(int argc, char** argv)
{
    WatchedApplication program(argc, argv);
    TestWholeJob test(program);
    return QTest::qExec(&test, argc, argv);
}

#include "test_whole_job.moc"
