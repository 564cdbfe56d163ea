// Options to settings.
#include "engine/cli/settings.h"

#include <filesystem>

#include "engine/train/config_text.h"

namespace cli {

namespace {

// A run folder can be opened from anywhere, so its paths do not depend on where it was made.
std::string absolute(const std::string& path)
{
    return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

} // namespace

engine::TrainConfig settings_to_config(const engine::Json& settings)
{
    engine::TrainConfig config = engine::value_or_throw(engine::TrainConfig::from_json(settings));
    config.base_model = absolute(config.base_model);
    config.dataset = absolute(config.dataset);
    if (!engine::parse_number("eval_data", config.eval_data)) {
        config.eval_data = absolute(config.eval_data);
    }
    return config;
}

engine::CheckCommand data_command(const DataArguments& data, const std::string& base)
{
    engine::CheckCommand command;
    command.base_model = base;
    command.dataset = data.data;
    command.format = data.format;
    command.column_map = engine::value_or_throw(engine::parse_pairs("map", data.map));
    command.chat_format = data.chat_format;
    command.mask_prompt =
        engine::value_or_throw(engine::parse_switch("mask_prompt", data.mask_prompt));
    return command;
}

} // namespace cli
