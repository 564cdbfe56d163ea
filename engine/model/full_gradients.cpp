// Hugging Face names to positions in BaseModel::tensors().
#include "engine/model/full_gradients.h"

#include <map>

#include "engine/model/weight_names.h"

namespace engine {

FullGradientIndex::FullGradientIndex(const BaseModel& model)
{
    std::map<std::string, int> by_name;
    for (const BaseModel::NamedTensor& tensor : model.tensors()) {
        by_name.emplace(tensor.name, static_cast<int>(by_name.size()));
    }
    const auto find = [&](const std::string& name) {
        const auto found = by_name.find(name);
        return found == by_name.end() ? -1 : found->second;
    };
    embed_tokens = find(kEmbedTokens);
    norm = find(kNorm);
    lm_head = model.config().tie_word_embeddings ? embed_tokens : find(kLmHead);
    for (std::int64_t layer = 0; layer < model.config().num_layers; ++layer) {
        const std::string prefix = concat("model.layers.", layer, ".");
        LayerGradientIndex& index = layers.emplace_back();
        index.input_layernorm = find(prefix + "input_layernorm.weight");
        index.post_attention_layernorm = find(prefix + "post_attention_layernorm.weight");
        index.q_norm = find(prefix + "self_attn.q_norm.weight");
        index.k_norm = find(prefix + "self_attn.k_norm.weight");
        for (const Target target : kAllTargets) {
            const std::string module =
                concat(prefix, parent_module(target), ".", to_string(target), ".");
            index.weights[index_of(target)] = find(module + "weight");
            index.biases[index_of(target)] = find(module + "bias");
        }
    }
}

} // namespace engine
