// RunFolder: the files of a run folder: run.json, the studio's own notes, metrics, the lock, and
// what they say about how the run ended.
#pragma once

#include <QJsonObject>
#include <QString>

#include "app/catalog/records.h"
#include "app/error_text.h"
#include "app/files.h"
#include "app/worker/worker_events.h"

namespace app {

// studio.json's copy of the settings as a person left them: what was automatic still is.
inline constexpr auto kAskedKey = QLatin1StringView("asked");

class RunFolder final
{
public:
    explicit RunFolder(const QString& folder);

    [[nodiscard]] const QString& root() const { return m_folder; }

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
    // A line for log.txt once its worker is gone; lost where the folder cannot be written.
    void addToLog(const QByteArray& line) const;
    // A process trains here.
    [[nodiscard]] bool isLocked() const;

    // The run as the catalog shows it; reads all of metrics.jsonl,
    // so not on the GUI thread.
    [[nodiscard]] Outcome<RunRecord> readRecord() const;

    // How the run stands, by its lock, its outcome.json and what the studio has noted. `numbers`:
    // its last step and how many there are to be.
    [[nodiscard]] RunState stateFor(const RunNumbers& numbers) const;

    // The worker's last word, outcome.json; an empty reason when there is none.
    [[nodiscard]] RunFinished readOutcome() const;

private:
    [[nodiscard]] RunNumbers readNumbers(const QJsonObject& config,
                                         const QJsonObject& studio) const;

    QString m_folder;
};

[[nodiscard]] QJsonObject numbersToJson(const RunNumbers& numbers); // unknown ones are left out
[[nodiscard]] RunNumbers numbersFromJson(const QJsonObject& object);

} // namespace app
