// Paths: where models, data sets, runs, adapters and the catalog live in a workspace folder, and
// where the program's own files are.
#pragma once

#include <QString>
#include <QStringList>

#include "app/error_text.h"

namespace app {

class Paths final
{
public:
    explicit Paths(const QString& workspace);

    [[nodiscard]] const QString& workspace() const { return m_workspace; }

    [[nodiscard]] QString models() const; // registered models, one NAME.json each, or model folders
    [[nodiscard]] QString datasets() const; // imported files, and one NAME.json each
    [[nodiscard]] QString runs() const;     // one folder each; its name is the run's id
    [[nodiscard]] QString adapters() const; // imported PEFT folders
    [[nodiscard]] QString exports() const;  // the export page's first suggestion
    [[nodiscard]] QString trash() const;    // deleted runs and adapters until emptied
    [[nodiscard]] QString votes() const;    // votes.jsonl of the playground
    [[nodiscard]] QString catalog() const;  // catalog.sqlite

    // Makes the folders. Errors: read_only, disk_full, io.
    [[nodiscard]] Outcome<Done> create() const;
    // Tries a write; a file system mounted read-only looks writable to permission bits.
    [[nodiscard]] bool isWritable() const;

    // A run folder that did not exist before, named after the time and `name`. Errors: as create().
    [[nodiscard]] Outcome<QString> createRunFolder(const QString& name) const;

    [[nodiscard]] static QString defaultWorkspace(); // ~/LowRank Studio
    [[nodiscard]] static QString configFile();

    // The sample's folder: beside the program (installed or portable), else the source tree's
    // resources/sample. Empty when there is none.
    [[nodiscard]] static QString sampleFolder();
    [[nodiscard]] static QString sampleModel();        // the base model folder, or empty
    [[nodiscard]] static QStringList sampleDatasets(); // data files, or none
    [[nodiscard]] static QString sampleEvalData();     // held out from the first of them, or empty
    // The program `lowrank` beside this program, else in PATH; empty when there is none.
    [[nodiscard]] static QString workerProgram();

private:
    QString m_workspace;
};

} // namespace app
