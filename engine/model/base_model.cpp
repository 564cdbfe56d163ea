// A base model: which weights a config asks for, where they are bound, what they weigh.
#include "engine/model/base_model.h"

#include <algorithm>

#include "engine/model/weight_names.h"

namespace engine {

namespace {

std::string layer_prefix(std::int64_t layer)
{
    return concat("model.layers.", layer, '.');
}

std::string module_name(std::int64_t layer, Target target)
{
    return concat(layer_prefix(layer), parent_module(target), '.', to_string(target));
}

bool has_bias(const ModelConfig& config, Target target)
{
    switch (target) {
    case Target::QProj:
    case Target::KProj:
    case Target::VProj:
        return config.attention_bias;
    case Target::OProj:
        return config.o_bias;
    default:
        return config.mlp_bias;
    }
}

} // namespace

ConstTensorView
whole_weight(Backend& backend, const LinearWeights& weights, DType dtype, Tensor& room)
{
    if (!weights.quantized.defined()) {
        return weights.weight;
    }
    room = backend.tensor(dtype, weights.shape());
    ops::dequantize(backend, weights.quantized, room);
    return room;
}

std::vector<ExpectedTensor> expected_tensors(const ModelConfig& config)
{
    std::vector<ExpectedTensor> tensors;
    const std::int64_t hidden = config.hidden_size;
    tensors.push_back({kEmbedTokens, {config.vocab_size, hidden}});
    for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
        const std::string prefix = layer_prefix(layer);
        tensors.push_back({prefix + "input_layernorm.weight", {hidden}});
        for (const Target target : kAllTargets) {
            const std::string module = module_name(layer, target);
            tensors.push_back({module + ".weight",
                               {config.out_features(target), config.in_features(target)},
                               true});
            if (has_bias(config, target)) {
                tensors.push_back({module + ".bias", {config.out_features(target)}});
            }
        }
        if (config.qk_norm) {
            tensors.push_back({prefix + "self_attn.q_norm.weight", {config.head_dim}});
            tensors.push_back({prefix + "self_attn.k_norm.weight", {config.head_dim}});
        }
        tensors.push_back({prefix + "post_attention_layernorm.weight", {hidden}});
    }
    tensors.push_back({kNorm, {hidden}});
    if (!config.tie_word_embeddings) {
        tensors.push_back({kLmHead, {config.vocab_size, hidden}});
    }
    return tensors;
}

bool is_projection(std::string_view name)
{
    const auto is_weight_of = [&](Target target) {
        return name.ends_with(
            concat('.', parent_module(target), '.', to_string(target), ".weight"));
    };
    return name.starts_with("model.layers.")
           && std::any_of(kAllTargets.begin(), kAllTargets.end(), is_weight_of);
}

void BaseModel::bind(const std::function<ConstTensorView(const std::string&)>& lookup)
{
    m_embed_tokens = lookup(kEmbedTokens);
    m_norm = lookup(kNorm);
    m_lm_head = m_config.tie_word_embeddings ? m_embed_tokens : lookup(kLmHead);
    m_layers.assign(static_cast<std::size_t>(m_config.num_layers), {});
    for (std::int64_t layer = 0; layer < m_config.num_layers; ++layer) {
        const std::string prefix = layer_prefix(layer);
        LayerWeights& weights = m_layers[static_cast<std::size_t>(layer)];
        weights.input_layernorm = lookup(prefix + "input_layernorm.weight");
        weights.post_attention_layernorm = lookup(prefix + "post_attention_layernorm.weight");
        weights.q_norm = lookup(prefix + "self_attn.q_norm.weight");
        weights.k_norm = lookup(prefix + "self_attn.k_norm.weight");
        for (const Target target : kAllTargets) {
            const std::string module = module_name(layer, target);
            weights.projections[index_of(target)] = {lookup(module + ".weight"),
                                                     lookup(module + ".bias")};
        }
    }
}

TensorView BaseModel::writable(const std::string& name)
{
    ENGINE_CHECK(m_trainable, "base model: ", name, " is not writable, the base is frozen");
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        if (m_tensors[i].name == name) {
            return m_owned[i].view(); // a trainable model owns every tensor, in the same order
        }
    }
    throw EngineError({ErrorCode::NotFound, concat("base model: no tensor ", name)});
}

std::int64_t BaseModel::owned_bytes() const
{
    std::int64_t bytes = 0;
    for (const Tensor& tensor : m_owned) {
        bytes += static_cast<std::int64_t>(tensor.view().bytes());
    }
    for (const QuantizedWeight& weight : m_quantized) {
        bytes += weight.bytes();
    }
    return bytes;
}

std::int64_t BaseModel::mapped_bytes() const
{
    std::int64_t bytes = 0;
    for (const NamedTensor& tensor : m_tensors) {
        bytes += static_cast<std::int64_t>(tensor.tensor.bytes());
    }
    for (const Tensor& tensor : m_owned) {
        bytes -= static_cast<std::int64_t>(tensor.view().bytes());
    }
    return bytes;
}

} // namespace engine
