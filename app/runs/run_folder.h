// RunFolder: the files of a run folder: run.json, the studio's own notes, metrics, the lock, and
// what they say about how the run ended.
#pragma once

#include <QJsonObject>
#include <QString>

#include "app/catalog/records.h"
#include "app/error_text.h"

namespace app {

class RunFolder final
{
public:
    explicit RunFolder(QString folder);

    [[nodiscard]] QString path(const QString& file) const;
    [[nodiscard]] QString runFile() const;     // run.json: the worker's
    [[nodiscard]] QString studioFile() const;  // studio.json: name, tags, notes, parent, state
    [[nodiscard]] QString metricsFile() const; // metrics.jsonl
    [[nodiscard]] QString samplesFile() const;
    [[nodiscard]] QString logFile() const;
    [[nodiscard]] QString adapterFolder() const;
    [[nodiscard]] QString checkpointsFolder() const;

    [[nodiscard]] bool exists() const; // holds run.json
    [[nodiscard]] Outcome<QJsonObject> readConfig() const;
    [[nodiscard]] QJsonObject readStudio() const; // empty when there is none
    [[nodiscard]] Outcome<Done> writeConfig(const QJsonObject& config) const;
    [[nodiscard]] Outcome<Done> setStudioValue(const QString& key, const QJsonValue& value) const;
    // A process trains here.
    [[nodiscard]] bool isLocked() const;

    // The run and its adapters as the catalog shows them; reads metrics.jsonl's end only.
    [[nodiscard]] Outcome<RunRecord> readRecord() const;
    [[nodiscard]] QList<AdapterRecord> readAdapters(const RunRecord& run) const;

private:
    QString m_folder;
};

// Reads and writes one JSON object; a write appears whole or not at all.
[[nodiscard]] Outcome<QJsonObject> readJsonObject(const QString& path);
[[nodiscard]] Outcome<Done> writeJsonObject(const QString& path, const QJsonObject& object);

} // namespace app
