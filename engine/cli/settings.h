// The options of train as a TrainConfig with absolute paths.
#pragma once

#include "engine/cli/arguments.h"
#include "engine/train/train_config.h"
#include "engine/worker/protocol.h"

namespace cli {

// Throws EngineError InvalidConfig.
[[nodiscard]] engine::TrainConfig settings_to_config(const engine::Json& settings);

// --data and how to read it, as a `check` command holds them. Throws EngineError InvalidConfig.
[[nodiscard]] engine::CheckCommand data_command(const DataArguments& data, const std::string& base);

} // namespace cli
