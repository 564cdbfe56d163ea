// The item models under Qt's model tester while rows come, change, move and go.
#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "app/catalog/catalog.h"
#include "app/models/adapter_list_model.h"
#include "app/models/dataset_list_model.h"
#include "app/models/dataset_rows_model.h"
#include "app/models/log_model.h"
#include "app/models/model_list_model.h"
#include "app/models/run_list_model.h"
#include "app/runs/run_log.h"
#include "tests/app/app_test.h"

using namespace Qt::StringLiterals;

namespace {

constexpr auto kFatal = QAbstractItemModelTester::FailureReportingMode::Fatal;

app::RunRecord run(const QString& id, double loss)
{
    app::RunRecord record;
    record.id = id;
    record.name = id;
    record.numbers.loss = loss;
    return record;
}

QStringList names(const QAbstractItemModel& model)
{
    QStringList result;
    for (int row = 0; row < model.rowCount(); ++row) {
        result.append(model.index(row, 0).data().toString());
    }
    return result;
}

} // namespace

class TestModels final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void rowsAreMergedNotReset()
    {
        const QTemporaryDir folder;
        app::Catalog catalog(app::Paths(folder.path()));
        app::RunListModel model(catalog);
        const QAbstractItemModelTester tester(&model, kFatal);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        model.setRecords({run(u"a"_s, 1.0), run(u"b"_s, 2.0), run(u"c"_s, 3.0)});
        const QPersistentModelIndex second = model.index(1, 0);
        model.setRecords({run(u"new"_s, 9.0), run(u"c"_s, 3.0), run(u"b"_s, 2.5)});
        QCOMPARE(names(model), (QStringList{u"new"_s, u"c"_s, u"b"_s}));
        QCOMPARE(second.row(), 2); // the selection follows its run
        QCOMPARE(
            second.sibling(second.row(), app::RunListModel::Loss).data(app::SortRole).toDouble(),
            2.5);
        QVERIFY(resets.isEmpty());
        model.setRecords({});
        QCOMPARE(model.rowCount(), 0);
        QVERIFY(!second.isValid());
    }

    void everyColumnHasAHeaderAndAValue()
    {
        const QTemporaryDir folder;
        const app::Paths paths(folder.path());
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        app::Catalog catalog(paths);
        app::RunListModel runs(catalog);
        app::AdapterListModel adapters(catalog);
        app::ModelListModel models(catalog);
        app::DatasetListModel datasets(catalog);
        const QAbstractItemModelTester a(&runs, kFatal);
        const QAbstractItemModelTester b(&adapters, kFatal);
        const QAbstractItemModelTester c(&models, kFatal);
        const QAbstractItemModelTester d(&datasets, kFatal);
        QVERIFY(catalog.open().hasValue());
        app::ModelRecord model;
        model.id = u"m"_s;
        model.path = u"/m"_s;
        catalog.saveModel(model);
        app::DatasetRecord dataset;
        dataset.id = u"d"_s;
        dataset.path = u"/d"_s;
        catalog.saveDataset(dataset);
        QTRY_COMPARE(datasets.rowCount(), 1);
        QTRY_COMPARE(models.rowCount(), 1);
        QTRY_COMPARE(runs.rowCount(), 1);
        QTRY_COMPARE(adapters.rowCount(), 2);
        for (const QAbstractItemModel* each : {static_cast<QAbstractItemModel*>(&runs),
                                               static_cast<QAbstractItemModel*>(&adapters),
                                               static_cast<QAbstractItemModel*>(&models),
                                               static_cast<QAbstractItemModel*>(&datasets)}) {
            for (int column = 0; column < each->columnCount(); ++column) {
                QVERIFY(!each->headerData(column, Qt::Horizontal).toString().isEmpty());
                QVERIFY(each->index(0, column).data().isValid());
                QVERIFY(each->index(0, column).data(app::SortRole).isValid());
            }
            QVERIFY(!each->index(0, 0).data(app::IdRole).toString().isEmpty());
        }
        QCOMPARE(runs.index(0, app::RunListModel::State).data(app::StateRole).toInt(),
                 static_cast<int>(app::RunState::Finished));
        // A base goes by its name here, not by its folder's.
        model.path = runs.record(0).baseModel;
        model.name = u"The base"_s;
        QVERIFY(!model.path.isEmpty());
        QCOMPARE(runs.index(0, app::RunListModel::BaseModel).data().toString(),
                 QFileInfo(model.path).fileName());
        catalog.saveModel(model);
        QTRY_COMPARE(runs.index(0, app::RunListModel::BaseModel).data().toString(), model.name);
        QTRY_COMPARE(adapters.index(0, app::AdapterListModel::BaseModel).data().toString(),
                     model.name);
    }

    void theLogForgetsItsOldestLines()
    {
        app::LogModel log;
        const QAbstractItemModelTester tester(&log, kFatal);
        for (int line = 0; line < app::LogModel::kMaxLines + 3; ++line) {
            log.append(app::LogModel::Level::Info, QString::number(line));
        }
        QCOMPARE(log.rowCount(), app::LogModel::kMaxLines);
        QCOMPARE(log.index(0).data(Qt::ToolTipRole).toString(), u"3"_s);
        log.append(app::LogModel::Level::Error, u"bad"_s);
        QCOMPARE(log.index(log.rowCount() - 1).data(app::LogModel::LevelRole).toInt(),
                 static_cast<int>(app::LogModel::Level::Error));
    }

    void theLogPutsThePastFirst()
    {
        app::LogModel log;
        const QAbstractItemModelTester tester(&log, kFatal);
        log.append(app::LogModel::Level::Info, u"now"_s);
        const QDateTime time = QDateTime::fromString(u"2026-11-27T08:14:20"_s, Qt::ISODate);
        log.prepend({{app::LogModel::Level::Info, time, u"before"_s},
                     {app::LogModel::Level::Warning, time, u"then"_s}});
        QCOMPARE(log.rowCount(), 3);
        QCOMPARE(log.index(0).data().toString(), u"08:14:20  before"_s);
        QCOMPARE(log.index(2).data(Qt::ToolTipRole).toString(), u"now"_s);
        log.prepend(QList<app::LogModel::Line>(app::LogModel::kMaxLines));
        QCOMPARE(log.rowCount(), app::LogModel::kMaxLines);
    }

    // No JSON, no stamps of another zone: the words of the live log.
    void aLineOfTheLogFileReadsLikeALiveOne_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("text"); // empty: not shown
        QTest::newRow("words") << u"2026-11-27T08:14:11Z lowrank 0.1.0: start at step 0"_s
                               << u"lowrank 0.1.0: start at step 0"_s;
        QTest::newRow("started")
            << u"2026-11-27T08:14:11Z {\"event\":\"started\",\"start_step\":0,\"max_steps\":155,"
               u"\"trainable_parameters\":179200}"_s
            << u"Starts at step 0 of 155: 179 K trainable parameters"_s;
        QTest::newRow("eval")
            << u"2026-11-27T08:14:11Z {\"event\":\"eval\",\"step\":5,\"loss\":0.25}"_s
            << u"Step 5: evaluation loss 0.2500"_s;
        QTest::newRow("checkpoint")
            << u"2026-11-27T08:14:11Z {\"event\":\"checkpoint\",\"step\":50,\"path\":\"/x\"}"_s
            << u"Step 50: saved"_s;
        QTest::newRow("finished")
            << u"2026-11-27T08:14:11Z {\"event\":\"finished\",\"reason\":\"early_stopping\","
               u"\"step\":9,\"loss\":0.5}"_s
            << u"Step 9: stopped early, training loss 0.5000"_s;
        QTest::newRow("state")
            << u"2026-11-27T08:14:11Z {\"event\":\"state\",\"state\":\"training\"}"_s << QString();
    }

    void aLineOfTheLogFileReadsLikeALiveOne()
    {
        QFETCH(QString, line);
        QFETCH(QString, text);
        const auto read = app::run_log::lineFrom(line);
        QCOMPARE(read.has_value(), !text.isEmpty());
        if (read) {
            QCOMPARE(read->text, text);
            QCOMPARE(read->time.toUTC().time(), QTime(8, 14, 11));
            QCOMPARE(read->time.timeSpec(), Qt::LocalTime);
        }
    }

    void renderedRows()
    {
        app::DatasetRowsModel model;
        const QAbstractItemModelTester tester(&model, kFatal);
        model.setRows(
            {{4, u"hello\nworld"_s, {{1, u"hello"_s, false}, {2, u"world"_s, true}}, 2, 1}});
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.index(0, app::DatasetRowsModel::Row).data().toInt(), 4);
        QCOMPARE(model.index(0, app::DatasetRowsModel::Text).data().toString(), u"hello world"_s);
        QCOMPARE(model.index(0, app::DatasetRowsModel::Tokens).data().toInt(), 2);
        QCOMPARE(model.index(0, app::DatasetRowsModel::Trained).data().toInt(), 1);
    }
};

QTEST_GUILESS_MAIN(TestModels)
#include "test_models.moc"
