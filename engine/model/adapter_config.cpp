// adapter_config.json to LoraConfig by PEFT's own matching rules.
#include "engine/model/adapter_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "engine/core/json.h"
#include "engine/model/adapter_names.h"
#include "engine/model/config_reader.h"

namespace engine {

namespace {

constexpr std::int64_t kMaxRank = 1 << 16;
constexpr double kMaxAlpha = 1e9;
constexpr std::size_t kMaxListed = 100'000;

struct Module
{
    std::int64_t layer;
    Target target;

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 reads the default's 0 as a pointer.
    friend auto operator<=>(const Module&, const Module&) = default;
};

// Keys that change the result, each with the values at which it does not; null always passes.
void refuse_other_methods(ConfigReader& reader)
{
    const std::string type = reader.text("peft_type", "");
    if (type != "LORA") {
        reader.fail(ErrorCode::Unsupported,
                    "peft_type",
                    concat("is ", shown(Json(type)), ", only \"LORA\" adapters are read"));
    }
    for (const char* key : {"use_dora", "lora_bias", "fan_in_fan_out", "use_qalora"}) {
        if (reader.boolean(key, false)) {
            reader.fail(ErrorCode::Unsupported, key, "is true, only false is computed");
        }
    }
    if (const std::string bias = reader.text("bias", "none"); bias != "none") {
        reader.fail(ErrorCode::Unsupported,
                    "bias",
                    concat("is ", shown(Json(bias)), ", only \"none\" is computed"));
    }
    for (const char* key : {"modules_to_save",
                            "trainable_token_indices",
                            "layer_replication",
                            "target_parameters",
                            "alora_invocation_tokens",
                            "use_bdlora",
                            "arrow_config",
                            "kasa_config",
                            "monteclora_config",
                            "velora_config",
                            "megatron_config"}) {
        const Json* value = reader.find(key);
        if (value != nullptr && !(value->is_structured() && value->empty())
            && *value != Json(false)) {
            reader.fail(ErrorCode::Unsupported,
                        key,
                        concat("is ", shown(*value), ", which is not computed"));
        }
    }
    // Other initialisations change the base when PEFT loads them; only finished LoRA is exact.
    const Json* init = reader.find("init_lora_weights");
    if (init != nullptr && !init->is_boolean() && *init != Json("gaussian")
        && *init != Json("orthogonal") && *init != Json("eva")) {
        reader.fail(ErrorCode::Unsupported,
                    "init_lora_weights",
                    concat("is ",
                           shown(*init),
                           ": its base was changed at the start; convert it to plain LoRA with "
                           "PEFT's path_initial_model_for_weight_conversion"));
    }
}

// target_modules or exclude_modules: a list of names, or one regular expression.
class ModuleSet
{
public:
    ModuleSet(ConfigReader& reader, std::string_view key, std::int64_t num_layers)
    {
        const Json* value = reader.find(key);
        if (value == nullptr) {
            return;
        }
        if (value->is_string()) {
            read_pattern(reader, key, value->get<std::string>(), num_layers);
            return;
        }
        if (!value->is_array() || value->size() > kMaxListed) {
            reader.fail(ErrorCode::InvalidConfig,
                        key,
                        concat("is ", shown(*value), ", wanted a list of names or a pattern"));
            return;
        }
        for (const Json& name : *value) {
            if (!name.is_string() || name.get_ref<const std::string&>().empty()) {
                reader.fail(ErrorCode::InvalidConfig, key, concat("holds ", shown(name)));
                return;
            }
            m_names.insert(name.get<std::string>());
        }
    }

    [[nodiscard]] bool is_pattern() const { return m_all_linear || m_pattern.has_value(); }

    [[nodiscard]] bool contains_exactly(const std::string& path) const
    {
        return m_names.contains(path);
    }

    [[nodiscard]] bool matches(const std::string& path) const
    {
        if (m_all_linear) {
            return path.find("_proj") != std::string::npos;
        }
        if (m_pattern) {
            return m_pattern->matches(path);
        }
        // The whole path, or what follows one of its dots.
        for (std::size_t at = 0; at != std::string::npos;) {
            if (m_names.contains(path.substr(at))) {
                return true;
            }
            at = path.find('.', at);
            at = at == std::string::npos ? at : at + 1;
        }
        return false;
    }

private:
    void read_pattern(ConfigReader& reader,
                      std::string_view key,
                      const std::string& text,
                      std::int64_t num_layers)
    {
        if (text == "all-linear") {
            m_all_linear = true;
            return;
        }
        Result<ModulePattern> pattern = ModulePattern::compile(text);
        const Result<void> checked =
            pattern ? pattern->check(num_layers) : Result<void>(pattern.error());
        if (!checked) {
            reader.fail(ErrorCode::InvalidConfig, key, concat("is a ", checked.error().message));
            return;
        }
        m_pattern = std::move(*pattern);
    }

    std::set<std::string, std::less<>> m_names;
    std::optional<ModulePattern> m_pattern;
    bool m_all_linear = false;
};

// layers_to_transform: absent, a number, or a list. Empty means every layer.
std::set<std::int64_t> read_layers(ConfigReader& reader)
{
    std::set<std::int64_t> layers;
    const Json* value = reader.find("layers_to_transform");
    const Json* pattern = reader.find("layers_pattern");
    if (pattern != nullptr && !(pattern->is_structured() && pattern->empty())
        && *pattern != Json("") && *pattern != Json("layers")
        && *pattern != Json(std::vector<std::string>{"layers"})) {
        reader.fail(ErrorCode::Unsupported,
                    "layers_pattern",
                    concat("is ", shown(*pattern), ", this model's list is called \"layers\""));
    }
    if (value == nullptr) {
        return layers;
    }
    const Json list = value->is_array() ? *value : Json::array({*value});
    for (const Json& layer : list) {
        if (!layer.is_number_integer() || list.size() > kMaxListed) {
            reader.fail(ErrorCode::InvalidConfig,
                        "layers_to_transform",
                        concat("is ", shown(*value), ", wanted layer numbers"));
            return {};
        }
        layers.insert(layer.get<std::int64_t>());
    }
    return layers;
}

// Every adapted matrix, in order.
std::set<Module> resolve_modules(ConfigReader& reader, const ModelConfig& model)
{
    const ModuleSet wanted(reader, "target_modules", model.num_layers);
    const ModuleSet excluded(reader, "exclude_modules", model.num_layers);
    const std::set<std::int64_t> layers = read_layers(reader);
    if (!reader.ok()) {
        return {};
    }
    for (const char* other : {"lm_head", "model.embed_tokens"}) {
        if (wanted.matches(other) && !excluded.matches(other)) {
            reader.fail(ErrorCode::Unsupported,
                        "target_modules",
                        concat("targets ", other, ", which cannot carry an adapter here"));
        }
    }
    std::set<Module> modules;
    for (std::int64_t layer = 0; layer < model.num_layers; ++layer) {
        for (const Target target : kAllTargets) {
            const std::string path = module_path(layer, target);
            // PEFT restricts neither patterns nor exact paths by layer.
            const bool by_layer = layers.empty() || layers.contains(layer) || wanted.is_pattern()
                                  || wanted.contains_exactly(path);
            if (by_layer && wanted.matches(path) && !excluded.matches(path)) {
                modules.insert({layer, target});
            }
        }
    }
    if (modules.empty()) {
        const Json* value = reader.find("target_modules");
        reader.fail(ErrorCode::Unsupported,
                    "target_modules",
                    concat("is ",
                           value == nullptr ? "missing" : shown(*value),
                           ", which matches no projection of this ",
                           model.model_type,
                           " model"));
    }
    return modules;
}

// A product of layers and targets where the set is one, its list of paths otherwise.
void store_modules(const std::set<Module>& modules, const ModelConfig& model, LoraConfig& config)
{
    std::set<std::int64_t> layers;
    std::set<Target> targets;
    for (const Module& module : modules) {
        layers.insert(module.layer);
        targets.insert(module.target);
    }
    config.target_modules.assign(targets.begin(), targets.end());
    if (modules.size() != layers.size() * targets.size()) {
        for (const Module& module : modules) {
            config.modules.push_back(module_path(module.layer, module.target));
        }
        return;
    }
    if (static_cast<std::int64_t>(layers.size()) != model.num_layers) {
        config.layers.assign(layers.begin(), layers.end());
    }
}

// Values of a pattern object in the file's order, which decides among several that match.
template <typename Value>
std::vector<std::pair<std::string, Value>> read_pattern(ConfigReader& reader,
                                                        std::string_view key,
                                                        double lowest,
                                                        double highest,
                                                        std::int64_t num_layers)
{
    std::vector<std::pair<std::string, Value>> pattern;
    const Json* object = reader.find(key);
    if (object == nullptr) {
        return pattern;
    }
    if (!object->is_object() || object->size() > kMaxListed) {
        reader.fail(
            ErrorCode::InvalidConfig, key, concat("is ", shown(*object), ", wanted an object"));
        return pattern;
    }
    for (const auto& [name, value] : object->items()) {
        const bool number =
            std::is_integral_v<Value> ? value.is_number_integer() : value.is_number();
        const double size = number ? value.template get<double>() : std::nan("");
        const Result<void> checked = check_pattern_key(name, num_layers);
        if (!checked || !(size >= lowest && size <= highest)) {
            reader.fail(ErrorCode::InvalidConfig,
                        key,
                        concat("holds ",
                               shown(Json(name)),
                               ": ",
                               shown(value),
                               checked ? "" : concat("; ", checked.error().message)));
            return pattern;
        }
        pattern.emplace_back(name, value.template get<Value>());
    }
    return pattern;
}

// LoraConfig tries keys in sorted order, the file in its own. Where that differs for some matrix,
// each matrix gets a key of its own.
template <typename Value>
std::map<std::string, Value>
sorted_pattern(const std::vector<std::pair<std::string, Value>>& pattern,
               const std::set<Module>& modules)
{
    std::map<std::string, Value> sorted(pattern.begin(), pattern.end());
    const auto first = [](const auto& keys, const std::string& path) -> std::optional<Value> {
        for (const auto& [key, value] : keys) {
            if (matches_pattern_key(path, key)) {
                return value;
            }
        }
        return std::nullopt;
    };
    std::map<std::string, Value> exact;
    bool same = true;
    for (const Module& module : modules) {
        const std::string path = module_path(module.layer, module.target);
        const std::optional<Value> value = first(pattern, path);
        same = same && value == first(sorted, path);
        if (value) {
            exact[path] = *value;
        }
    }
    return same ? sorted : exact;
}

} // namespace

Result<LoraConfig>
parse_adapter_config(const Json& json, const std::string& what, const ModelConfig& model)
{
    ConfigReader reader(json, what);
    if (!reader.ok()) {
        return reader.error();
    }
    refuse_other_methods(reader);
    LoraConfig config;
    config.rank = reader.integer("r", 8, 1, kMaxRank);
    config.alpha = reader.number("lora_alpha", 8.0, -kMaxAlpha, kMaxAlpha);
    config.dropout = reader.number("lora_dropout", 0.0, 0.0, 0.999999);
    config.use_rslora = reader.boolean("use_rslora", false);
    const auto ranks =
        read_pattern<std::int64_t>(reader, "rank_pattern", 1.0, kMaxRank, model.num_layers);
    const auto alphas =
        read_pattern<double>(reader, "alpha_pattern", -kMaxAlpha, kMaxAlpha, model.num_layers);
    const std::set<Module> modules =
        reader.ok() ? resolve_modules(reader, model) : std::set<Module>();
    if (!reader.ok()) {
        return reader.error();
    }
    store_modules(modules, model, config);
    config.rank_pattern = sorted_pattern(ranks, modules);
    config.alpha_pattern = sorted_pattern(alphas, modules);
    return config;
}

Result<LoraConfig> read_adapter_config(const std::filesystem::path& folder,
                                       const ModelConfig& model)
{
    constexpr JsonLimits kLimits = {.max_depth = 16, .max_bytes = 16 << 20};
    const std::filesystem::path path = folder / kAdapterConfigFile;
    const Result<Json> json = read_json_file(path, kLimits);
    if (!json) {
        return json.error();
    }
    return parse_adapter_config(*json, path.string(), model);
}

} // namespace engine
