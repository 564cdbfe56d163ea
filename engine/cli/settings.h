// The options of train as a TrainConfig with absolute paths.
#pragma once

#include "engine/cli/arguments.h"
#include "engine/train/train_config.h"
#include "engine/worker/protocol.h"

namespace cli {

// Throws EngineError InvalidConfig.
[[nodiscard]] engine::TrainConfig settings_to_config(const engine::Json& settings);

// An estimate can do without a data file when seq_len says how long its rows are.
enum class DataFile { Needed, Optional };

// Refuses what a run would refuse before its first step: settings out of range, a base that is not
// there, an adapter that does not suit it. Throws EngineError.
void check_settings(const engine::TrainConfig& config, DataFile data);

// Throws EngineError unless the path is a folder: NotFound, Unsupported for a GGUF file,
// InvalidArgument.
void check_base(const std::string& path);

// --data and how to read it, as a `check` command holds them. Throws EngineError InvalidConfig.
[[nodiscard]] engine::CheckCommand data_command(const DataArguments& data, const std::string& base);

} // namespace cli
