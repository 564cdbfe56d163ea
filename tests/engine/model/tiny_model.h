// A random llama small enough to run hundreds of times, and micro-batches for it.
#pragma once

#include <cmath>
#include <initializer_list>
#include <vector>

#include "engine/core/random.h"
#include "engine/model/transformer.h"
#include "engine/ops/elementwise.h"

namespace tests {

inline engine::ModelConfig tiny_config()
{
    engine::ModelConfig config;
    config.model_type = "llama";
    config.hidden_size = 32;
    config.intermediate_size = 56;
    config.num_layers = 3;
    config.num_heads = 4;
    config.num_kv_heads = 2;
    config.head_dim = 8;
    config.vocab_size = 50;
    config.max_position_embeddings = 128;
    config.rms_norm_eps = 1e-5;
    config.tie_word_embeddings = true;
    config.sliding_window.assign(3, 0);
    return config;
}

// BaseModel::random is nearly linear with its small weights; these are large enough that every
// nonlinearity matters.
inline engine::BaseModel
tiny_model(engine::Backend& backend, const engine::ModelConfig& config, std::uint64_t seed = 1)
{
    engine::BaseModel model = engine::BaseModel::random(backend, config, seed);
    for (const auto& named : model.tensors()) {
        const engine::TensorView tensor = model.writable(named.name);
        if (tensor.shape().rank() == 2) {
            const auto width = static_cast<float>(tensor.size(1));
            engine::ops::scale(backend, tensor, 50.0F / std::sqrt(width));
        }
    }
    return model;
}

// Random tokens; label i is token i + 1, masked in the first `masked` positions of each sequence
// and at its end. Every target weighs `weight`, 0 meaning 1 / targets.
inline engine::MicroBatch random_batch(std::initializer_list<int> lengths,
                                       std::int64_t vocab_size,
                                       std::uint64_t seed,
                                       int masked = 0,
                                       float weight = 0.0F)
{
    engine::MicroBatch batch;
    engine::Random random(seed, 99);
    batch.offsets.push_back(0);
    for (const int length : lengths) {
        const std::size_t begin = batch.tokens.size();
        for (int i = 0; i < length; ++i) {
            batch.tokens.push_back(
                static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(vocab_size))));
            batch.positions.push_back(i);
        }
        for (int i = 0; i < length; ++i) {
            const auto next = begin + static_cast<std::size_t>(i) + 1;
            batch.labels.push_back(i + 1 < length && i >= masked ? batch.tokens[next] : -1);
        }
        batch.offsets.push_back(static_cast<std::int32_t>(batch.tokens.size()));
    }
    const float each = weight > 0.0F ? weight : 1.0F / static_cast<float>(batch.num_targets());
    for (const std::int32_t label : batch.labels) {
        batch.weights.push_back(label < 0 ? 0.0F : each);
    }
    return batch;
}

// Sequence s of a batch alone, with its labels and weights.
inline engine::MicroBatch sequence_of(const engine::MicroBatch& batch, std::size_t s)
{
    engine::MicroBatch one;
    const auto begin = batch.offsets[s];
    const auto end = batch.offsets[s + 1];
    one.tokens.assign(batch.tokens.begin() + begin, batch.tokens.begin() + end);
    one.labels.assign(batch.labels.begin() + begin, batch.labels.begin() + end);
    one.weights.assign(batch.weights.begin() + begin, batch.weights.begin() + end);
    one.positions.assign(batch.positions.begin() + begin, batch.positions.begin() + end);
    one.offsets = {0, end - begin};
    return one;
}

// An adapter whose A and B are both random and not small.
inline engine::LoraAdapter random_adapter(engine::Backend& backend,
                                          const engine::ModelConfig& model,
                                          const engine::LoraConfig& config,
                                          std::uint64_t seed,
                                          engine::DType dtype = engine::DType::F32)
{
    engine::LoraAdapter adapter(backend, model, config, dtype);
    adapter.initialize(engine::LoraInit::Lora, seed);
    for (engine::LoraMatrix& matrix : adapter.matrices()) {
        engine::Random random(
            seed, static_cast<std::uint64_t>(matrix.layer) * 7 + engine::index_of(matrix.target));
        std::vector<float> values(static_cast<std::size_t>(matrix.lora_b.numel()));
        for (float& value : values) {
            value = static_cast<float>(0.2 * random.normal());
        }
        backend.upload(values.data(), matrix.lora_b);
    }
    adapter.refresh_copies();
    return adapter;
}

inline engine::TransformerLimits limits_for(const engine::MicroBatch& batch)
{
    return {.max_tokens = batch.num_tokens(), .max_sequence_length = batch.max_sequence_length()};
}

} // namespace tests
