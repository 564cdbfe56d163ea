// The catalog: migrations, transactions, what a rebuild brings back, two studios, read-only places.
// One file because the cases share one workspace.
#include <algorithm>
#include <cmath>

#include <QSignalSpy>

#include "app/catalog/adapter_store.h"
#include "app/catalog/catalog.h"
#include "app/catalog/database.h"
#include "app/catalog/migrator.h"
#include "app/catalog/record_json.h"
#include "app/catalog/run_store.h"
#include "app/catalog/vote_tally.h"
#include "app/runs/run_folder.h"
#include "engine/core/platform.h"
#include "tests/app/app_test.h"

using app::Catalog;
using app::Database;
using app::DatabaseError;
using namespace Qt::StringLiterals;

namespace {

struct Workspace
{
    QTemporaryDir folder;
    app::Paths paths{folder.path() + u"/workspace"_s};
};

app::ModelRecord someModel(const QString& path)
{
    app::ModelRecord model;
    model.id = u"tiny-1"_s;
    model.path = path;
    model.name = u"Tiny"_s;
    model.family = u"llama"_s;
    model.hash = u"abc"_s;
    model.shape.numLayers = 2;
    model.shape.hiddenSize = 64;
    model.parameters = 1234;
    model.added = QDateTime::fromMSecsSinceEpoch(1'700'000'000'000, Qt::UTC);
    return model;
}

app::DatasetRecord someDataset(const QString& path)
{
    app::DatasetRecord dataset;
    dataset.id = u"data-1"_s;
    dataset.path = path;
    dataset.name = u"Data"_s;
    dataset.format = u"alpaca"_s;
    dataset.columnMap = {{u"question"_s, u"prompt"_s}};
    dataset.hash = u"def"_s;
    dataset.rows = 12;
    return dataset;
}

// Everything a person can see of a catalog, as text.
QStringList contents(const Catalog& catalog)
{
    QStringList lines;
    for (const auto& each : catalog.models()) {
        lines.append(app::toJsonText(app::toJson(each)));
    }
    for (const auto& each : catalog.datasets()) {
        lines.append(app::toJsonText(app::toJson(each)));
    }
    for (const auto& each : catalog.runs()) {
        lines.append(
            u"%1|%2|%3|%4|%5|%6|%7|%8"_s.arg(each.id,
                                             each.name,
                                             stateName(each.state),
                                             app::toJsonText(app::numbersToJson(each.numbers)),
                                             each.tags.join(u','),
                                             each.notes,
                                             app::toJsonText(each.config),
                                             each.created.toUTC().toString(Qt::ISODateWithMs)));
    }
    for (const auto& each : catalog.adapters()) {
        lines.append(u"%1|%2|%3|%4|%5|%6"_s.arg(
            each.id, each.parent, each.hash, each.tags.join(u','), each.notes, each.name));
    }
    for (const auto& each : catalog.votes()) {
        lines.append(app::toJsonText(app::toJson(each)));
    }
    return lines;
}

} // namespace

class TestCatalog final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { m_workspace = std::make_unique<Workspace>(); }

    void statementsBindByNameAndAreReused()
    {
        Database database(
            m_workspace->folder.filePath(u"a.sqlite"_s), Database::Mode::ReadWrite, 100);
        database.execute("CREATE TABLE t (name TEXT, size INTEGER, loss REAL)");
        for (int round = 0; round < 2; ++round) {
            database.prepare("INSERT INTO t VALUES (:name, :size, :loss)")
                .bind(":loss", std::nan(""))
                .bind(":name", u"한국어 'quoted'"_s)
                .bind(":size", qint64{1} << 40)
                .run();
        }
        app::Statement query = database.prepare("SELECT name, size, loss FROM t");
        QVERIFY(query.next());
        QCOMPARE(query.text(0), u"한국어 'quoted'"_s);
        QCOMPARE(query.integer(1), qint64{1} << 40);
        QVERIFY(query.isNull(2));
        QVERIFY(query.next());
        QVERIFY(!query.next());
        QVERIFY_THROWS_EXCEPTION(
            DatabaseError,
            database.prepare("SELECT name FROM t WHERE size = :size").bind(":sise", qint64{1}));
    }

    void aTransactionThatIsNotCommittedLeavesNothing()
    {
        Database database(
            m_workspace->folder.filePath(u"a.sqlite"_s), Database::Mode::ReadWrite, 100);
        database.execute("CREATE TABLE t (id INTEGER)");
        {
            const app::Transaction transaction(database);
            database.execute("INSERT INTO t VALUES (1)");
        }
        app::Statement query = database.prepare("SELECT count(*) FROM t");
        QVERIFY(query.next());
        QCOMPARE(query.integer(0), 0);
    }

    void migrationsContinueWhereTheFileStands()
    {
        Database database(
            m_workspace->folder.filePath(u"a.sqlite"_s), Database::Mode::ReadWrite, 100);
        const app::Migration first{
            1, u"001_a.sql"_s, "CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (7)"};
        const app::Migration second{
            2, u"002_b.sql"_s, "ALTER TABLE t ADD COLUMN name TEXT DEFAULT 'old'"};
        QVERIFY(app::migrate(database, {first}).hasValue());
        QVERIFY(app::migrate(database, {first, second}).hasValue());
        QVERIFY(app::migrate(database, {first, second}).hasValue()); // nothing to do
        QCOMPARE(database.userVersion(), 2);
        app::Statement query = database.prepare("SELECT id, name FROM t");
        QVERIFY(query.next());
        QCOMPARE(query.integer(0), 7);
        QCOMPARE(query.text(1), u"old"_s);
    }

    void aMigrationThatFailsChangesNothing()
    {
        Database database(
            m_workspace->folder.filePath(u"a.sqlite"_s), Database::Mode::ReadWrite, 100);
        const app::Migration broken{1, u"001_a.sql"_s, "CREATE TABLE t (id INTEGER); NOT SQL"};
        QVERIFY_THROWS_EXCEPTION(DatabaseError, (void)app::migrate(database, {broken}));
        QCOMPARE(database.userVersion(), 0);
        database.execute("CREATE TABLE t (id INTEGER)"); // was rolled back, so this works
    }

    void theEmbeddedMigrationsMakeTheTables()
    {
        QVERIFY(!app::embeddedMigrations().isEmpty());
        QCOMPARE(app::embeddedMigrations().first().number, 1);
        Database database(
            m_workspace->folder.filePath(u"a.sqlite"_s), Database::Mode::ReadWrite, 100);
        QVERIFY(app::migrate(database, app::embeddedMigrations()).hasValue());
        QVERIFY(app::run_store::all(database).isEmpty());
        // Foreign keys are on: an adapter of no run is refused.
        app::AdapterRecord adapter;
        adapter.id = u"x/adapter"_s;
        adapter.run = u"x"_s;
        QVERIFY_THROWS_EXCEPTION(DatabaseError, app::adapter_store::put(database, adapter));
    }

    void aNewerCatalogIsOnlyRead()
    {
        QVERIFY(m_workspace->paths.create().hasValue());
        app_test::writeRun(m_workspace->paths, u"r1"_s, 4);
        {
            Database database(m_workspace->paths.catalog(), Database::Mode::ReadWrite, 100);
            database.execute("PRAGMA user_version=999");
        }
        Catalog catalog(m_workspace->paths);
        QVERIFY(catalog.open().hasValue());
        QCOMPARE(catalog.access(), Catalog::Access::ReadOnly);
        QCOMPARE(catalog.readOnlyReason().code, u"newer_catalog"_s);
        QVERIFY(catalog.readOnlyReason().message.contains("999"_L1));
        catalog.flush();
        QCOMPARE(catalog.runs().size(), 1);
        QSignalSpy problems(&catalog, &Catalog::problemOccurred);
        catalog.setRunNotes(u"r1"_s, u"x"_s);
        QCOMPARE(problems.size(), 1);
        QVERIFY(!QFile::exists(m_workspace->paths.runs() + u"/r1/studio.json"_s)
                || app::RunFolder(m_workspace->paths.runs() + u"/r1"_s)
                       .readStudio()
                       .value("notes"_L1)
                       .isUndefined());
    }

    void aRunFolderIsReadWhole()
    {
        QVERIFY(m_workspace->paths.create().hasValue());
        app_test::writeRun(m_workspace->paths, u"r1"_s, 4);
        Catalog catalog(m_workspace->paths);
        QVERIFY(catalog.open().hasValue());
        catalog.flush();
        const auto run = catalog.run(u"r1"_s);
        QVERIFY(run.has_value());
        QCOMPARE(run->state, app::RunState::Finished); // as its outcome.json says
        QCOMPARE(run->numbers.peakMemory, 4096);
        QCOMPARE(run->numbers.step, 4);
        QVERIFY(std::abs(run->numbers.loss - 25.0 / 24.0) < 1e-5); // of 2, 1, 2/3 and 1/2
        QCOMPARE(run->numbers.evalLoss, 0.75);
        QCOMPARE(run->numbers.tokens, 400);
        QCOMPARE(run->numbers.seconds, 8.0);
        QCOMPARE(run->baseModel, u"/models/base"_s);
        const auto adapter = catalog.adapter(u"r1/adapter"_s);
        QVERIFY(adapter.has_value());
        QCOMPARE(adapter->rank, 8);
        QCOMPARE(adapter->targetModules, (QStringList{u"q_proj"_s, u"v_proj"_s}));
        QCOMPARE(adapter->parent, u"r1/checkpoints/step-2"_s);
        // sha256sum of the seven bytes "weights".
        QCOMPARE(adapter->hash,
                 u"9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"_s);
    }

    // The adapter of a stop is no result of the run that goes on.
    void aRunThatGoesOnHasNoResult()
    {
        QVERIFY(m_workspace->paths.create().hasValue());
        const QString path = app_test::writeRun(m_workspace->paths, u"r1"_s, 4);
        QVERIFY(QFile::remove(path + u"/outcome.json"_s)); // as a resume does
        std::optional<engine::FolderLock> lock;
        lock.emplace(*engine::FolderLock::acquire(std::filesystem::path(path.toStdU16String())));
        Catalog catalog(m_workspace->paths);
        QVERIFY(catalog.open().hasValue());
        catalog.flush();
        QCOMPARE(catalog.run(u"r1"_s)->state, app::RunState::Training);
        QCOMPARE(catalog.adapters().size(), 1);
        QCOMPARE(catalog.adapters().first().kind, app::AdapterRecord::Kind::Checkpoint);
        lock.reset(); // killed: it is there, and the run's numbers are not its own
        catalog.rebuild();
        catalog.flush();
        QVERIFY(catalog.adapter(u"r1/adapter"_s).has_value());
        QVERIFY(std::isnan(catalog.adapter(u"r1/adapter"_s)->numbers.loss));
        QCOMPARE(catalog.adapter(u"r1/adapter"_s)->numbers.step, 0);
        app_test::writeOutcome(path, "stopped", 4);
        catalog.rebuild();
        catalog.flush();
        QCOMPARE(catalog.adapter(u"r1/adapter"_s)->numbers.evalLoss, 0.75);
    }

    void theStateOfARunIsReadFromItsFiles_data()
    {
        QTest::addColumn<QByteArray>("reason"); // of outcome.json; empty: none
        QTest::addColumn<int>("outcomeStep");
        QTest::addColumn<QString>("recorded"); // by the studio; empty: nothing
        QTest::addColumn<app::RunState>("state");
        using app::RunState;
        QTest::newRow("done") << QByteArray("done") << 4 << QString() << RunState::Finished;
        QTest::newRow("early") << QByteArray("early_stopping") << 4 << u"training"_s
                               << RunState::Finished;
        QTest::newRow("stopped") << QByteArray("stopped") << 4 << QString() << RunState::Cancelled;
        QTest::newRow("killed") << QByteArray() << 0 << u"training"_s << RunState::Interrupted;
        QTest::newRow("killed after a stop")
            << QByteArray("stopped") << 2 << u"training"_s << RunState::Interrupted;
        QTest::newRow("crashed") << QByteArray("stopped") << 2 << u"crashed"_s << RunState::Crashed;
        QTest::newRow("finished elsewhere, after a crash")
            << QByteArray("done") << 4 << u"crashed"_s << RunState::Finished;
    }

    void theStateOfARunIsReadFromItsFiles()
    {
        QFETCH(QByteArray, reason);
        QFETCH(int, outcomeStep);
        QFETCH(QString, recorded);
        QFETCH(app::RunState, state);
        QVERIFY(m_workspace->paths.create().hasValue());
        const QString path = app_test::writeRun(m_workspace->paths, u"r1"_s, 4);
        QVERIFY(QFile::remove(path + u"/outcome.json"_s));
        if (!reason.isEmpty()) {
            app_test::writeOutcome(path, reason.constData(), outcomeStep);
        }
        const app::RunFolder folder(path);
        if (!recorded.isEmpty()) {
            QVERIFY(folder.setStudioValues({{u"state"_s, recorded}}).hasValue());
        }
        QCOMPARE(folder.readRecord().take().state, state);
    }

    void deletingTheCatalogLosesNothing()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        app_test::writeRun(paths, u"r2"_s, 6);
        app_test::writeAdapter(paths.adapters() + u"/foreign"_s);
        QStringList before;
        {
            Catalog catalog(paths);
            QVERIFY(catalog.open().hasValue());
            catalog.saveModel(someModel(u"/elsewhere/model"_s));
            catalog.saveDataset(someDataset(paths.datasets() + u"/copy.jsonl"_s));
            catalog.setRunName(u"r1"_s, u"First try"_s);
            catalog.setRunTags(u"r1"_s, {u"good"_s, u"한국어"_s});
            catalog.setRunNotes(u"r2"_s, u"two\nlines"_s);
            catalog.setAdapterTags(u"r1/adapter"_s, {u"ship"_s});
            catalog.setAdapterNotes(u"r1/checkpoints/step-2"_s, u"early"_s);
            catalog.setAdapterNotes(u"imported/foreign"_s, u"from a friend"_s);
            catalog.addVote({u"v1"_s,
                             u"hello?"_s,
                             u""_s,
                             u"r1/adapter"_s,
                             u"right"_s,
                             QDateTime::fromMSecsSinceEpoch(1'700'000'000'000, Qt::UTC)});
            catalog.flush();
            before = contents(catalog);
            QCOMPARE(catalog.run(u"r1"_s)->name, u"First try"_s);
            QCOMPARE(catalog.adapter(u"imported/foreign"_s)->notes, u"from a friend"_s);
            QCOMPARE(catalog.dataset(u"data-1"_s)->path, paths.datasets() + u"/copy.jsonl"_s);
        }
        for (const QString& suffix : {u""_s, u"-wal"_s, u"-shm"_s}) {
            QFile::remove(paths.catalog() + suffix);
        }
        Catalog catalog(paths);
        QSignalSpy rebuilt(&catalog, &Catalog::rebuilt);
        QVERIFY(catalog.open().hasValue());
        QTRY_COMPARE(rebuilt.size(), 1);
        QCOMPARE(rebuilt.first().at(0).toInt(), 2);
        QCOMPARE(contents(catalog), before);
    }

    void aDamagedCatalogIsSetAsideAndRebuilt()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        app_test::writeFile(paths.catalog(), QByteArray(8192, 'x'));
        Catalog catalog(paths);
        QSignalSpy problems(&catalog, &Catalog::problemOccurred);
        QVERIFY(catalog.open().hasValue());
        QCOMPARE(problems.size(), 1);
        catalog.flush();
        QCOMPARE(catalog.access(), Catalog::Access::ReadWrite);
        QCOMPARE(catalog.runs().size(), 1);
        QCOMPARE(QDir(paths.workspace()).entryList({u"*.damaged-*"_s}).size(), 1);
    }

    void deletedRunsComeBack()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        Catalog catalog(paths);
        QVERIFY(catalog.open().hasValue());
        catalog.setRunTags(u"r1"_s, {u"keep"_s});
        catalog.deleteRun(u"r1"_s);
        QTRY_COMPARE(catalog.deleted(), QStringList{u"runs/r1"_s});
        QVERIFY(catalog.runs().isEmpty());
        QVERIFY(catalog.adapters().isEmpty());
        QVERIFY(!QFile::exists(paths.runs() + u"/r1"_s));
        catalog.undoDelete();
        QTRY_COMPARE(catalog.runs().size(), 1);
        QCOMPARE(catalog.run(u"r1"_s)->tags, QStringList{u"keep"_s});
        QCOMPARE(catalog.adapters().size(), 2);
        QVERIFY(catalog.deleted().isEmpty());
        QVERIFY(QDir(paths.trash()).isEmpty());
    }

    void aDeletionIsUndoneInTheNextStudio()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        {
            Catalog catalog(paths);
            QVERIFY(catalog.open().hasValue());
            catalog.saveModel(someModel(u"/elsewhere/model"_s));
            catalog.deleteRun(u"r1"_s);
            catalog.forgetModel(u"tiny-1"_s);
            catalog.flush();
        }
        Catalog catalog(paths);
        QVERIFY(catalog.open().hasValue());
        QVERIFY(catalog.runs().isEmpty());
        QCOMPARE(catalog.deleted(), (QStringList{u"models/tiny-1.model.json"_s, u"runs/r1"_s}));
        catalog.undoDelete();
        catalog.undoDelete();
        catalog.flush();
        QCOMPARE(catalog.models().size(), 1);
        QCOMPARE(catalog.runs().size(), 1);
        QVERIFY(QFile::exists(paths.runs() + u"/r1/run.json"_s));
        QVERIFY(QDir(paths.trash()).isEmpty());
        // Gone for good, also for the next studio.
        catalog.deleteRun(u"r1"_s);
        QTRY_COMPARE(catalog.deleted().size(), 1);
        catalog.emptyTrash();
        catalog.flush();
        QVERIFY(QDir(paths.trash()).isEmpty());
        QVERIFY(app::readTrash(paths).isEmpty());
    }

    void aNoteOfTheTrashReachesNothingOutside()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        app_test::writeFile(paths.trash() + u"/payload"_s, "x");
        app_test::writeFile(paths.trash() + u"/1.deleted.json"_s,
                            R"({"files": [{"from": "runs/../../evil", "to": "trash/payload"}]})");
        app_test::writeFile(paths.trash() + u"/2.deleted.json"_s,
                            R"({"files": [{"from": "/tmp/evil", "to": "trash/payload"}]})");
        app_test::writeFile(paths.trash() + u"/3.deleted.json"_s, "no JSON");
        QVERIFY(app::readTrash(paths).isEmpty());
    }

    void aRunThatTrainsIsNotDeleted()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        const QString folder = app_test::writeRun(paths, u"r1"_s, 4);
        const auto lock =
            engine::FolderLock::acquire(std::filesystem::path(folder.toStdU16String()));
        QVERIFY(lock.has_value());
        Catalog catalog(paths);
        QVERIFY(catalog.open().hasValue());
        QSignalSpy problems(&catalog, &Catalog::problemOccurred);
        catalog.deleteRun(u"r1"_s);
        QTRY_COMPARE(problems.size(), 1);
        QCOMPARE(problems.first().first().value<app::Problem>().code, u"busy"_s);
        QVERIFY(QFile::exists(folder + u"/run.json"_s));
        QCOMPARE(catalog.run(u"r1"_s)->state, app::RunState::Training);
    }

    void twoStudiosShareAWorkspace()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        Catalog first(paths);
        Catalog second(paths);
        QVERIFY(first.open().hasValue());
        QVERIFY(second.open().hasValue());
        QSignalSpy problems(&first, &Catalog::problemOccurred);
        QSignalSpy otherProblems(&second, &Catalog::problemOccurred);
        for (int round = 0; round < 20; ++round) {
            app::ModelRecord model = someModel(u"/models/%1"_s.arg(round));
            model.id = u"m%1"_s.arg(round);
            (round % 2 == 0 ? first : second).saveModel(model);
        }
        first.flush();
        second.flush();
        QCOMPARE(first.models().size(), 20);
        QCOMPARE(second.models().size(), 20);
        // A change of one is told to the other's pages.
        QTest::qWait(0);
        QSignalSpy told(&second, &Catalog::runsChanged);
        first.setRunNotes(u"r1"_s, u"seen by both"_s);
        QTRY_VERIFY(!told.isEmpty());
        QTRY_COMPARE(second.run(u"r1"_s)->notes, u"seen by both"_s);
        QVERIFY(problems.isEmpty());
        QVERIFY(otherProblems.isEmpty());
    }

    void aPlaceThatCannotBeWrittenIsStillShown()
    {
        // A file where the workspace's own folders would have to be: also root cannot write there.
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(QDir().mkpath(paths.workspace()));
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        QVERIFY(QDir(paths.trash()).removeRecursively());
        app_test::writeFile(paths.trash(), "a file");
        Catalog catalog(paths);
        QVERIFY(catalog.open().hasValue());
        QCOMPARE(catalog.access(), Catalog::Access::ReadOnly);
        QVERIFY(!catalog.readOnlyReason().text().isEmpty());
        catalog.flush();
        QCOMPARE(catalog.runs().size(), 1);
        QVERIFY(!QFile::exists(paths.catalog())); // nothing was made there
    }

    void liveNumbersReachTheList()
    {
        const app::Paths& paths = m_workspace->paths;
        QVERIFY(paths.create().hasValue());
        app_test::writeRun(paths, u"r1"_s, 4);
        Catalog catalog(paths);
        QVERIFY(catalog.open().hasValue());
        catalog.flush();
        app::RunNumbers numbers;
        numbers.step = 17;
        numbers.loss = 0.25;
        QSignalSpy progressed(&catalog, &Catalog::runProgressed);
        catalog.updateRunProgress(u"r1"_s, app::RunState::Training, numbers);
        catalog.updateRunProgress(u"r1"_s, app::RunState::Training, numbers);
        QTRY_COMPARE(progressed.size(), 1); // together
        QCOMPARE(catalog.run(u"r1"_s)->numbers.step, 17);
        QCOMPARE(catalog.run(u"r1"_s)->state, app::RunState::Training);
        // What is recorded at the end is not undone by numbers that were still waiting.
        catalog.updateRunProgress(u"r1"_s, app::RunState::Stopping, numbers);
        catalog.recordRun(u"r1"_s, {{u"state"_s, u"finished"_s}});
        catalog.flush();
        QCOMPARE(catalog.run(u"r1"_s)->state, app::RunState::Finished);
    }

private:
    std::unique_ptr<Workspace> m_workspace;

    void votesCountForAnAdapterOnEitherSide()
    {
        const auto vote = [](const QString& left, const QString& right, const QString& winner) {
            app::VoteRecord record;
            record.left = left;
            record.right = right;
            record.winner = winner;
            return record;
        };
        const QString base;
        const QList<app::VoteRecord> votes = {vote(base, u"a"_s, u"right"_s),
                                              vote(u"a"_s, base, u"left"_s),
                                              vote(u"a"_s, base, u"right"_s),
                                              vote(base, u"a"_s, u"tie"_s),
                                              vote(base, u"b"_s, u"left"_s)};
        QCOMPARE(app::tallyOf(votes, base, u"a"_s), (app::VoteTally{1, 1, 2}));
        QCOMPARE(app::tallyOf(votes, u"a"_s, base), (app::VoteTally{2, 1, 1}));
        QCOMPARE(app::tallyOf(votes, u"a"_s, u"b"_s).total(), 0);
    }
};

QTEST_GUILESS_MAIN(TestCatalog)
#include "test_catalog.moc"
