// Export: a taken folder is refused, and after an export the next free one is offered.
#include <QDir>
#include <QLineEdit>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/export_page.h"
#include "ui/widgets/status_pill.h"

using namespace Qt::StringLiterals;

class TestExportPage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        tests::failOnWarnings();
        m_studio = std::make_unique<tests::Studio>(ui::ThemeKind::Light,
                                                   QStringLiteral(LOWRANK_FAKE_WORKER));
        tests::fillWorkspace(*m_studio);
        m_page = std::make_unique<ui::ExportPage>(m_studio->context(), nullptr);
        m_page->show();
        m_page->open(u"seen/adapter"_s);
    }

    void cleanup()
    {
        m_page.reset();
        m_studio.reset();
    }

    void aTakenFolderIsRefused()
    {
        QVERIFY(start()->isEnabled());
        folder()->setText(m_studio->app().paths().workspace());
        QVERIFY(!start()->isEnabled());
    }

    void aRelativeFolderIsRefused()
    {
        folder()->setText(u"relative"_s);
        QVERIFY(!start()->isEnabled());
        folder()->setText(m_studio->path(u"whole"_s));
        QVERIFY(start()->isEnabled());
    }

    void afterAnExportTheNextFolderIsOffered()
    {
        const QString first = folder()->text();
        start()->click();
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"success"_s);
        QVERIFY2(m_page->banner().text().contains(first), qPrintable(m_page->banner().text()));
        QVERIFY(QDir(first).exists());
        QCOMPARE(folder()->text(), first + u"-2"_s);
        QVERIFY(start()->isEnabled());
    }

    void aFolderOfOnesOwnIsFollowedByOneBesideIt()
    {
        const QString own = m_studio->path(u"shipped"_s);
        folder()->setText(own);
        start()->click();
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"success"_s);
        QCOMPARE(QFileInfo(folder()->text()).path(), QFileInfo(own).path());
        QVERIFY(folder()->text() != own);
        QVERIFY(start()->isEnabled());
    }

    void afterAFailureNoOlderFolderIsShown()
    {
        start()->click();
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"success"_s);
        QPushButton* show = tests::buttonWithText(m_page.get(), u"&Show the folder"_s);
        QVERIFY(show->isVisible());
        folder()->setText(m_studio->path(u"full"_s));
        start()->click();
        QVERIFY(!show->isVisible());
        QTRY_COMPARE(m_page->verdict().accessibleName(), u"not exported"_s);
        QVERIFY(!show->isVisible());
    }

    void withoutAFileManagerTheFolderIsTold()
    {
        const QString out = folder()->text();
        start()->click();
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"success"_s);
        tests::buttonWithText(m_page.get(), u"&Show the folder"_s)->click();
        QCOMPARE(m_studio->dialogs().shown().last(), out);
        QCOMPARE(m_page->banner().property("banner").toString(), u"warning"_s);
        QVERIFY(m_page->banner().text().contains(out));
    }

private:
    [[nodiscard]] QPushButton* start() const
    {
        return tests::buttonWithText(m_page.get(), u"&Export and check"_s);
    }

    [[nodiscard]] QLineEdit* folder() const
    {
        for (QLineEdit* edit : m_page->findChildren<QLineEdit*>()) {
            if (edit->accessibleName() == u"Export folder"_s) {
                return edit;
            }
        }
        return nullptr;
    }

    std::unique_ptr<tests::Studio> m_studio;
    std::unique_ptr<ui::ExportPage> m_page;
};

QTEST_MAIN(TestExportPage)
#include "test_export_page.moc"
