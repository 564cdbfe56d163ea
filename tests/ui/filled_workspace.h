// A workspace with two finished runs, "seen" and "other", and their adapters, as a worker leaves
// them.
#pragma once

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>

#include "tests/ui/studio.h"

namespace tests {

inline void writeFile(const QString& path, const QByteArray& bytes)
{
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

// A finished run and its adapter of this rank.
inline void writeFinishedRun(const QString& workspace, const QString& id, int rank)
{
    using namespace Qt::StringLiterals;
    const QString folder = workspace + u"/runs/"_s + id;
    writeFile(
        folder + u"/run.json"_s,
        u"{\"name\":\"%1\",\"base_model\":\"/nowhere/base\",\"dataset\":\"/nowhere/data.jsonl\",\"rank\":%2,\"learning_rate\":0.0002}"_s
            .arg(id)
            .arg(rank)
            .toUtf8());
    QByteArray metrics;
    for (int step = 1; step <= 20; ++step) {
        metrics +=
            u"{\"event\":\"step\",\"step\":%1,\"loss\":%2,\"learning_rate\":0.0002,\"grad_norm\":1.5,\"tokens\":100,\"tokens_per_second\":900.0,\"memory\":1000000}\n"_s
                .arg(step)
                .arg(3.0 / step)
                .toUtf8();
    }
    metrics += "{\"event\":\"finished\",\"reason\":\"done\",\"step\":20,\"loss\":0.15,"
               "\"seconds\":2.0}\n";
    writeFile(folder + u"/metrics.jsonl"_s, metrics);
    writeFile(
        folder + u"/adapter/adapter_config.json"_s,
        u"{\"peft_type\":\"LORA\",\"r\":%1,\"lora_alpha\":32,\"target_modules\":[\"q_proj\"],\"base_model_name_or_path\":\"/nowhere/base\"}"_s
            .arg(rank)
            .toUtf8());
    writeFile(folder + u"/adapter/adapter_model.safetensors"_s,
              QByteArray("\x02\0\0\0\0\0\0\0{}", 10));
}

inline void fillWorkspace(Studio& studio)
{
    using namespace Qt::StringLiterals;
    const QString workspace = studio.app().paths().workspace();
    writeFinishedRun(workspace, u"seen"_s, 8);
    writeFinishedRun(workspace, u"other"_s, 16);
    QSignalSpy rebuilt(&studio.app().catalog(), &app::Catalog::rebuilt);
    studio.app().catalog().rebuild();
    QTRY_VERIFY(rebuilt.count() >= 1); // the catalog may have found the folders by itself first
    QTRY_COMPARE(studio.app().runList().rowCount(), 2);
    QTRY_COMPARE(studio.app().adapterList().rowCount(), 2);
}

} // namespace tests
