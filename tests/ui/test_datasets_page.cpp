// The data sets page: importing, what is refused and why, columns of any name.
#include <algorithm>

#include <QAbstractButton>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/datasets_page.h"
#include "ui/widgets/column_map_editor.h"
#include "ui/widgets/data_gate.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

class TestDatasetsPage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { tests::failOnWarnings(); }

    void datasetsPageImports()
    {
        tests::Studio studio;
        studio.forgetSample();
        const QString file = studio.path(u"tiny.jsonl"_s);
        QFile data(file);
        QVERIFY(data.open(QIODevice::WriteOnly));
        data.write("{\"prompt\":\"1+1=\",\"completion\":\"2\"}\n{\"prompt\":\"2+2=\","
                   "\"completion\":\"4\"}\n{\"prompt\":\"\",\"completion\":\"\"}\n");
        data.close();
        ui::DatasetsPage page(studio.context(), nullptr);
        page.show();
        studio.dialogs().setNextPath(file);
        auto* import = tests::buttonWithText(&page, tr("&Import a file..."));
        QVERIFY(import != nullptr);
        import->click();
        QTRY_COMPARE(studio.app().datasetList().rowCount(), 1);
        QTRY_COMPARE_WITH_TIMEOUT(studio.app().datasetList().record(0).rows, qint64{3}, 30'000);
    }

    void twoFilesOfOneNameAreToldApart()
    {
        tests::Studio studio;
        studio.forgetSample();
        tests::writeFile(studio.path(u"same.jsonl"_s), "{\"text\":\"a\"}\n");
        tests::writeFile(studio.path(u"same.csv"_s), "prompt,completion\na,b\n");
        ui::DatasetsPage page(studio.context(), nullptr);
        page.show();
        page.importFile(studio.path(u"same.jsonl"_s));
        QTRY_COMPARE(studio.app().datasetList().rowCount(), 1);
        page.importFile(studio.path(u"same.csv"_s));
        QTRY_COMPARE(studio.app().datasetList().rowCount(), 2);
        QStringList names;
        for (const app::DatasetRecord& each : studio.app().catalog().datasets()) {
            names.append(each.name);
        }
        names.sort();
        QCOMPARE(names, QStringList({u"same"_s, u"same.csv"_s}));
    }

    void whatIsRemovedCanComeBackHere()
    {
        tests::Studio studio;
        studio.forgetSample();
        tests::writeFile(studio.path(u"tiny.jsonl"_s), "{\"text\":\"a\"}\n");
        ui::DatasetsPage page(studio.context(), nullptr);
        page.show();
        page.importFile(studio.path(u"tiny.jsonl"_s));
        auto* remove = tests::buttonWithText(&page, tr("Remove"));
        QTRY_VERIFY(page.trainButton().isEnabled());
        auto* table = page.findChild<ui::RecordTable*>();
        table->view()->clearSelection(); // a click beside the rows
        QVERIFY(!remove->isEnabled() && !page.trainButton().isEnabled());
        table->selectId(studio.app().datasetList().record(0).id);
        QVERIFY(remove->isEnabled());
        studio.dialogs().setNextAnswer(0);
        remove->click();
        QTRY_COMPARE(studio.app().datasetList().rowCount(), 0);
        page.banner().action()->click();
        QTRY_COMPARE(studio.app().datasetList().rowCount(), 1);
        QVERIFY(!page.banner().isVisible());
    }

    void datasetsPageSaysWhyAFileIsNoData()
    {
        tests::Studio studio;
        studio.forgetSample();
        tests::writeFile(studio.path(u"page.jsonl"_s),
                         "<!DOCTYPE html>\n<html><body>404</body></html>\n");
        ui::DatasetsPage page(studio.context(), nullptr);
        page.show();
        page.importFile(studio.path(u"page.jsonl"_s));
        QTRY_VERIFY_WITH_TIMEOUT(!page.gate().refusal().isEmpty(), 30'000);
        QVERIFY2(page.gate().refusal().contains(u"page"_s), qPrintable(page.gate().refusal()));
        QCOMPARE(page.gate().problemCount(), 1);
        QVERIFY(!page.trainButton().isEnabled());
        QCOMPARE(page.trainButton().toolTip(), page.gate().refusal());
    }

    // The worker lists the first thousand; the counts are of all.
    void aCutListOfProblemsSaysSo()
    {
        tests::Studio studio;
        app::DatasetCheck check;
        check.rows = 1'200'000;
        check.warned = 1'199'000;
        check.refused = 2;
        for (qint64 row = 1001; row <= 1999; ++row) {
            check.problems.append({.row = row, .code = {}, .message = u"equal to another row"_s});
        }
        check.problems.append(
            {.refused = true, .row = 1'000'000, .code = {}, .message = u"no JSON"_s});
        ui::DataGate gate(studio.theme());
        gate.resize(730, 600);
        gate.show();
        gate.showCheck(check, {});
        auto* tabs = gate.findChild<QTabWidget*>();
        QCOMPARE(tabs->tabText(1), u"Problems (1,199,002)"_s);
        tabs->setCurrentIndex(1);
        const auto* cut = gate.findChild<QLabel*>(u"problemsCut"_s);
        QVERIFY(cut->isVisible());
        QCOMPARE(cut->text(), u"Listed are the first 1,000 of 1,199,002 rows with a problem."_s);
        const auto tables = gate.findChildren<QTableView*>();
        const auto shown = std::find_if(tables.begin(), tables.end(), [](const QTableView* each) {
            return each->accessibleName() == u"Problems by row"_s;
        });
        QVERIFY(shown != tables.end());
        const QModelIndex last = (*shown)->model()->index(999, 0);
        QCOMPARE(last.data().toString(), u"1,000,000"_s);
        QCOMPARE(last.siblingAtColumn(1).data().toString(), u"\u2715 refused"_s);
        QVERIFY((*shown)->columnWidth(0) >= (*shown)->sizeHintForIndex(last).width());
        check.warned = 999; // all of them listed
        check.refused = 1;
        gate.showCheck(check, {});
        QVERIFY(!cut->isVisible());
        QCOMPARE(tabs->tabText(1), u"Problems (1,000)"_s);
    }

    void datasetsPageMapsColumnsOfUnusualNames()
    {
        tests::Studio studio;
        studio.forgetSample();
        tests::writeFile(studio.path(u"foreign.csv"_s), "frage,erwiderung\nwas?,das\nwie?,so\n");
        ui::DatasetsPage page(studio.context(), nullptr);
        page.show();
        page.importFile(studio.path(u"foreign.csv"_s));
        ui::ColumnMapEditor& editor = page.gate().columns();
        QTRY_VERIFY_WITH_TIMEOUT(!page.gate().refusal().isEmpty(), 30'000);
        QCOMPARE(editor.columns(), QStringList({u"frage"_s, u"erwiderung"_s}));
        const auto* way = page.gate().findChild<QLabel*>(u"mapping"_s);
        QVERIFY(way->isVisible() && way->text().contains("Columns tab"_L1));
        const auto give = [&editor](qsizetype column, const QString& role) {
            QComboBox* box = editor.findChildren<QComboBox*>().at(column);
            box->setCurrentIndex(box->findData(role));
            Q_EMIT box->activated(box->currentIndex());
        };
        const auto kept = [&studio] {
            return studio.app().catalog().datasets().constFirst().columnMap;
        };
        const QString before = page.gate().refusal();
        give(0, u"prompt"_s); // half a mapping
        QTRY_VERIFY_WITH_TIMEOUT(
            !page.gate().refusal().isEmpty() && page.gate().refusal() != before, 30'000);
        QCOMPARE(editor.columns().size(), 2);
        QVERIFY(kept().isEmpty());
        give(1, u"completion"_s);
        QTRY_VERIFY_WITH_TIMEOUT(page.gate().refusal().isEmpty(), 30'000);
        QVERIFY(page.trainButton().isEnabled());
        const QJsonObject whole = {{u"frage"_s, u"prompt"_s}, {u"erwiderung"_s, u"completion"_s}};
        QTRY_COMPARE(kept(), whole);
        give(1, QString()); // half again: the last good one stays
        QTRY_VERIFY_WITH_TIMEOUT(!page.gate().refusal().isEmpty(), 30'000);
        QCOMPARE(kept(), whole);
        tests::buttonWithText(&editor, tr("&Reset mapping"))->click();
        QTRY_COMPARE_WITH_TIMEOUT(kept(), QJsonObject(), 30'000);
        QVERIFY(editor.hasColumns());
    }

    void datasetsPageShowsAModelsNameWhole()
    {
        tests::Studio studio;
        studio.forgetSample();
        tests::writeFile(studio.path(u"tiny.jsonl"_s),
                         "{\"prompt\":\"1+1=\",\"completion\":\"2\"}\n");
        ui::DatasetsPage page(studio.context(), nullptr);
        page.resize(1016, 700);
        page.show();
        studio.dialogs().setNextPath(studio.path(u"tiny.jsonl"_s));
        tests::buttonWithText(&page, tr("&Import a file..."))->click();
        QTRY_COMPARE(studio.app().datasetList().rowCount(), 1);
        app::ModelRecord model;
        model.id = u"late"_s;
        model.path = u"/nowhere/late"_s;
        model.name = u"A model that came late"_s;
        studio.app().catalog().saveModel(model);
        const auto boxes = page.findChildren<QComboBox*>();
        const auto named = std::find_if(boxes.begin(), boxes.end(), [](const QComboBox* box) {
            return box->accessibleName() == u"Tokens of"_s;
        });
        QVERIFY(named != boxes.end());
        QTRY_COMPARE((*named)->currentText(), model.name);
        QTRY_VERIFY((*named)->width() > (*named)->fontMetrics().horizontalAdvance(model.name) + 16);
        QCOMPARE((*named)->toolTip(), model.name);
    }
};

QTEST_MAIN(TestDatasetsPage)
#include "test_datasets_page.moc"
