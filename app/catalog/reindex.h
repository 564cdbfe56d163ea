// Reindex: reads everything a workspace's files say, for a catalog that is rebuilt from them.
#pragma once

#include "app/catalog/database.h"
#include "app/catalog/records.h"
#include "app/paths.h"

namespace app {

struct WorkspaceIndex
{
    QList<ModelRecord> models;
    QList<DatasetRecord> datasets;
    QList<RunRecord> runs;
    QList<AdapterRecord> adapters;
    QList<VoteRecord> votes;
    QStringList unreadable; // folders and files that were left out, with the reason
};

// Reads every file; not on the GUI thread.
[[nodiscard]] WorkspaceIndex readWorkspace(const Paths& paths);
// Takes the place of everything in the catalog; inside the caller's transaction. Throws
// DatabaseError.
void replaceCatalog(Database& database, const WorkspaceIndex& index);

// The files that registrations are kept in. Paths inside the workspace are written relative to it,
// so that a workspace can be moved.
[[nodiscard]] QString modelFile(const Paths& paths, const QString& id);
[[nodiscard]] QString datasetFile(const Paths& paths, const QString& id);
[[nodiscard]] Outcome<Done> writeModelFile(const Paths& paths, const ModelRecord& record);
[[nodiscard]] Outcome<Done> writeDatasetFile(const Paths& paths, const DatasetRecord& record);
[[nodiscard]] Outcome<Done> appendVote(const Paths& paths, const VoteRecord& vote);

// A run's adapters with the final one's hash, which is computed once and kept in studio.json.
[[nodiscard]] QList<AdapterRecord> readRunAdapters(const RunRecord& run);

} // namespace app
