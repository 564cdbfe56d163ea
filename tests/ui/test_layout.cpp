// What pages make of little room and of long names.
#include <algorithm>

#include <QAbstractButton>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/widgets/chart_view.h"
#include "ui/widgets/line_chart.h"
#include "ui/widgets/name_delegate.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

class TestLayout final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { tests::failOnWarnings(); }

    void aLongNameTakesNoRoomFromOthers()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        const QString name = QString(u"a name as long as a sentence "_s).repeated(8).trimmed();
        studio.app().catalog().setRunName(u"seen"_s, name);
        QTRY_COMPARE(studio.app().catalog().run(u"seen"_s)->name, name);
        // The catalog's buttons for the trash need room too.
        QVERIFY(studio.app().runs().deleteRun(u"other"_s).hasValue());
        QTRY_VERIFY(!studio.app().catalog().deleted().isEmpty());
        ui::MainWindow window(studio.context());
        window.resize(window.minimumSize());
        window.show();
        for (const ui::PageId id : {ui::PageId::Run, ui::PageId::Catalog, ui::PageId::Export}) {
            const ui::Page& page = window.showPage(id, id == ui::PageId::Run ? u"seen"_s : u""_s);
            QTRY_VERIFY(page.isBuilt());
            QCoreApplication::processEvents();
            QVERIFY2(page.minimumSizeHint().width() <= page.width(),
                     qPrintable(ui::MainWindow::pageName(id)));
        }
    }

    void aLongModelNameLeavesTheFormWhole()
    {
        tests::Studio studio;
        app::ModelRecord model;
        model.id = u"long"_s;
        model.path = u"/nowhere/long"_s;
        model.name = QString(u"a name as long as a sentence "_s).repeated(8).trimmed();
        studio.app().catalog().saveModel(model);
        QTRY_VERIFY(studio.app().catalog().model(u"long"_s).has_value());
        ui::MainWindow window(studio.context());
        window.show();
        const ui::Page& page = window.showPage(ui::PageId::NewRun, {});
        QTRY_VERIFY(page.isBuilt());
        const auto boxes = page.findChildren<QComboBox*>();
        QVERIFY(std::any_of(boxes.begin(), boxes.end(), [&](const QComboBox* box) {
            return box->findText(model.name, Qt::MatchStartsWith) >= 0;
        }));
        const auto* area = page.findChild<QScrollArea*>(u"pageScroll"_s);
        QVERIFY(area != nullptr);
        studio.context().theme.apply(ui::ThemeKind::Dark); // every widget asks for its room again
        QCoreApplication::processEvents();
        QVERIFY(area->widget()->minimumSizeHint().width() <= area->viewport()->width());
    }

    // In the window as it first opens.
    void recentRunsNeedNoScrolling()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        app::RunNumbers numbers; // as wide as they usually get
        numbers.step = 1083;
        numbers.maxSteps = 3083;
        numbers.loss = 10.2345;
        numbers.evalLoss = 10.3456;
        studio.app().catalog().updateRunProgress(u"seen"_s, app::RunState::Interrupted, numbers);
        QTRY_COMPARE(studio.app().catalog().run(u"seen"_s)->numbers.maxSteps, 3083);
        ui::MainWindow window(studio.context());
        window.show();
        const ui::Page& page = window.showPage(ui::PageId::Home, {});
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        const auto* runs = page.findChild<ui::RecordTable*>();
        QTRY_VERIFY(runs->isVisible() && runs->view()->viewport()->width() > 0);
        QTRY_COMPARE(runs->view()->horizontalScrollBar()->maximum(), 0);
        const int state = app::RunListModel::State;
        const QModelIndex longest = runs->view()->model()->index(0, state);
        QVERIFY(runs->view()->columnWidth(state)
                > runs->view()->fontMetrics().horizontalAdvance(longest.data().toString()) + 28);
    }

    // Runs without a name of their own begin with their day and end with their base.
    void whatTellsNamesApartStays()
    {
        const QFontMetrics metrics{QFont()};
        const QString name = u"2026-11-28-101359-model"_s;
        const QStringList names = {
            name, u"2026-11-28-101226-model"_s, u"2026-11-28-091226-model"_s, u"mine"_s};
        const auto shown = [&](const QString& room) {
            return ui::elideShared(name, names, metrics, metrics.horizontalAdvance(room));
        };
        QCOMPARE(shown(name), name);
        QCOMPARE(shown(u"\u2026101359-model"_s), u"\u2026101359-model"_s);
        QCOMPARE(shown(u"\u2026101359\u2026"_s), u"\u2026101359\u2026"_s);
        // A name unlike the others keeps both of its ends.
        const QString alone = ui::elideShared(u"a name of its own"_s, names, metrics, 60);
        QVERIFY(alone.startsWith(u'a') && !alone.endsWith(u'\u2026'));
        QVERIFY(metrics.horizontalAdvance(alone) <= 60);
    }

    // The x axis is at the bottom: what is cut is missed.
    void smallChartsAreNotCut()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.resize(window.minimumSize());
        window.show();
        ui::Page& page = window.showPage(ui::PageId::Run, u"seen"_s);
        QTRY_VERIFY(page.isBuilt());
        const_cast<ui::Banner&>(page.banner()).showText(u"warning"_s, u"Something is new."_s);
        QCoreApplication::processEvents();
        const auto charts = page.findChildren<ui::LineChart*>();
        QCOMPARE(charts.size(), 5);
        for (const ui::LineChart* chart : charts) {
            const auto* view = chart->findChild<ui::ChartView*>();
            const QRect place(view->mapTo(chart, QPoint()), view->size());
            QVERIFY2(chart->rect().contains(place), qPrintable(chart->accessibleName()));
            QVERIFY(chart->parentWidget()->rect().contains(chart->geometry()));
        }
    }

    // The caption changes when a run ends; its room must follow.
    void aTileShowsItsWholeCaption()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.resize(window.minimumSize());
        window.show();
        const ui::Page& page = window.showPage(ui::PageId::Run, u"seen"_s);
        QTRY_VERIFY(page.isBuilt());
        QCoreApplication::processEvents();
        const QList<ui::NumberTile*> tiles = page.findChildren<ui::NumberTile*>();
        QCOMPARE(tiles.size(), 6);
        for (const ui::NumberTile* tile : tiles) {
            for (const QLabel* label : tile->findChildren<QLabel*>()) {
                QTRY_VERIFY2(label->width() >= label->sizeHint().width(),
                             qPrintable(label->text()));
            }
        }
    }

    void tablesGiveTheirColumnsTheWidthTheyNeed()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::ComparePage page(studio.context(), nullptr);
        page.resize(984, 640);
        page.show();
        QVERIFY(QTest::qWaitForWindowExposed(&page));
        page.chooseRuns({u"seen"_s, u"other"_s});
        for (QTableView* table : page.findChildren<QTableView*>()) {
            if (!table->isVisible() || table->model()->rowCount() == 0) {
                continue;
            }
            const bool isOfRuns = table->accessibleName() == tr("Runs to compare");
            const int column = isOfRuns ? static_cast<int>(app::RunListModel::State) : 0;
            const QModelIndex cell = table->model()->index(0, column);
            QTRY_VERIFY2(table->columnWidth(column) >= table->sizeHintForIndex(cell).width(),
                         qPrintable(table->accessibleName()));
            QVERIFY(!isOfRuns || table->textElideMode() == Qt::ElideMiddle);
        }
    }
};

QTEST_MAIN(TestLayout)
#include "test_layout.moc"
