// The playground over a scripted worker: an answer that fails, what each side is sent, and the
// blind vote.
#include <QCheckBox>
#include <QComboBox>
#include <QPlainTextEdit>

#include "app/jobs/model_import.h"
#include "tests/app/tiny_adapter.h"
#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/playground_page.h"
#include "ui/widgets/blind_vote.h"
#include "ui/widgets/chat_pane.h"

using namespace Qt::StringLiterals;

namespace {

const auto kAdapter = u"seen/adapter"_s;

// A page with the base on its left and an adapter on its right, both resident.
class Playground final
{
public:
    explicit Playground(const char* mode)
        : m_studio(withWorker(mode), QStringLiteral(LOWRANK_FAKE_WORKER))
    {
        tests::fillWorkspace(m_studio);
        app::ModelRecord base;
        base.id = u"base"_s;
        base.path = u"/nowhere/base"_s;
        base.name = u"Base"_s;
        m_studio.app().catalog().saveModel(base);
        m_studio.app().catalog().flush();
        m_page = std::make_unique<ui::PlaygroundPage>(m_studio.context(), nullptr);
        m_page->show();
        m_page->open(kAdapter);
        QTRY_COMPARE(session().residentAdapters(), QStringList{kAdapter});
    }

    [[nodiscard]] app::Application& app() { return m_studio.app(); }

    [[nodiscard]] app::PlaygroundSession& session() { return m_studio.app().playground(); }

    [[nodiscard]] ui::PlaygroundPage& page() { return *m_page; }

    [[nodiscard]] ui::ChatPane& pane(int index) { return m_page->pane(index); }

    void askAndWait(const QString& question)
    {
        const QSignalSpy finished(&session(), &app::PlaygroundSession::askFinished);
        m_page->ask(question);
        QTRY_COMPARE(finished.count(), 1);
    }

    [[nodiscard]] ui::BlindVote& vote() { return m_page->blindVote(); }

    [[nodiscard]] bool isButtonVisible(const QString& text)
    {
        const QPushButton* button = tests::buttonWithText(m_page.get(), text);
        return button != nullptr && button->isVisible();
    }

    // The adapter that has answered on this side, by what the scripted worker writes.
    [[nodiscard]] QString whoAnswered(int index)
    {
        return pane(index).lastAnswer().startsWith(u"base0"_s) ? QString() : kAdapter;
    }

private:
    static ui::ThemeKind withWorker(const char* mode)
    {
        qputenv("LOWRANK_FAKE", mode);
        return ui::ThemeKind::Light;
    }

    tests::Studio m_studio;
    std::unique_ptr<ui::PlaygroundPage> m_page;
};

} // namespace

class TestPlaygroundPage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { tests::failOnWarnings(); }

    void anAnswerThatFailedIsSaidInItsPane()
    {
        Playground playground("normal");
        playground.askAndWait(u"fail base"_s);
        QVERIFY(!playground.pane(0).isOpen());
        QVERIFY2(playground.pane(0).shownText().contains(u"cache: 3.0 GiB wanted"_s),
                 qPrintable(playground.pane(0).shownText()));
        QVERIFY(playground.pane(1).lastAnswer().startsWith(kAdapter)); // the other one answers
        playground.askAndWait(u"again"_s);
        QVERIFY(playground.pane(0).lastAnswer().startsWith(u"base0"_s));
        QVERIFY(playground.pane(0).shownText().contains(u"cache: 3.0 GiB wanted"_s));
    }

    void eachSideIsSentItsOwnTurns()
    {
        Playground playground("normal");
        playground.askAndWait(u"one"_s);
        playground.askAndWait(u"two"_s);
        QCOMPARE(playground.pane(0).lastAnswer(),
                 u"[user:one assistant:base0 base1 base2 user:two] base0 base1 base2 "_s);
        QVERIFY2(
            playground.pane(1).lastAnswer().startsWith(u"[user:one assistant:seen/adapter0 "_s),
            qPrintable(playground.pane(1).lastAnswer()));
    }

    // The run went on meanwhile.
    void theAdapterAsItIsNowAnswers()
    {
        Playground playground("normal");
        playground.askAndWait(u"one"_s);
        const QSignalSpy loaded(&playground.session(), &app::PlaygroundSession::adapterLoaded);
        tests::writeFile(playground.app().paths().runs()
                             + u"/seen/adapter/adapter_model.safetensors"_s,
                         QByteArray("\x03\0\0\0\0\0\0\0{ }", 11));
        playground.askAndWait(u"two"_s);
        QCOMPARE(loaded.count(), 1);
        QVERIFY(!playground.pane(1).lastAnswer().isEmpty());
    }

    // Its question is not answered by the base instead.
    void anAdapterThatCannotBeLoadedStaysChosen()
    {
        Playground playground("normal");
        tests::writeFinishedRun(playground.app().paths().workspace(), u"broken"_s, 8);
        playground.app().catalog().refreshRun(u"broken"_s);
        QTRY_COMPARE(playground.app().adapterList().rowCount(), 3);
        playground.page().open(u"broken/adapter"_s);
        const auto banner = [&playground] {
            return playground.page().banner().property("banner").toString();
        };
        QTRY_COMPARE(banner(), u"danger"_s);
        QVERIFY(playground.page().banner().text().contains("it is cut off"_L1));
        QCOMPARE(playground.pane(1).adapterId(), u"broken/adapter"_s);
        QVERIFY(playground.pane(1).shownText().contains("it is cut off"_L1));
        const QSignalSpy refused(&playground.session(), &app::PlaygroundSession::adapterRefused);
        playground.page().ask(u"who?"_s);
        QTRY_COMPARE(refused.count(), 1);
        QCOMPARE(playground.pane(1).lastAnswer(), QString());
        QVERIFY(!playground.pane(0).isOpen());
        const auto* question = playground.page().findChild<QPlainTextEdit*>();
        QCOMPARE(question->toPlainText(), u"who?"_s); // not lost
        playground.pane(1).choose(kAdapter);
        QVERIFY(!playground.pane(1).shownText().contains("it is cut off"_L1));
    }

    void theBaseIsAskedForWhereItIsNotKnown()
    {
        Playground playground("normal");
        const QString folder = playground.app().paths().adapters() + u"/hub"_s;
        app_test::writeTinyAdapter(folder, u"org/Tiny"_s);
        app_test::writeTinyModel(playground.app().paths().models() + u"/tiny"_s);
        const app::ModelRecord tiny =
            app::describeModel(playground.app().paths().models() + u"/tiny"_s);
        playground.app().catalog().saveModel(tiny);
        playground.app().catalog().refreshAdapter(u"imported/hub"_s);
        QTRY_VERIFY(playground.app().catalog().adapter(u"imported/hub"_s).has_value());
        playground.page().open(u"imported/hub"_s);
        QVERIFY(playground.page().banner().text().contains("org/Tiny"_L1));
        playground.app().catalog().setAdapterBase(u"imported/hub"_s, tiny);
        QTRY_COMPARE(playground.session().residentAdapters(), QStringList{u"imported/hub"_s});
        QCOMPARE(playground.session().baseModel(), tiny.path);
        QCOMPARE(playground.pane(1).adapterId(), u"imported/hub"_s);
    }

    void loadLoadsAgain()
    {
        Playground playground("normal");
        QTRY_COMPARE(playground.session().state(), app::PlaygroundSession::State::Ready);
        tests::buttonWithText(&playground.page(), u"&Load"_s)->click();
        QCOMPARE(playground.session().state(), app::PlaygroundSession::State::Loading);
        QTRY_COMPARE(playground.session().residentAdapters(), QStringList{kAdapter});
    }

    void whatFailedIsNotSentAgain()
    {
        Playground playground("normal");
        playground.askAndWait(u"one"_s);
        playground.askAndWait(u"fail base"_s);
        playground.askAndWait(u"two"_s);
        QVERIFY2(playground.pane(0).lastAnswer().startsWith(
                     u"[user:one assistant:base0 base1 base2 user:two] "_s),
                 qPrintable(playground.pane(0).lastAnswer()));
        QVERIFY2(playground.pane(1).lastAnswer().contains(
                     u" user:fail base assistant:[user:one assistant:seen/"_s),
                 qPrintable(playground.pane(1).lastAnswer()));
    }

    void whatWasStoppedIsNotSentAgain()
    {
        Playground playground("slow");
        const QSignalSpy finished(&playground.session(), &app::PlaygroundSession::askFinished);
        playground.page().ask(u"one"_s);
        QTRY_VERIFY(!playground.pane(0).lastAnswer().isEmpty());
        playground.session().cancel();
        QTRY_COMPARE(finished.count(), 1);
        QVERIFY(playground.pane(0).history().isEmpty());
        QVERIFY(!playground.pane(0).lastAnswer().isEmpty()); // it stays to be read
        QVERIFY(!playground.pane(1).isOpen());               // it was not asked any more
        playground.page().ask(u"two"_s);
        QTRY_VERIFY(playground.pane(0).lastAnswer().startsWith(u"base0"_s));
        playground.session().cancel();
        QTRY_COMPARE(finished.count(), 2);
    }

    void aBlindVoteIsStoredAndThenNamesTheSides()
    {
        Playground playground("normal");
        playground.askAndWait(u"before"_s);
        playground.vote().toggle().click();
        QCOMPARE(playground.pane(0).title(), u"Answer A"_s);
        QCOMPARE(playground.pane(1).title(), u"Answer B"_s);
        QVERIFY(!playground.pane(0).choice().isVisible());
        playground.askAndWait(u"which?"_s);
        QVERIFY(playground.whoAnswered(0) != playground.whoAnswered(1));
        QCOMPARE(playground.pane(0).title(), u"Answer A"_s);
        const QString text = playground.pane(0).shownText();
        QVERIFY2(!text.contains(u"before"_s) && !text.contains(u"tokens in"_s), qPrintable(text));
        QVERIFY(playground.isButtonVisible(u"T&ie"_s));
        QVERIFY(playground.isButtonVisible(u"&A is better"_s));
        tests::buttonWithText(&playground.page(), u"&B is better"_s)->click();
        playground.app().catalog().flush();
        const QList<app::VoteRecord> votes = playground.app().catalog().votes();
        QCOMPARE(votes.size(), 1);
        QCOMPARE(votes.first().prompt, u"which?"_s);
        QCOMPARE(votes.first().winner, u"right"_s);
        QCOMPARE(votes.first().left, playground.whoAnswered(0));
        QCOMPARE(votes.first().right, playground.whoAnswered(1));
        const int adapterSide = playground.whoAnswered(0).isEmpty() ? 1 : 0;
        const QString adapter = playground.pane(1).adapterName();
        QVERIFY(playground.pane(adapterSide).title().endsWith(u": "_s + adapter));
        QVERIFY(!playground.isButtonVisible(u"&B is better"_s));
        const QString tally = adapterSide == 1 ? u"Votes so far: base model 0, ties 0, %1 1"_s
                                               : u"Votes so far: base model 1, ties 0, %1 0"_s;
        QTRY_COMPARE(playground.vote().tallyText(), tally.arg(adapter));
        playground.vote().toggle().click();
        QCOMPARE(playground.pane(0).title(), u"Left"_s);
        QVERIFY(playground.pane(0).choice().isVisible());
    }

    void thereIsNoVoteWhenOneSideDidNotAnswer()
    {
        Playground playground("normal");
        playground.vote().toggle().click();
        playground.askAndWait(u"fail base"_s);
        QVERIFY(!playground.isButtonVisible(u"&A is better"_s));
        QVERIFY(playground.pane(0).title().startsWith(u"Answer A: "_s));
        playground.askAndWait(u"again"_s);
        QVERIFY(playground.isButtonVisible(u"&A is better"_s));
        tests::buttonWithText(&playground.page(), u"Clear"_s)->click();
        QVERIFY(!playground.isButtonVisible(u"&A is better"_s));
        QVERIFY(playground.app().catalog().votes().isEmpty());
    }

    void aVoteNeedsTwoAdapters()
    {
        Playground playground("normal");
        QVERIFY(playground.vote().toggle().isEnabled());
        QCOMPARE(playground.vote().tallyText(), u"No votes on these two yet."_s);
        playground.vote().toggle().click();
        playground.pane(1).choose({});
        QVERIFY(!playground.vote().toggle().isEnabled());
        QVERIFY(!playground.vote().isOn());
        QVERIFY(!playground.vote().toggle().toolTip().isEmpty());
        QCOMPARE(playground.pane(1).title(), u"Right"_s);
    }
};

QTEST_MAIN(TestPlaygroundPage)
#include "test_playground_page.moc"
