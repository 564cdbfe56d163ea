// Home's offer to continue an interrupted run: taken, put off, and gone from the page each time.
#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/home_page.h"

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
        press(u"&Continue"_s);
        QCOMPARE(requested.count(), 1);
        QCOMPARE(requested.first().at(1).toString(), u"broken"_s);
        QTRY_VERIFY(tests::buttonWithText(m_page.get(), u"&Continue"_s) == nullptr);
        const app::RunController* run = m_studio->app().runs().open(u"broken"_s);
        QVERIFY(run != nullptr);
        QTRY_COMPARE(run->state(), app::RunState::Finished);
    }

    void puttingItOffTakesTheOfferAway()
    {
        press(u"Not now"_s);
        QTRY_VERIFY(tests::buttonWithText(m_page.get(), u"Not now"_s) == nullptr);
        QVERIFY(m_studio->app().runs().interrupted().isEmpty());
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
