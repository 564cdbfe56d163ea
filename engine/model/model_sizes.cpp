// ModelConfig's derived numbers, and its way back to config.json.
#include "engine/model/model_config.h"
#include "engine/model/rope_config.h"

namespace engine {

namespace {

std::string architecture_of(const std::string& model_type)
{
    if (model_type == "llama") {
        return "LlamaForCausalLM";
    }
    if (model_type == "mistral") {
        return "MistralForCausalLM";
    }
    return model_type == "qwen2" ? "Qwen2ForCausalLM" : "Qwen3ForCausalLM";
}

// sliding_window, use_sliding_window and layer_types as the model_type's class reads them.
void write_windows(const ModelConfig& config, Json& json)
{
    std::int64_t window = 0;
    Json types = Json::array();
    for (const std::int64_t layer_window : config.sliding_window) {
        window = layer_window != 0 ? layer_window : window;
        types.push_back(layer_window != 0 ? "sliding_attention" : "full_attention");
    }
    if (config.model_type == "mistral") {
        json["sliding_window"] = window == 0 ? Json() : Json(window);
    } else if (config.model_type == "qwen2" || config.model_type == "qwen3") {
        json["use_sliding_window"] = window != 0;
        json["sliding_window"] = window == 0 ? Json() : Json(window);
        json["max_window_layers"] = config.num_layers;
        json["layer_types"] = std::move(types);
    }
}

} // namespace

Json ModelConfig::to_json() const
{
    Json json = {{"architectures", {architecture_of(model_type)}}, {"model_type", model_type}};
    json["hidden_size"] = hidden_size;
    json["intermediate_size"] = intermediate_size;
    json["num_hidden_layers"] = num_layers;
    json["num_attention_heads"] = num_heads;
    json["num_key_value_heads"] = num_kv_heads;
    json["head_dim"] = head_dim;
    json["vocab_size"] = vocab_size;
    json["max_position_embeddings"] = max_position_embeddings;
    json["hidden_act"] = "silu";
    json["rms_norm_eps"] = rms_norm_eps;
    json["rope_theta"] = rope.theta;
    json["rope_scaling"] = rope_scaling_json(rope);
    if (model_type == "llama" || model_type == "qwen3") {
        json["attention_bias"] = attention_bias;
    }
    if (model_type == "llama") {
        json["mlp_bias"] = mlp_bias;
    }
    write_windows(*this, json);
    json["tie_word_embeddings"] = tie_word_embeddings;
    json["bos_token_id"] = bos_token_id < 0 ? Json() : Json(bos_token_id);
    json["eos_token_id"] = eos_token_ids.empty()       ? Json()
                           : eos_token_ids.size() == 1 ? Json(eos_token_ids[0])
                                                       : Json(eos_token_ids);
    json["initializer_range"] = 0.02;
    json["use_cache"] = true;
    if (!torch_dtype.empty()) {
        json["torch_dtype"] = torch_dtype;
    }
    return json;
}

std::int64_t ModelConfig::out_features(Target target) const
{
    switch (target) {
    case Target::QProj:
        return attention_width();
    case Target::KProj:
    case Target::VProj:
        return kv_width();
    case Target::GateProj:
    case Target::UpProj:
        return intermediate_size;
    case Target::OProj:
    case Target::DownProj:
        break;
    }
    return hidden_size;
}

std::int64_t ModelConfig::in_features(Target target) const
{
    switch (target) {
    case Target::OProj:
        return attention_width();
    case Target::DownProj:
        return intermediate_size;
    default:
        return hidden_size;
    }
}

std::int64_t ModelConfig::parameter_count() const
{
    std::int64_t layer = 2 * hidden_size + (qk_norm ? 2 * head_dim : 0);
    for (const Target target : kAllTargets) {
        layer += out_features(target) * in_features(target);
    }
    layer += attention_bias ? attention_width() + 2 * kv_width() : 0;
    layer += o_bias ? hidden_size : 0;
    layer += mlp_bias ? 2 * intermediate_size + hidden_size : 0;
    const std::int64_t embeddings = (tie_word_embeddings ? 1 : 2) * vocab_size * hidden_size;
    return embeddings + num_layers * layer + hidden_size;
}

} // namespace engine
