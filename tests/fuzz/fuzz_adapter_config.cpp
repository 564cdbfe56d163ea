// Fuzzes adapter_config.json on a small base: an accepted adapter has targets, ranks and scales.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/core/json.h"
#include "engine/model/adapter_config.h"

namespace {

engine::ModelConfig small_model()
{
    engine::ModelConfig model;
    model.model_type = "llama";
    model.hidden_size = 16;
    model.intermediate_size = 24;
    model.num_layers = 2;
    model.num_heads = 4;
    model.num_kv_heads = 2;
    model.head_dim = 4;
    model.vocab_size = 32;
    return model;
}

void require(bool condition)
{
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const engine::ModelConfig model = small_model();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto json = engine::parse_json(text, "input", {.max_depth = 16});
    if (!json) {
        return 0;
    }
    const auto config = engine::parse_adapter_config(*json, "adapter_config.json", model);
    if (!config) {
        require(!config.error().message.empty());
        return 0;
    }
    require(config->parameter_count(model) > 0);
    for (std::int64_t layer = 0; layer < model.num_layers; ++layer) {
        for (const engine::Target target : engine::kAllTargets) {
            if (config->targets(layer, target)) {
                require(config->rank_of(layer, target) > 0);
                require(std::isfinite(config->scaling_of(layer, target)));
            }
        }
    }
    return 0;
}
