// The window: shortcuts, pages kept, what a fresh window costs.
#include <algorithm>

#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QToolButton>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/settings_page.h"

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 kColdStartMilliseconds = 1000;

} // namespace

class TestMainWindow final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { tests::failOnWarnings(); }

    void shortcutsShowPages()
    {
        tests::Studio studio;
        ui::MainWindow window(studio.context());
        window.show();
        window.showPage(ui::PageId::Home);
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(window.currentPage(), ui::PageId::Models);
        QTest::keyClick(&window, Qt::Key_N, Qt::ControlModifier);
        QCOMPARE(window.currentPage(), ui::PageId::NewRun);
        QTest::keyClick(&window, Qt::Key_Comma, Qt::ControlModifier);
        QCOMPARE(window.currentPage(), ui::PageId::Settings);
    }

    // Where the fonts are wide too: no part of a page's header may lie on another.
    void nothingOfAHeaderIsCovered()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.show();
        window.resize(window.minimumSizeHint().expandedTo(QSize(1000, 700)));
        const QString name = u"2026-11-27-081411-a model with a rather long name"_s;
        studio.app().catalog().setRunName(u"seen"_s, name);
        QTRY_COMPARE(studio.app().catalog().run(u"seen"_s)->name, name);
        const auto* brand = window.findChild<QLabel*>(u"brand"_s);
        QVERIFY(brand->width() >= brand->sizeHint().width());
        const ui::Page& page = window.showPage(ui::PageId::Run, u"seen"_s);
        QTRY_VERIFY(page.isBuilt());
        QCoreApplication::processEvents();
        QList<QRect> taken;
        for (const QWidget* widget : page.findChildren<QWidget*>(Qt::FindDirectChildrenOnly)) {
            if (widget->isVisible()) {
                for (const QRect& other : std::as_const(taken)) {
                    QVERIFY2(!other.intersects(widget->geometry()),
                             widget->metaObject()->className());
                }
                taken.append(widget->geometry());
            }
        }
        QVERIFY(taken.size() > 4);
    }

    // Nothing is cut or covered in the smallest window there can be.
    void pagesFitTheSmallestWindow()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        QVERIFY(window.minimumWidth() <= 1180 && window.minimumHeight() <= 720);
        window.resize(window.minimumSize());
        window.show();
        for (const ui::PageId id : {ui::PageId::NewRun, ui::PageId::Run, ui::PageId::Compare}) {
            const ui::Page& page = window.showPage(id);
            QTRY_VERIFY(page.isBuilt());
            QCoreApplication::processEvents();
            QVERIFY2(page.minimumSizeHint().width() <= page.width(),
                     qPrintable(u"%1: %2 of %3"_s.arg(ui::MainWindow::pageName(id))
                                    .arg(page.minimumSizeHint().width())
                                    .arg(page.width())));
        }
        const ui::Page& settings = window.showPage(ui::PageId::Settings);
        QCoreApplication::processEvents();
        const auto edits = settings.findChildren<QLineEdit*>();
        const auto folder = std::find_if(edits.begin(), edits.end(), [](const QLineEdit* edit) {
            return edit->accessibleName() == u"Workspace folder"_s;
        });
        QVERIFY(folder != edits.end());
        QVERIFY((*folder)->height() >= (*folder)->minimumSizeHint().height());
        QVERIFY((*folder)->parentWidget()->height() >= (*folder)->height());
    }

    void pagesAreMadeOnce()
    {
        tests::Studio studio;
        ui::MainWindow window(studio.context());
        const ui::Page* first = &window.showPage(ui::PageId::Catalog);
        window.showPage(ui::PageId::Home);
        QCOMPARE(&window.showPage(ui::PageId::Catalog), first);
    }

    void railNamesEveryPage()
    {
        tests::Studio studio;
        ui::MainWindow window(studio.context());
        int railButtons = 0;
        for (const QToolButton* button : window.findChildren<QToolButton*>()) {
            if (button->property("rail").toBool()) {
                ++railButtons;
                QVERIFY(!button->text().isEmpty());
                QVERIFY(!button->icon().isNull());
            }
        }
        QCOMPARE(railButtons, static_cast<int>(ui::PageId::Count));
    }

    void closesWithoutAskingWhenIdle()
    {
        tests::Studio studio;
        ui::MainWindow window(studio.context());
        window.show();
        const QSignalSpy closed(&window, &ui::MainWindow::closed);
        QVERIFY(window.close());
        QCOMPARE(closed.count(), 1);
        QVERIFY(studio.dialogs().shown().isEmpty());
    }

    void remembersItsSize()
    {
        tests::Studio studio;
        {
            ui::MainWindow window(studio.context());
            window.show();
            window.resize(1210, 700);
            window.showPage(ui::PageId::Catalog);
            window.close();
        }
        QCOMPARE(studio.app().settings().text(app::Setting::LastPage), u"catalog"_s);
        const ui::MainWindow window(studio.context());
        QCOMPARE(window.size(), QSize(1210, 700));
    }

    void opensQuickly()
    {
        QElapsedTimer timer;
        timer.start();
        tests::Studio studio;
        ui::MainWindow window(studio.context());
        window.showPage(ui::PageId::Home);
        window.show();
        window.grab();
        qInfo("services and window: %lld ms", static_cast<long long>(timer.elapsed()));
        QVERIFY(timer.elapsed() < kColdStartMilliseconds);
    }

    void aWorkspaceThatCannotBeIsNotKept()
    {
        tests::Studio studio;
        ui::SettingsPage page(studio.context(), nullptr);
        QLineEdit* edit = nullptr;
        for (QLineEdit* each : page.findChildren<QLineEdit*>()) {
            edit = each->accessibleName() == u"Workspace folder"_s ? each : edit;
        }
        QVERIFY(edit != nullptr);
        const auto kept = [&studio] {
            return studio.app().settings().text(app::Setting::Workspace);
        };
        const QString good = studio.path(u"new/place"_s);
        edit->setText(good);
        QCOMPARE(kept(), good);
        const QString file = studio.path(u"file"_s);
        tests::writeFile(file, "x");
        for (const QString& bad : {file, file + u"/below"_s, u"relative"_s}) {
            edit->setText(bad);
            QVERIFY2(edit->parentWidget()->property("invalid").toBool(), qPrintable(bad));
            QCOMPARE(kept(), good);
        }
        edit->setText(good);
        QVERIFY(!edit->parentWidget()->property("invalid").toBool());
    }
};

QTEST_MAIN(TestMainWindow)
#include "test_main_window.moc"
