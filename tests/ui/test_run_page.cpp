// Run: what its numbers are is said beside them.
#include <QLabel>
#include <QPlainTextEdit>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/run_page.h"

using namespace Qt::StringLiterals;

class TestRunPage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        tests::failOnWarnings();
        m_studio = std::make_unique<tests::Studio>();
        tests::fillWorkspace(*m_studio);
        m_page = std::make_unique<ui::RunPage>(m_studio->context(), nullptr);
        m_page->show();
        QTRY_VERIFY(m_page->isBuilt());
    }

    void cleanup()
    {
        m_page.reset();
        m_studio.reset();
    }

    // The last one is the chart's; the best one alone would hide that it rises.
    void theLastEvaluationIsShownAndTheBest()
    {
        const QString runs = m_studio->app().paths().runs();
        tests::writeFile(runs + u"/rising/run.json"_s, "{\"name\":\"rising\"}");
        QByteArray metrics;
        for (int step = 1; step <= 30; ++step) {
            metrics += u"{\"event\":\"step\",\"step\":%1,\"loss\":2.0}\n"_s.arg(step).toUtf8();
            if (step % 10 == 0) {
                metrics += u"{\"event\":\"eval\",\"step\":%1,\"loss\":%2}\n"_s.arg(step)
                               .arg(step == 20 ? 0.25 : 0.5)
                               .toUtf8();
            }
        }
        tests::writeFile(runs + u"/rising/metrics.jsonl"_s, metrics);
        m_studio->app().catalog().refreshRun(u"rising"_s);
        QTRY_COMPARE(m_studio->app().runList().rowCount(), 3);
        m_page->open(u"rising"_s);
        QTRY_COMPARE(tileTexts(u"evaluation loss"_s),
                     QStringList({u"0.5000"_s, u"evaluation loss"_s, u"best 0.2500, step 20"_s}));
        QCOMPARE(tileTexts(u"training loss"_s),
                 QStringList({u"2.0000"_s, u"training loss"_s, u"mean of the last 20"_s}));
        m_page->open(u"seen"_s); // without an evaluation
        QTRY_COMPARE(tileTexts(u"evaluation loss"_s),
                     QStringList({u"-"_s, u"evaluation loss"_s, QString()}));
    }

    void everyLineOfASampleIsIndented()
    {
        tests::writeFile(m_studio->app().paths().runs() + u"/seen/samples.jsonl"_s,
                         R"({"step":5,"prompt":"Who?\nWhere?","completion":"Leo.\nAt home."})"
                         "\n");
        m_page->open(u"seen"_s);
        QTRY_COMPARE(m_page->findChild<QPlainTextEdit*>()->toPlainText().trimmed(),
                     u"step 5\n  > Who?\n  > Where?\n    Leo.\n    At home."_s);
    }

private:
    // Value, caption and note.
    [[nodiscard]] QStringList tileTexts(const QString& caption) const
    {
        for (const ui::NumberTile* tile : m_page->findChildren<ui::NumberTile*>()) {
            QStringList texts;
            for (const QLabel* label : tile->findChildren<QLabel*>()) {
                texts.append(label->text());
            }
            if (texts.contains(caption)) {
                return texts;
            }
        }
        return {};
    }

    std::unique_ptr<tests::Studio> m_studio;
    std::unique_ptr<ui::RunPage> m_page;
};

QTEST_MAIN(TestRunPage)
#include "test_run_page.moc"
