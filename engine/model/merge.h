// Merging an adapter into its base, W + s B A in float32, and the checked export of the result.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/core/cancellation.h"
#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"

namespace engine {

struct MergeOptions
{
    DType dtype = DType::BF16; // of the written weights: F32, BF16 or F16
    std::int64_t max_shard_bytes = 5'000'000'000;
    std::function<void(double fraction, const std::string& what)> progress = {};
    StopToken stop = {};
};

// What the check of an export found, shown to the user and kept in the catalog.
struct ExportCheck
{
    std::int64_t positions = 0;        // compared positions
    double max_abs_difference = 0.0;   // of logits: the export against base + adapter
    double max_abs_logit = 0.0;        // the scale of the above
    double tolerance = 0.0;            // for this dtype
    double top1_agreement = 0.0;       // share of positions with the same best token
    double difference_from_base = 0.0; // max |logit| difference between the export and its base
    double rms_difference = 0.0;       // of logits: the export against base + adapter
    double rms_adapter = 0.0;          // of logits: the base against base + adapter
    // Every number is finite, the largest difference within the tolerance, and the export nearer to
    // base + adapter than the base is.
    bool passed = false;
    // How the base was kept while the adapter trained. The export is of the unquantised base, whose
    // answers are not exactly those that training saw.
    ops::QuantType base_quant = ops::QuantType::None;
};

// Writes a Hugging Face folder: merged weights (shards when larger than max_shard_bytes),
// config.json with the new dtype, and the base's tokenizer and generation files. Written beside
// `out` under a temporary name, checked, renamed: a refused or cancelled merge leaves nothing. The
// check reloads the folder and compares logits with base + adapter. Errors: Io, InvalidArgument
// (out exists and is not empty; the adapter changes nothing, so the result would be the base; an
// f16 overflow names the tensor), Cancelled, Internal when the check fails.
[[nodiscard]] Result<ExportCheck> merge_to_folder(Backend& backend,
                                                  const std::filesystem::path& base,
                                                  const std::filesystem::path& adapter,
                                                  const std::filesystem::path& out,
                                                  const MergeOptions& options);

// Copies an adapter as a PEFT folder for `base`, reloads it and compares logits. Errors as above.
[[nodiscard]] Result<ExportCheck> export_peft(Backend& backend,
                                              const std::filesystem::path& base,
                                              const std::filesystem::path& adapter,
                                              const std::filesystem::path& out);

} // namespace engine
