// RunFolder: the files of a run folder: run.json, the studio's own notes, metrics, the lock, and
// what they say about how the run ended.
#pragma once

#include <functional>

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
    [[nodiscard]] QString initReportFile() const;
    [[nodiscard]] QString adapterFolder() const;
    [[nodiscard]] QString checkpointsFolder() const;

    [[nodiscard]] bool exists() const; // holds run.json
    [[nodiscard]] Outcome<QJsonObject> readConfig() const;
    [[nodiscard]] QJsonObject readStudio() const; // empty when there is none
    [[nodiscard]] Outcome<Done> writeConfig(const QJsonObject& config) const;
    // Replaces the given keys of studio.json and keeps the others.
    [[nodiscard]] Outcome<Done> setStudioValues(const QJsonObject& values) const;
    // A process trains here.
    [[nodiscard]] bool isLocked() const;

    // The run and its adapters as the catalog shows them; reads all of metrics.jsonl,
    // so not on the GUI thread.
    [[nodiscard]] Outcome<RunRecord> readRecord() const;
    [[nodiscard]] QList<AdapterRecord> readAdapters(const RunRecord& run) const;

    // How the run stands, by its lock, its result and what the studio has noted. `numbers`: its
    // last step and how many there are to be.
    [[nodiscard]] RunState stateFor(const RunNumbers& numbers) const;

private:
    QString m_folder;
};

// A PEFT folder in the workspace's adapters folder.
[[nodiscard]] Outcome<AdapterRecord> readImportedAdapter(const QString& folder);
// Tags, notes and hash out of studio.json's "adapters" -> place.
void fillAdapterNotes(AdapterRecord& adapter, const QJsonObject& studio, const QString& place);

[[nodiscard]] QJsonObject numbersToJson(const RunNumbers& numbers); // unknown ones are left out
[[nodiscard]] RunNumbers numbersFromJson(const QJsonObject& object);

// SHA-256 of a file in hex. `proceed` (may be empty) hears the bytes read and may say no.
[[nodiscard]] Outcome<QString> hashFile(const QString& path,
                                        const std::function<bool(qint64)>& proceed = {});

// Reads and writes one JSON object; a write appears whole or not at all.
[[nodiscard]] Outcome<QJsonObject> readJsonObject(const QString& path);
[[nodiscard]] Outcome<Done> writeJsonObject(const QString& path, const QJsonObject& object);

} // namespace app
