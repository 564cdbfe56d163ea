// config.json to ModelConfig: the defaults of each Hugging Face class, and refusal by name of what
// is not computed exactly.
#include "engine/model/model_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "engine/core/text.h"
#include "engine/model/config_reader.h"
#include "engine/model/rope_config.h"

namespace engine {

namespace {

// Far above any model of the family; a damaged file must not allocate madly or overflow a product.
constexpr std::int64_t kMaxHidden = 1 << 17;
constexpr std::int64_t kMaxIntermediate = 1 << 20;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxHeads = 4096;
constexpr std::int64_t kMaxHeadDim = 4096;
constexpr std::int64_t kMaxVocab = 1 << 24;
constexpr std::int64_t kMaxPositions = INT32_MAX;

// What the transformers class of a model_type assumes when config.json is silent.
struct ClassDefaults
{
    std::string_view model_type;
    std::string_view architecture;
    std::int64_t num_kv_heads; // 0: as many as heads
    std::int64_t head_dim;     // 0: hidden_size / num_attention_heads
    std::int64_t max_position_embeddings;
    std::int64_t bos_token_id; // -1: none
    std::int64_t eos_token_id;
};

constexpr std::array<ClassDefaults, 4> kClasses = {{
    {"llama", "LlamaForCausalLM", 0, 0, 2048, 1, 2},
    {"mistral", "MistralForCausalLM", 8, 0, 131072, 1, 2},
    {"qwen2", "Qwen2ForCausalLM", 32, 0, 32768, -1, -1},
    {"qwen3", "Qwen3ForCausalLM", 32, 128, 32768, -1, -1},
}};

// Keys that change what a model computes, each with the one value at which it does not. Absent and
// null always pass.
struct NeutralKey
{
    std::string_view key;
    std::string_view value; // JSON
};

constexpr std::array<NeutralKey, 39> kNeutralKeys = {{
    {"pretraining_tp", "1"},
    {"partial_rotary_factor", "1.0"},
    {"quantization_config", "null"},
    {"compression_config", "null"},
    {"attention_dropout", "0.0"},
    {"hidden_dropout", "0.0"},
    {"hidden_dropout_prob", "0.0"},
    {"resid_pdrop", "0.0"},
    {"embd_pdrop", "0.0"},
    {"attn_logit_softcapping", "null"},
    {"final_logit_softcapping", "null"},
    {"query_pre_attn_scalar", "null"},
    {"attention_multiplier", "null"},
    {"embedding_multiplier", "1.0"},
    {"residual_multiplier", "1.0"},
    {"logits_scaling", "1.0"},
    {"logit_scale", "1.0"},
    {"scale_emb", "1"},
    {"scale_depth", "null"},
    {"dim_model_base", "null"},
    {"clip_qkv", "null"},
    {"use_qk_norm", "false"},
    {"qk_layernorm", "false"},
    {"no_rope_layers", "null"},
    {"no_rope_layer_interval", "null"},
    {"rope_interleaved", "false"},
    {"attn_temperature_tuning", "false"},
    {"attention_chunk_size", "null"},
    {"attention_sinks", "null"},
    {"num_experts", "0"},
    {"num_local_experts", "0"},
    {"n_routed_experts", "0"},
    {"num_nextn_predict_layers", "0"},
    {"is_encoder_decoder", "false"},
    {"add_cross_attention", "false"},
    {"vision_config", "null"},
    {"cross_attention_layers", "null"},
    {"rope_local_base_freq", "null"},
    {"alibi", "false"},
}};

const ClassDefaults* find_class(ConfigReader& reader)
{
    const std::string model_type = reader.text("model_type", "");
    for (const ClassDefaults& candidate : kClasses) {
        if (candidate.model_type == model_type) {
            return &candidate;
        }
    }
    reader.fail(reader.find("model_type") == nullptr ? ErrorCode::InvalidConfig
                                                     : ErrorCode::Unsupported,
                "model_type",
                concat(reader.find("model_type") == nullptr
                           ? std::string("is missing")
                           : concat("is ", shown(*reader.find("model_type"))),
                       ", wanted one of llama, mistral, qwen2, qwen3"));
    return nullptr;
}

// Equal as JSON, with 1 equal to 1.0.
bool same_value(const Json& found, const Json& wanted)
{
    return found.is_number() && wanted.is_number() ? found.get<double>() == wanted.get<double>()
                                                   : found == wanted;
}

void refuse_other_maths(ConfigReader& reader, const ClassDefaults& defaults)
{
    for (const NeutralKey& neutral : kNeutralKeys) {
        const Json* value = reader.find(neutral.key);
        if (value != nullptr && !same_value(*value, Json::parse(neutral.value))) {
            reader.fail(ErrorCode::Unsupported,
                        neutral.key,
                        concat("is ", shown(*value), ", only ", neutral.value, " is computed"));
        }
    }
    const std::string activation = reader.text("hidden_act", "silu");
    if (activation != "silu" && activation != "swish") {
        reader.fail(ErrorCode::Unsupported,
                    "hidden_act",
                    concat("is ", shown(activation), ", only \"silu\" is computed"));
    }
    const Json* architectures = reader.find("architectures");
    if (architectures == nullptr || (architectures->is_array() && architectures->empty())) {
        return;
    }
    const bool known = architectures->is_array() && architectures->front().is_string()
                       && lower_ascii(architectures->front().get_ref<const std::string&>())
                              == lower_ascii(defaults.architecture);
    if (!known) {
        reader.fail(ErrorCode::Unsupported,
                    "architectures",
                    concat("is ",
                           shown(*architectures),
                           ", wanted [\"",
                           defaults.architecture,
                           "\"] for model_type ",
                           defaults.model_type));
    }
}

void read_sizes(ConfigReader& reader, const ClassDefaults& defaults, ModelConfig& config)
{
    config.hidden_size = reader.integer("hidden_size", std::nullopt, 1, kMaxHidden);
    config.intermediate_size =
        reader.integer("intermediate_size", std::nullopt, 1, kMaxIntermediate);
    config.num_layers = reader.integer("num_hidden_layers", std::nullopt, 1, kMaxLayers);
    config.num_heads = reader.integer("num_attention_heads", std::nullopt, 1, kMaxHeads);
    config.vocab_size = reader.integer("vocab_size", std::nullopt, 1, kMaxVocab);
    config.max_position_embeddings = reader.integer(
        "max_position_embeddings", defaults.max_position_embeddings, 1, kMaxPositions);
    config.rms_norm_eps = reader.number("rms_norm_eps", 1e-6, 0.0, 1.0);
    if (!reader.ok()) {
        return;
    }
    // A null num_key_value_heads means one per head; an absent one is the class's number.
    const bool one_per_head = reader.contains("num_key_value_heads") || defaults.num_kv_heads == 0;
    config.num_kv_heads = reader.integer("num_key_value_heads",
                                         one_per_head ? config.num_heads : defaults.num_kv_heads,
                                         1,
                                         kMaxHeads);
    if (config.num_kv_heads != 0 && config.num_heads % config.num_kv_heads != 0) {
        reader.fail(ErrorCode::InvalidConfig,
                    "num_attention_heads",
                    concat("is ",
                           config.num_heads,
                           ", not a multiple of num_key_value_heads ",
                           config.num_kv_heads));
    }
    const bool divides = config.hidden_size % config.num_heads == 0;
    const std::int64_t derived = divides ? config.hidden_size / config.num_heads : 0;
    const bool from_class = !reader.contains("head_dim") && defaults.head_dim != 0;
    config.head_dim =
        reader.integer("head_dim", from_class ? defaults.head_dim : derived, 1, kMaxHeadDim);
    if (config.head_dim == 0) {
        reader.fail(ErrorCode::InvalidConfig,
                    "hidden_size",
                    concat("is ",
                           config.hidden_size,
                           ", not a multiple of num_attention_heads ",
                           config.num_heads,
                           ", and head_dim is not given"));
    } else if (config.head_dim % 2 != 0) {
        reader.fail(ErrorCode::Unsupported,
                    "head_dim",
                    concat("is ", config.head_dim, ", rotary embeddings need an even number"));
    }
}

void read_switches(ConfigReader& reader, ModelConfig& config)
{
    const bool stated_bias = reader.boolean("attention_bias", false);
    const bool stated_mlp_bias = reader.boolean("mlp_bias", false);
    config.tie_word_embeddings = reader.boolean("tie_word_embeddings", false);
    config.qk_norm = config.model_type == "qwen3";
    if (config.model_type == "llama" || config.model_type == "qwen3") {
        config.attention_bias = stated_bias;
        config.o_bias = stated_bias;
    } else if (config.model_type == "qwen2") {
        config.attention_bias = true; // the class has them whatever the file says
    }
    config.mlp_bias = config.model_type == "llama" && stated_mlp_bias;
    config.torch_dtype = reader.text("dtype", reader.text("torch_dtype", ""));
}

// Names of layer_types into windows: "sliding_attention" slides by `window`.
void read_layer_types(ConfigReader& reader, std::int64_t window, ModelConfig& config)
{
    const Json* types = reader.find("layer_types");
    if (types == nullptr) {
        return;
    }
    if (!types->is_array() || types->size() != static_cast<std::size_t>(config.num_layers)) {
        reader.fail(ErrorCode::InvalidConfig,
                    "layer_types",
                    concat("is ", shown(*types), ", wanted one name per layer"));
        return;
    }
    for (std::size_t layer = 0; layer < types->size(); ++layer) {
        const Json& type = (*types)[layer];
        const bool sliding = type == "sliding_attention";
        if (!sliding && type != "full_attention") {
            reader.fail(ErrorCode::Unsupported,
                        "layer_types",
                        concat("holds ",
                               shown(type),
                               ", only \"full_attention\" and \"sliding_attention\" are computed"));
        } else if (sliding && window == 0) {
            reader.fail(ErrorCode::InvalidConfig,
                        "layer_types",
                        concat("says that layer ", layer, " slides, and no sliding_window is set"));
        }
        config.sliding_window[layer] = sliding ? window : 0;
    }
}

void read_windows(ConfigReader& reader, ModelConfig& config)
{
    config.sliding_window.assign(static_cast<std::size_t>(config.num_layers), 0);
    const auto stated = [&](std::int64_t absent) {
        return reader.contains("sliding_window")
                   ? reader.integer("sliding_window", 0, 1, kMaxPositions)
                   : absent;
    };
    if (config.model_type == "llama") {
        if (reader.find("sliding_window") != nullptr) {
            reader.fail(ErrorCode::Unsupported,
                        "sliding_window",
                        concat("is ",
                               shown(*reader.find("sliding_window")),
                               ", the llama class has no sliding attention"));
        }
        read_layer_types(reader, 0, config);
        return;
    }
    if (config.model_type == "mistral") {
        const std::int64_t window = stated(4096);
        std::fill(config.sliding_window.begin(), config.sliding_window.end(), window);
        const std::vector<std::int64_t> uniform = config.sliding_window;
        read_layer_types(reader, window, config);
        if (reader.ok() && config.sliding_window != uniform) {
            reader.fail(ErrorCode::Unsupported,
                        "layer_types",
                        "differs from sliding_window, the mistral class slides in every layer or "
                        "in none");
        }
        return;
    }
    const bool slides = reader.boolean("use_sliding_window", false);
    const std::int64_t window = slides ? stated(4096) : 0;
    const std::int64_t first = reader.integer("max_window_layers", 28, 0, kMaxLayers);
    for (std::int64_t layer = first; layer < config.num_layers; ++layer) {
        config.sliding_window[static_cast<std::size_t>(layer)] = window;
    }
    read_layer_types(reader, window, config);
}

// An id, a list of ids, or nothing.
std::vector<std::int64_t> read_token_ids(ConfigReader& reader, std::string_view key)
{
    const Json* value = reader.find(key);
    if (value == nullptr) {
        return {};
    }
    if (!value->is_array()) {
        return {reader.integer(key, 0, 0, kMaxVocab)};
    }
    std::vector<std::int64_t> ids;
    for (const Json& id : *value) {
        if (!id.is_number_integer() || id < 0 || id > kMaxVocab || ids.size() >= 1024) {
            reader.fail(ErrorCode::InvalidConfig,
                        key,
                        concat("is ", shown(*value), ", wanted at most 1024 token ids"));
            return {};
        }
        ids.push_back(id.get<std::int64_t>());
    }
    return ids;
}

Result<ModelConfig> parse_config(const Json& json, const std::string& what)
{
    ConfigReader reader(json, what);
    ModelConfig config;
    const ClassDefaults* defaults = reader.ok() ? find_class(reader) : nullptr;
    if (defaults == nullptr) {
        return reader.error();
    }
    config.model_type = defaults->model_type;
    refuse_other_maths(reader, *defaults);
    read_sizes(reader, *defaults, config);
    if (reader.ok()) {
        read_switches(reader, config);
        read_windows(reader, config);
        config.rope = read_rope_config(reader, config.max_position_embeddings);
    }
    config.bos_token_id = reader.contains("bos_token_id")
                              ? reader.integer("bos_token_id", -1, 0, kMaxVocab)
                              : defaults->bos_token_id;
    config.eos_token_ids = read_token_ids(reader, "eos_token_id");
    if (!reader.contains("eos_token_id") && defaults->eos_token_id >= 0) {
        config.eos_token_ids = {defaults->eos_token_id};
    }
    return reader.ok() ? Result<ModelConfig>(std::move(config)) : reader.error();
}

} // namespace

Result<ModelConfig> ModelConfig::from_json(const Json& json)
{
    return parse_config(json, "config.json");
}

Result<ModelConfig> ModelConfig::load(const std::filesystem::path& folder)
{
    constexpr JsonLimits kLimits = {.max_depth = 32, .max_bytes = 4 << 20};
    const std::filesystem::path path = folder / "config.json";
    const Result<Json> json = read_json_file(path, kLimits);
    if (!json) {
        return json.error();
    }
    Result<ModelConfig> config = parse_config(*json, path.string());
    std::error_code ignored;
    const std::filesystem::path generation = folder / "generation_config.json";
    if (!config || !std::filesystem::exists(generation, ignored)) {
        return config;
    }
    const Result<Json> generation_json = read_json_file(generation, kLimits);
    if (!generation_json) {
        return generation_json.error();
    }
    ConfigReader reader(*generation_json, generation.string());
    std::vector<std::int64_t> ids =
        reader.ok() ? read_token_ids(reader, "eos_token_id") : std::vector<std::int64_t>();
    if (!reader.ok()) {
        return reader.error();
    }
    if (!ids.empty()) {
        config->eos_token_ids = std::move(ids);
    }
    return config;
}

} // namespace engine
