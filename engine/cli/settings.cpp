// Options to settings.
#include "engine/cli/settings.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include "engine/model/module_pattern.h"
#include "engine/train/config_text.h"

namespace cli {

namespace {

// A run folder can be opened from anywhere, so its paths do not depend on where it was made.
std::string absolute(const std::string& path)
{
    return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

// A key of rank_pattern or alpha_pattern that matches nothing is a typo.
template <typename Value>
void check_pattern(std::string_view field,
                   const std::map<std::string, Value>& pattern,
                   const engine::LoraConfig& lora,
                   const engine::ModelConfig& model)
{
    std::vector<std::string> modules;
    std::string names;
    for (const engine::Target target : engine::kAllTargets) {
        const std::size_t before = modules.size();
        for (std::int64_t layer = 0; layer < model.num_layers; ++layer) {
            if (lora.targets(layer, target)) {
                modules.push_back(engine::module_path(layer, target));
            }
        }
        if (modules.size() > before) {
            names += (names.empty() ? "" : ", ") + std::string(to_string(target));
        }
    }
    for (const auto& [key, value] : pattern) {
        const bool matches = std::any_of(
            modules.begin(), modules.end(), [&pattern_key = key](const std::string& module) {
                return engine::matches_pattern_key(module, pattern_key);
            });
        if (!matches) {
            throw engine::EngineError(
                {engine::ErrorCode::InvalidConfig,
                 engine::concat(field, ": ", key, " matches no adapted matrix, there are ", names),
                 "name one of them, or the end of a path such as layers.0.self_attn.q_proj"});
        }
    }
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

void check_settings(const engine::TrainConfig& config, DataFile data)
{
    for (const engine::TrainConfig::FieldError& problem : config.validate()) {
        const bool optional = data == DataFile::Optional && config.seq_len > 0
                              && config.dataset.empty() && problem.field == "data";
        if (!optional) {
            throw engine::EngineError({engine::ErrorCode::InvalidConfig, problem.message});
        }
    }
    check_base(config.base_model);
    if (config.method == engine::Method::Lora) {
        const engine::ModelConfig model =
            engine::value_or_throw(engine::ModelConfig::load(config.base_model));
        engine::value_or_throw(config.lora.validate(model));
        check_pattern("rank_pattern", config.lora.rank_pattern, config.lora, model);
        check_pattern("alpha_pattern", config.lora.alpha_pattern, config.lora, model);
    }
}

void check_base(const std::string& path)
{
    namespace fs = std::filesystem;
    std::error_code error;
    if (fs::is_directory(path, error)) {
        return;
    }
    if (!fs::exists(path, error)) {
        throw engine::EngineError({engine::ErrorCode::NotFound,
                                   engine::concat(path, ": there is no such folder"),
                                   "choose the folder of a Hugging Face model"});
    }
    const bool gguf = fs::path(path).extension() == ".gguf";
    throw engine::EngineError(
        {gguf ? engine::ErrorCode::Unsupported : engine::ErrorCode::InvalidArgument,
         engine::concat(path,
                        gguf ? ": a base in GGUF form is not read"
                             : ": is a file, wanted the folder of a model"),
         "choose the model's Hugging Face folder"});
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
