// Fuzzes config.json: an accepted config is sane and survives its own to_json.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/model_config.h"

namespace {

void require(bool condition)
{
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto json = engine::parse_json(text, "config.json", {.max_depth = 32});
    if (!json) {
        return 0;
    }
    const auto config = engine::ModelConfig::from_json(*json);
    if (!config) {
        require(!config.error().message.empty());
        return 0;
    }
    require(config->num_layers > 0 && config->head_dim > 0 && config->head_dim % 2 == 0);
    require(config->num_heads % config->num_kv_heads == 0);
    require(config->sliding_window.size() == static_cast<std::size_t>(config->num_layers));
    require(config->parameter_count() > 0);
    for (const engine::Target target : engine::kAllTargets) {
        require(config->in_features(target) > 0 && config->out_features(target) > 0);
    }
    const auto again = engine::ModelConfig::from_json(config->to_json());
    require(again.has_value());
    require(again->to_json() == config->to_json());
    return 0;
}
