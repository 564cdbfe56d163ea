// Home's offer to continue an interrupted run: taken, put off, and gone from the page each time;
// and how a run is deleted there.
#include <QTableView>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/home_page.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

class TestHomePage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        tests::failOnWarnings();
        m_studio = std::make_unique<tests::Studio>(ui::ThemeKind::Light,
                                                   QStringLiteral(LOWRANK_FAKE_WORKER));
        QVERIFY(m_studio->isOpen());
        // Nobody saw its end: no outcome, and no state in studio.json.
        tests::writeFinishedRun(m_studio->app().paths().workspace(), u"broken"_s, 8);
        QSignalSpy rebuilt(&catalog(), &app::Catalog::rebuilt);
        catalog().rebuild();
        QTRY_VERIFY(rebuilt.count() >= 1);
        QTRY_COMPARE(m_studio->app().runList().rowCount(), 1);
        m_studio->app().runs().findInterrupted();
        QCOMPARE(m_studio->app().runs().interrupted(), QStringList{u"broken"_s});
        m_page = std::make_unique<ui::HomePage>(m_studio->context(), nullptr);
        m_page->show();
    }

    void cleanup()
    {
        m_page.reset();
        m_studio.reset();
    }

    // Continuing takes the offer away while its own button is still at work.
    void continuingTakesTheOfferAway()
    {
        const QSignalSpy requested(m_page.get(), &ui::Page::pageRequested);
        press(u"Continue"_s);
        QCOMPARE(requested.count(), 1);
        QCOMPARE(requested.first().at(1).toString(), u"broken"_s);
        QTRY_VERIFY(tests::buttonWithText(m_page.get(), u"Continue"_s) == nullptr);
        const app::RunController* run = m_studio->app().runs().open(u"broken"_s);
        QVERIFY(run != nullptr);
        QTRY_COMPARE(run->state(), app::RunState::Finished);
    }

    // It waited in the queue when the studio closed.
    void aRunWithoutAStepIsNotCalledInterrupted()
    {
        tests::writeFile(m_studio->app().paths().runs() + u"/waiting/run.json"_s,
                         R"({"name":"waiting"})");
        catalog().refreshRun(u"waiting"_s);
        QTRY_COMPARE(m_studio->app().runList().rowCount(), 2);
        m_studio->app().runs().findInterrupted();
        QTRY_VERIFY(tests::buttonWithText(m_page.get(), u"Start"_s) != nullptr);
        QStringList texts;
        for (const ui::Banner* banner : m_page->findChildren<ui::Banner*>()) {
            texts.append(banner->text());
        }
        QVERIFY2(texts.contains(u"The run \u201cwaiting\u201d has made no step yet. Start it?"_s),
                 qPrintable(texts.join(u'\n')));
        QVERIFY(texts.contains(
            u"The run \u201cbroken\u201d was interrupted at step 20. Continue it?"_s));
    }

    void puttingItOffTakesTheOfferAway()
    {
        press(u"Not now"_s);
        QTRY_VERIFY(tests::buttonWithText(m_page.get(), u"Not now"_s) == nullptr);
        QVERIFY(m_studio->app().runs().interrupted().isEmpty());
    }

    // Also one that never came to an adapter, which no other page lists.
    void aRunIsDeletedAndBroughtBack()
    {
        const QString folder = m_studio->app().paths().runs() + u"/broken"_s;
        QVERIFY(QDir(folder + u"/adapter"_s).removeRecursively());
        QPushButton* button = tests::buttonWithText(m_page.get(), u"De&lete the run..."_s);
        QVERIFY(button != nullptr && !button->isEnabled());
        auto* table = m_page->findChild<ui::RecordTable*>();
        table->selectId(u"broken"_s);
        QVERIFY(button->isEnabled());
        press(u"De&lete the run..."_s); // cancelled: nothing is scripted
        QVERIFY(m_studio->dialogs().shown().last().contains("until you empty the trash"_L1));
        QVERIFY(QFile::exists(folder));
        m_studio->dialogs().setNextAnswer(0);
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
        table->view()->setFocus();
        QTest::keyClick(table->view(), Qt::Key_Delete);
        QTRY_COMPARE(m_studio->app().runList().rowCount(), 0);
        QVERIFY(!QFile::exists(folder));
        // It is not offered any more.
        QTRY_VERIFY(tests::buttonWithText(m_page.get(), u"Continue"_s) == nullptr);
        m_page->banner().action()->click();
        QTRY_COMPARE(m_studio->app().runList().rowCount(), 1);
        QVERIFY(QFile::exists(folder));
        QTRY_VERIFY(tests::buttonWithText(m_page.get(), u"Continue"_s) != nullptr);
    }

    void aRunIsRenamedAndItsFolderStays()
    {
        QPushButton* button = tests::buttonWithText(m_page.get(), u"&Rename..."_s);
        QVERIFY(button != nullptr && !button->isEnabled());
        auto* table = m_page->findChild<ui::RecordTable*>();
        table->selectId(u"broken"_s);
        button->click(); // cancelled: nothing is scripted
        m_studio->dialogs().setNextText(u" the good one "_s);
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
        table->view()->setFocus();
        QTest::keyClick(table->view(), Qt::Key_F2);
        QTRY_COMPARE(catalog().run(u"broken"_s)->name, u"the good one"_s);
        QTRY_COMPARE(catalog().adapter(u"broken/adapter"_s)->name, u"the good one"_s);
        QVERIFY(QFile::exists(m_studio->app().paths().runs() + u"/broken"_s));
        QCOMPARE(table->currentId(), u"broken"_s);
    }

    void aRunThatGoesOnIsNotDeleted()
    {
        qputenv("LOWRANK_FAKE", "slow");
        QVERIFY(m_studio->app().runs().resume(u"broken"_s));
        const app::RunController* run = m_studio->app().runs().open(u"broken"_s);
        QTRY_COMPARE(run->state(), app::RunState::Training);
        m_page->findChild<ui::RecordTable*>()->selectId(u"broken"_s);
        m_studio->dialogs().setNextAnswer(0);
        press(u"De&lete the run..."_s);
        QVERIFY(m_page->banner().text().contains("Stop it first"_L1));
        catalog().flush();
        QVERIFY(QFile::exists(run->folder()));
        qunsetenv("LOWRANK_FAKE");
    }

private:
    [[nodiscard]] app::Catalog& catalog() const { return m_studio->app().catalog(); }

    void press(const QString& text) const
    {
        QPushButton* button = tests::buttonWithText(m_page.get(), text);
        QVERIFY2(button != nullptr, qPrintable(text));
        QTest::mouseClick(button, Qt::LeftButton);
    }

    std::unique_ptr<tests::Studio> m_studio;
    std::unique_ptr<ui::HomePage> m_page;
};

QTEST_MAIN(TestHomePage)
#include "test_home_page.moc"
