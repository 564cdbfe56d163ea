// What app tests share: a workspace in a temporary folder, run folders, and the fake worker.
#pragma once

#include <memory>
#include <optional>

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include "app/paths.h"
#include "app/runs/run_queue.h"
#include "app/worker/qprocess_worker.h"

namespace app_test {

inline void writeFile(const QString& path, const QByteArray& text)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) {
        qFatal("cannot write %s", qPrintable(path));
    }
}

inline void writeJson(const QString& path, const QJsonObject& object)
{
    writeFile(path, QJsonDocument(object).toJson());
}

inline QByteArray stepLine(int step, double loss)
{
    return QByteArray("{\"event\":\"step\",\"step\":") + QByteArray::number(step)
           + ",\"loss\":" + QByteArray::number(loss)
           + ",\"learning_rate\":0.0001,\"grad_norm\":1.0,\"tokens\":100,\"tokens_per_second\":50."
             "0,"
             "\"seconds\":"
           + QByteArray::number(step * 2) + "}\n";
}

// An adapter folder as PEFT writes it, as far as the catalog looks.
inline void writeAdapter(const QString& folder, const QByteArray& weights = "weights")
{
    writeFile(folder + QStringLiteral("/adapter_config.json"),
              R"({"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]})");
    writeFile(folder + QStringLiteral("/adapter_model.safetensors"), weights);
}

// The worker's last word about a run.
inline void writeOutcome(const QString& folder, const char* reason, int step)
{
    writeJson(folder + QStringLiteral("/outcome.json"),
              {{QStringLiteral("event"), QStringLiteral("finished")},
               {QStringLiteral("reason"), QString::fromUtf8(reason)},
               {QStringLiteral("step"), step},
               {QStringLiteral("peak_memory"), 4096}});
}

// The run folder of a finished run with `steps` steps, one evaluation and one checkpoint.
inline QString writeRun(const app::Paths& paths, const QString& id, int steps)
{
    QString folder = paths.runs() + QLatin1Char('/') + id;
    writeJson(folder + QStringLiteral("/run.json"),
              {{QStringLiteral("base"), QStringLiteral("/models/base")},
               {QStringLiteral("data"), QStringLiteral("/data/file.jsonl")},
               {QStringLiteral("rank"), 8},
               {QStringLiteral("name"), id}});
    QByteArray metrics;
    for (int step = 1; step <= steps; ++step) {
        metrics += stepLine(step, 2.0 / step);
    }
    metrics += "{\"event\":\"eval\",\"step\":3,\"loss\":0.75,\"perplexity\":2.117,\"best\":true}\n";
    writeFile(folder + QStringLiteral("/metrics.jsonl"), metrics);
    writeAdapter(folder + QStringLiteral("/checkpoints/step-2"));
    writeAdapter(folder + QStringLiteral("/adapter"));
    writeOutcome(folder, "done", steps);
    return folder;
}

// A worker that behaves as `mode` says (tests/support/fake_worker).
inline app::WorkerFactory fakeWorker(const char* mode)
{
    qputenv("LOWRANK_FAKE", mode);
    return app::qprocessWorkerFactory(QStringLiteral(LOWRANK_FAKE_WORKER));
}

// The queued run, once its folder is written; nullptr when it could not be.
inline app::RunController* enqueue(app::RunQueue& runs, const app::RunSpec& spec)
{
    const app::Outcome<app::RunCreation*> creation = runs.enqueue(spec);
    if (!creation) {
        return nullptr;
    }
    const auto id = std::make_shared<std::optional<QString>>(); // empty: the job has not ended
    QObject::connect(
        *creation, &app::Job::ended, *creation, [id, job = *creation] { *id = job->runId(); });
    (void)QTest::qWaitFor([&] { return id->has_value(); });
    return id->value_or(QString()).isEmpty() ? nullptr : runs.open(**id);
}

} // namespace app_test
