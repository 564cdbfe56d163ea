// The adapters of a run folder and imported PEFT folders, as the catalog's records.
#pragma once

#include "app/catalog/records.h"
#include "app/error_text.h"

namespace app {

// A run's checkpoints by step, each descending from the one before, and its result last.
[[nodiscard]] QList<AdapterRecord> adaptersOf(const RunRecord& run);
// A PEFT folder in the workspace's adapters folder.
[[nodiscard]] Outcome<AdapterRecord> readImportedAdapter(const QString& folder);

// A run's adapter of LoRA-GA: the record has the rank that was trained, its files the rank 2r of
// the plain LoRA that PEFT reads.
[[nodiscard]] bool isStoredAtTwiceTheRank(const AdapterRecord& adapter);

} // namespace app
