// Names that nothing has yet, ids from paths, JSON files that appear whole, checksums that stop.
#include "app/files.h"
#include "tests/app/app_test.h"

using namespace Qt::StringLiterals;

class TestFiles final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aTakenNameGetsTheNextNumber()
    {
        const QTemporaryDir folder;
        QCOMPARE(app::freeName(folder.path(), u"run"_s), u"run"_s);
        QDir().mkpath(folder.filePath(u"run"_s));
        QCOMPARE(app::freeName(folder.path(), u"run"_s), u"run-2"_s);
        QDir().mkpath(folder.filePath(u"run-2"_s));
        QCOMPARE(app::freeName(folder.path(), u"run"_s), u"run-3"_s);
        // The number stands before the suffix, and a folder takes a name as a file does.
        app_test::writeFile(folder.filePath(u"data.jsonl"_s), "x");
        QCOMPARE(app::freeName(folder.path(), u"data"_s, u".jsonl"_s), u"data-2.jsonl"_s);
        QCOMPARE(app::freeName(folder.path(), u"data"_s, u".csv"_s), u"data.csv"_s);
    }

    void anIdIsSafeAsAFileNameAndItsPathsOwn()
    {
        const QString id = app::idForPath(u"/models/a"_s, u"Llama 3/8B: chat"_s);
        QVERIFY2(id.startsWith(u"Llama-3-8B-chat-"_s), qPrintable(id));
        QCOMPARE(id.size(), u"Llama-3-8B-chat-"_s.size() + 8);
        QCOMPARE(app::idForPath(u"/models/a"_s, u"Llama 3/8B: chat"_s), id);
        QVERIFY(app::idForPath(u"/models/b"_s, u"Llama 3/8B: chat"_s) != id);
        QVERIFY(app::idForPath(u"/m"_s, u"한국어"_s).startsWith(u"한국어-"_s));
    }

    void jsonIsReadBackAndRefusedWithItsByte()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"a.json"_s);
        QVERIFY(app::writeJsonObject(path, {{u"name"_s, u"x"_s}}).hasValue());
        QCOMPARE(app::readJsonObject(path).take().value("name"_L1).toString(), u"x"_s);
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList{u"a.json"_s});
        app_test::writeFile(path, "{\"name\": ]");
        const auto broken = app::readJsonObject(path);
        QVERIFY(!broken.hasValue());
        QCOMPARE(broken.problem().code, u"format"_s);
        QVERIFY2(broken.problem().message.contains("at byte 10"_L1),
                 qPrintable(broken.problem().message));
        QCOMPARE(app::readJsonObject(folder.filePath(u"none.json"_s)).problem().code,
                 u"not_found"_s);
    }

    void hashingStopsWhenAsked()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"big"_s);
        app_test::writeFile(path, QByteArray(9 << 20, 'a'));
        QList<qint64> heard;
        const auto stopped = app::hashFile(path, [&heard](qint64 bytes) {
            heard.append(bytes);
            return heard.size() < 2;
        });
        QVERIFY(!stopped.hasValue());
        QCOMPARE(stopped.problem().code, u"cancelled"_s);
        QCOMPARE(heard, (QList<qint64>{4 << 20, 8 << 20}));
        QVERIFY(app::hashFile(path).hasValue());
        QCOMPARE(app::folderSize(folder.path()), qint64{9 << 20});
    }
};

QTEST_GUILESS_MAIN(TestFiles)
#include "test_files.moc"
