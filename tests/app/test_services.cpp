// Settings, paths, sentences for errors, and the jobs that import models, data and adapters.
#include <cmath>

#include <QLockFile>
#include <QSignalSpy>
#include <QThreadPool>

#include "app/error_text.h"
#include "app/files.h"
#include "app/human_text.h"
#include "app/jobs/adapter_import.h"
#include "app/jobs/dataset_import.h"
#include "app/jobs/model_import.h"
#include "app/runs/adapter_folder.h"
#include "app/settings.h"
#include "engine/core/error.h"
#include "tests/app/tiny_adapter.h"

using app::Job;
using namespace Qt::StringLiterals;

namespace {

class LongWork final : public app::ThreadJob::Work
{
public:
    app::Outcome<app::Done> process(app::JobControl& control) override
    {
        control.setProgress(0.5, u"half"_s);
        while (!control.isCancelled()) {
            QThread::msleep(1);
        }
        return app::Problem{u"cancelled"_s, u"Cancelled."_s};
    }
};

class ThrowingWork final : public app::ThreadJob::Work
{
public:
    app::Outcome<app::Done> process(app::JobControl& /*control*/) override
    {
        throw engine::EngineError(
            {engine::ErrorCode::OutOfHostMemory, "needs 3 GiB, 1 GiB is free"});
    }
};

} // namespace

class TestServices final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void settingsKeepTheirTypesAndRanges()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(u"studio.ini"_s);
        {
            app::Settings settings(file);
            QCOMPARE(settings.text(app::Setting::Theme), u"system"_s);
            QSignalSpy changed(&settings, &app::Settings::changed);
            QVERIFY(settings.setValue(app::Setting::Theme, u"dark"_s));
            QVERIFY(!settings.setValue(app::Setting::Theme, u"purple"_s));
            QVERIFY(settings.setValue(app::Setting::StopSeconds, 999999));
            QCOMPARE(settings.number(app::Setting::StopSeconds), 3600);
            QVERIFY(settings.setValue(app::Setting::WindowGeometry, QByteArray("\0\1x", 3)));
            QCOMPARE(changed.size(), 3);
        }
        const app::Settings again(file);
        QCOMPARE(again.text(app::Setting::Theme), u"dark"_s);
        QCOMPARE(again.value(app::Setting::WindowGeometry).toByteArray(), QByteArray("\0\1x", 3));
    }

    // The file is synced to the disk, which may take its time: not on the thread that sets.
    void settingsAreWrittenInTheBackground()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(u"studio.ini"_s);
        app_test::writeFile(file, "[General]\ntheme=dark\nlanguage=ko\n");
        app::Settings settings(file);
        app::Settings other(file);         // another studio's
        QLockFile lock(file + u".lock"_s); // whoever writes the file takes it first
        QVERIFY(lock.lock());
        QVERIFY(settings.setValue(app::Setting::Threads, 3));
        QCOMPARE(settings.number(app::Setting::Threads), 3);
        QVERIFY(other.setValue(app::Setting::Theme, u"light"_s));
        const auto fileSays = [&](const QByteArray& line) {
            QFile stored(file);
            return stored.open(QIODevice::ReadOnly) && stored.readAll().contains(line);
        };
        QTest::qWait(20); // a write on this thread would wait for the lock until it is stale
        QVERIFY(!fileSays("threads=3"));
        lock.unlock();
        QTRY_VERIFY(fileSays("threads=3") && fileSays("theme=light"));
        QVERIFY(fileSays("language=ko"));
    }

    void aSettingThatIsNonsenseInTheFileIsItsDefault()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(u"studio.ini"_s);
        app_test::writeFile(file, "[General]\ntheme=purple\nstop_seconds=soon\nthreads=-4\n");
        const app::Settings settings(file);
        QCOMPARE(settings.text(app::Setting::Theme), u"system"_s);
        QCOMPARE(settings.number(app::Setting::StopSeconds), 10);
        QCOMPARE(settings.number(app::Setting::Threads), 0);
    }

    void everySettingIsInTheTableAtItsPlace()
    {
        QStringList keys;
        for (int index = 0; index < static_cast<int>(app::Setting::Count); ++index) {
            const auto setting = static_cast<app::Setting>(index);
            QCOMPARE(app::Settings::info(setting).setting, setting);
            QVERIFY(app::Settings::info(setting).fallback.isValid());
            keys.append(app::Settings::info(setting).key);
        }
        QCOMPARE(keys.removeDuplicates(), 0);
    }

    void runFoldersAreNeverShared()
    {
        const QTemporaryDir folder;
        const app::Paths paths(folder.path());
        QVERIFY(paths.create().hasValue());
        const auto first = paths.createRunFolder(u"../a/b: c"_s);
        const auto second = paths.createRunFolder(u"../a/b: c"_s);
        QVERIFY(first && second);
        QVERIFY(*first != *second);
        QCOMPARE(QFileInfo(*first).path(), paths.runs()); // no way out of the workspace
    }

    void errorsBecomeSentences()
    {
        const app::Problem plain =
            app::problemFrom({engine::ErrorCode::OutOfHostMemory, "needs 2 GiB more"});
        QCOMPARE(plain.code, u"out_of_host_memory"_s);
        QVERIFY(!plain.hint.isEmpty());
        QVERIFY(plain.text().startsWith("needs 2 GiB more. "_L1));
        const app::Problem hinted = app::problemFrom({engine::ErrorCode::Io, "x: y", "do this"});
        QCOMPARE(hinted.hint, u"do this"_s);
        QCOMPARE(hinted.text(), u"x: y. Do this"_s);
        const app::Problem keyed = app::problemFrom({engine::ErrorCode::Io, "x: y", "seq_len 8"});
        QCOMPARE(keyed.text(), u"x: y. seq_len 8"_s);
    }

    void numbersForPeople()
    {
        QLocale::setDefault(QLocale::c());
        QCOMPARE(app::humanCount(812), u"812"_s);
        QCOMPARE(app::humanCount(3'400'000), u"3.4 M"_s);
        QCOMPARE(app::humanBytes(1536), u"1.5 KB"_s);
        QCOMPARE(app::humanBytes(0), u"0 B"_s);
        QCOMPARE(app::humanSeconds(59.4), u"59 s"_s);
        QCOMPARE(app::humanSeconds(3900.0), u"1 h 05 min"_s);
        QCOMPARE(app::humanSeconds(std::nan("")), u"-"_s);
        const QDateTime local(QDate(2026, 11, 27), QTime(8, 14, 59));
        QCOMPARE(app::humanTime(local), u"2026-11-27 08:14"_s);
        QCOMPARE(app::humanTime(local.toUTC()), u"2026-11-27 08:14"_s);
        QCOMPARE(app::humanTime({}), u"-"_s);
    }

    void aJobIsCancelled()
    {
        QThreadPool pool;
        app::ThreadJob job(u"long"_s, std::make_shared<LongWork>());
        QSignalSpy ended(&job, &Job::ended);
        job.start(pool);
        QTRY_COMPARE(job.detail(), u"half"_s);
        QCOMPARE(job.fraction(), 0.5);
        job.cancel();
        QTRY_COMPARE(job.state(), Job::State::Cancelled);
        QCOMPARE(ended.size(), 1);
    }

    void aJobThatIsDeletedStopsItsThread()
    {
        QThreadPool pool;
        auto job = std::make_unique<app::ThreadJob>(u"long"_s, std::make_shared<LongWork>());
        job->start(pool);
        job.reset();
        QVERIFY(pool.waitForDone(5000));
    }

    void anExceptionOnThePoolIsAProblem()
    {
        QThreadPool pool;
        app::ThreadJob job(u"throws"_s, std::make_shared<ThrowingWork>());
        job.start(pool);
        QTRY_COMPARE(job.state(), Job::State::Failed);
        QCOMPARE(job.problem().code, u"out_of_host_memory"_s);
    }

    void dataIsCopiedAndHashed()
    {
        const QTemporaryDir folder;
        const app::Paths paths(folder.path() + u"/w"_s);
        QVERIFY(paths.create().hasValue());
        const QString file = folder.filePath(u"my data.jsonl"_s);
        app_test::writeFile(file, "abc");
        app::DatasetImportOptions options;
        options.file = file;
        options.place = app::DatasetImportOptions::Place::CopyIntoWorkspace;
        QThreadPool pool;
        app::DatasetImport first(paths, options);
        first.start(pool);
        QTRY_COMPARE(first.state(), Job::State::Done);
        // FIPS 180-2's example.
        QCOMPARE(first.record().hash,
                 u"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"_s);
        QCOMPARE(first.record().path, paths.datasets() + u"/my data.jsonl"_s);
        QVERIFY(QFile::exists(first.record().path));
        app::DatasetImport second(paths, options); // the same name again
        second.start(pool);
        QTRY_COMPARE(second.state(), Job::State::Done);
        QVERIFY(second.record().path != first.record().path);
        QVERIFY(second.record().id != first.record().id);
        options.file = u"/nowhere.jsonl"_s;
        app::DatasetImport missing(paths, options);
        missing.start(pool);
        QTRY_COMPARE(missing.state(), Job::State::Failed);
        QCOMPARE(missing.problem().code, u"not_found"_s);
        QCOMPARE(QDir(paths.datasets()).entryList(QDir::Files).size(), 2);
    }

    void foldersSayWhyTheyCannotBeUsed()
    {
        const QTemporaryDir folder;
        const QString bad = folder.filePath(u"models/a/bad"_s);
        app_test::writeFile(bad + u"/config.json"_s, R"({"model_type": "bert"})");
        app_test::writeFile(folder.filePath(u"models/x.gguf"_s), "GGUF");
        QThreadPool pool;
        app::ModelImport scan(folder.filePath(u"models"_s));
        scan.start(pool);
        QTRY_COMPARE(scan.state(), Job::State::Done);
        QCOMPARE(scan.records().size(), 2);
        for (const app::ModelRecord& each : scan.records()) {
            QVERIFY(!each.refusal.isEmpty());
        }
        QVERIFY(scan.records().last().refusal.contains("bert"_L1));
        app::ModelImport none(folder.path() + u"/models/a/bad/nothing"_s);
        none.start(pool);
        QTRY_COMPARE(none.state(), Job::State::Failed);
        QCOMPARE(none.problem().code, u"not_found"_s);
    }

    // Only headers are read, so a file that was cut off has a good one.
    void aModelWhoseWeightsAreCutOffIsRefused()
    {
        const QTemporaryDir folder;
        const QString model = folder.filePath(u"cut"_s);
        QVERIFY(QDir().mkpath(model));
        const QDir sample(app::Paths::sampleModel());
        for (const QString& name : sample.entryList(QDir::Files)) {
            QVERIFY(QFile::copy(sample.filePath(name), model + u'/' + name));
        }
        const app::ModelRecord whole = app::describeModel(model);
        QVERIFY2(whole.refusal.isEmpty(), qPrintable(whole.refusal));
        QVERIFY(whole.parameters > 1'000'000);
        QCOMPARE(whole.dtype, u"BF16"_s);
        const QString weights = model + u"/model.safetensors"_s;
        QVERIFY(QFile::setPermissions(weights, QFile::ReadOwner | QFile::WriteOwner));
        QVERIFY(QFile::resize(weights, QFileInfo(weights).size() - 1000));
        const QString refusal = app::describeModel(model).refusal;
        QVERIFY2(refusal.contains("model.safetensors"_L1), qPrintable(refusal));
        QVERIFY2(refusal.contains("byte"_L1), qPrintable(refusal));
        // A shard that the index names and the folder lacks.
        QVERIFY(QFile::remove(weights));
        app_test::writeFile(model + u"/model.safetensors.index.json"_s,
                            R"({"weight_map": {"x": "model-00001-of-00001.safetensors"}})");
        const QString missing = app::describeModel(model).refusal;
        QVERIFY2(missing.contains("model-00001-of-00001.safetensors"_L1), qPrintable(missing));
    }

    void aBrokenTokenizerIsNamedWithItsPlace()
    {
        const QTemporaryDir folder;
        const QString model = folder.filePath(u"odd"_s);
        QVERIFY(QDir().mkpath(model));
        const QDir sample(app::Paths::sampleModel());
        for (const QString& name : sample.entryList(QDir::Files)) {
            QVERIFY(name == "tokenizer.json"_L1
                    || QFile::copy(sample.filePath(name), model + u'/' + name));
        }
        const QString file = model + u"/tokenizer.json"_s;
        QCOMPARE(app::describeModel(model).refusal,
                 file + u" is not there. Copy it from where the model came from."_s);
        app_test::writeFile(file, "{\"model\": ");
        const QString refusal = app::describeModel(model).refusal;
        QVERIFY2(refusal.startsWith(file + u": not a JSON object"_s), qPrintable(refusal));
        QVERIFY2(refusal.contains("download the file again"_L1), qPrintable(refusal));
    }

    void adaptersAreCopiedWholeAndVerified()
    {
        const QTemporaryDir folder;
        const app::Paths paths(folder.path() + u"/w"_s);
        QVERIFY(paths.create().hasValue());
        app_test::writeTinyAdapter(folder.filePath(u"peft"_s), u"org/base"_s);
        QThreadPool pool;
        app::AdapterImport import(paths, folder.filePath(u"peft"_s));
        import.start(pool);
        QTRY_COMPARE(import.state(), Job::State::Done);
        QCOMPARE(import.adapterId(), u"imported/peft"_s);
        const auto adapter = app::readImportedAdapter(paths.adapters() + u"/peft"_s).take();
        QCOMPARE(adapter.hash,
                 app::hashFile(folder.filePath(u"peft/adapter_model.safetensors"_s)).take());
        app::AdapterVerify same(adapter);
        same.start(pool);
        QTRY_COMPARE(same.state(), Job::State::Done);
        app_test::writeAdapter(adapter.folder, "abd");
        app::AdapterVerify changed(adapter);
        changed.start(pool);
        QTRY_COMPARE(changed.state(), Job::State::Failed);
        QVERIFY(changed.problem().message.contains(adapter.hash));
        // One that was cut off is not taken.
        const QString cut = folder.filePath(u"cut"_s);
        app_test::writeTinyAdapter(cut, u"org/base"_s);
        QVERIFY(QFile::resize(cut + u"/adapter_model.safetensors"_s, 900));
        app::AdapterImport broken(paths, cut);
        broken.start(pool);
        QTRY_COMPARE(broken.state(), Job::State::Failed);
        QVERIFY(broken.problem().message.contains("adapter_model.safetensors"_L1));
        QDir().mkpath(folder.filePath(u"empty"_s));
        app::AdapterImport missing(paths, folder.filePath(u"empty"_s));
        missing.start(pool);
        QTRY_COMPARE(missing.state(), Job::State::Failed);
        QCOMPARE(QDir(paths.adapters()).entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestServices)
#include "test_services.moc"
