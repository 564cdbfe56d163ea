// The playground over a scripted worker: an answer that fails, and what each side is sent.
#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/playground_page.h"
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

    void whatFailedIsNotSentAgain()
    {
        Playground playground("normal");
        playground.askAndWait(u"one"_s);
        playground.askAndWait(u"fail base"_s);
        playground.askAndWait(u"two"_s);
        QVERIFY2(playground.pane(0).lastAnswer().startsWith(
                     u"[user:one assistant:base0 base1 base2 user:two] "_s),
                 qPrintable(playground.pane(0).lastAnswer()));
        QVERIFY2(playground.pane(1).lastAnswer().contains(u" user:fail base assistant:seen/"_s),
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
};

QTEST_MAIN(TestPlaygroundPage)
#include "test_playground_page.moc"
