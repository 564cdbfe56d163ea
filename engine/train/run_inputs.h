// What a run is made of before any weight is read: the model's config, the tokenizer, the encoded
// examples; and the settings that follow from them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/data/batch_loader.h"
#include "engine/data/chat_format.h"
#include "engine/data/dataset.h"
#include "engine/model/model_config.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/train/train_config.h"

namespace engine {

struct RunInputs
{
    ModelConfig model;
    Tokenizer tokenizer;
    ChatFormat chat_format = ChatFormat::Plain;
    std::vector<Example> train = {};
    std::vector<Example> eval = {};
    TokenStatistics statistics = {}; // of `train` at the resolved seq_len
    std::vector<Record> sample_records =
        {};                            // held-out rows, or the first rows: what samples answer
    std::string data_fingerprint = {}; // SHA-256 of the data file
    std::vector<std::string> warnings = {};
};

struct LoadInputsOptions
{
    std::function<void(double fraction)> progress = {}; // of encoding
    StopToken stop = {};
};

// Errors: those of ModelConfig::load, Tokenizer::load and read_dataset; InvalidConfig when no row
// has a token to train on; Cancelled.
[[nodiscard]] Result<RunInputs> load_run_inputs(const TrainConfig& config,
                                                const LoadInputsOptions& options = {});

// The config's warnings, for the base that it names; for a large one where that cannot be read.
[[nodiscard]] std::vector<TrainConfig::FieldError> warnings_for_base(const TrainConfig& config);

// "auto" is what the tokenizer's template says. Errors: InvalidConfig.
[[nodiscard]] Result<ChatFormat> resolve_chat_format(const std::string& name,
                                                     const Tokenizer& tokenizer);

[[nodiscard]] BatchConfig batch_config(const TrainConfig& config);

// seq_len, when the config leaves it open, and the statistics at that length. Errors: InvalidConfig
// when the model has fewer positions.
[[nodiscard]] Result<void> resolve_seq_len(TrainConfig& config, RunInputs& inputs);

// max_steps from epochs and warmup_steps from warmup_ratio, when the config leaves them open.
// `loader` serves the batches that the run will see. Errors: InvalidConfig.
[[nodiscard]] Result<void> resolve_steps(TrainConfig& config, BatchLoader& loader);

} // namespace engine
