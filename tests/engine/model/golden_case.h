// One folder of tests/data/golden: the base, its adapter, and what PyTorch, transformers and PEFT
// computed with them. One file because it reads one folder.
#pragma once

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "engine/core/json.h"
#include "engine/io/safetensors.h"
#include "engine/model/transformer.h"
#include "tests/engine/model/compare.h"
#include "tests/support/test_data.h"
#include "tests/support/test_device.h"

namespace tests {

inline const std::vector<std::string>& golden_cases()
{
    static const std::vector<std::string> names = {"llama3",
                                                   "llama_tied",
                                                   "mistral",
                                                   "qwen2",
                                                   "qwen3",
                                                   "llama_bias",
                                                   "llama_linear",
                                                   "qwen2_window",
                                                   "qwen3_window",
                                                   "qwen2_yarn"};
    return names;
}

// A micro-batch from {"tokens", "labels", "offsets"}; every target weighs 1 / `targets`.
inline engine::MicroBatch micro_batch(const engine::Json& json, double targets)
{
    engine::MicroBatch batch;
    batch.tokens = json.at("tokens").get<std::vector<std::int32_t>>();
    batch.labels = json.at("labels").get<std::vector<std::int32_t>>();
    batch.offsets = json.at("offsets").get<std::vector<std::int32_t>>();
    for (std::size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
        for (std::int32_t i = batch.offsets[s]; i < batch.offsets[s + 1]; ++i) {
            batch.positions.push_back(i - batch.offsets[s]);
        }
    }
    for (const std::int32_t label : batch.labels) {
        batch.weights.push_back(label < 0 ? 0.0F : static_cast<float>(1.0 / targets));
    }
    return batch;
}

// The same with the mean over its own targets as loss.
inline engine::MicroBatch micro_batch(const engine::Json& json)
{
    const engine::MicroBatch counted = micro_batch(json, 1.0);
    return micro_batch(json, static_cast<double>(counted.num_targets()));
}

inline std::vector<float> floats_of(const engine::SafetensorsEntry& entry)
{
    std::vector<float> values(static_cast<std::size_t>(entry.numel()));
    std::memcpy(values.data(), entry.bytes.data(), values.size() * sizeof(float));
    return values;
}

struct GoldenCase
{
    std::filesystem::path folder;
    engine::Json json;
    engine::SafetensorsFile tensors;

    explicit GoldenCase(const std::string& name)
        : folder(test_data() / "golden" / name)
        , json(engine::value_or_throw(engine::read_json_file(folder / "golden.json")))
        , tensors(
              engine::value_or_throw(engine::SafetensorsFile::open(folder / "golden.safetensors")))
    {}

    [[nodiscard]] std::vector<float> floats(const std::string& name) const
    {
        const engine::SafetensorsEntry* entry = tensors.find(name);
        if (entry == nullptr) {
            throw std::runtime_error("golden: no tensor " + name);
        }
        return floats_of(*entry);
    }

    [[nodiscard]] engine::MicroBatch batch() const { return micro_batch(json.at("batch")); }

    [[nodiscard]] engine::BaseModel load(engine::Backend& backend,
                                         const engine::LoadOptions& options = {}) const
    {
        return engine::value_or_throw(engine::BaseModel::load(backend, folder, options));
    }

    [[nodiscard]] engine::LoraAdapter load_adapter(engine::Backend& backend,
                                                   const engine::BaseModel& model) const
    {
        return engine::value_or_throw(
            engine::load_adapter(backend, model.config(), folder / "adapter", model.dtype()));
    }
};

inline std::vector<float> floats_of(const engine::Tensor& tensor)
{
    return lowrank_test::floats_on(tensor);
}

inline std::string lora_key(const engine::LoraMatrix& matrix, const std::string& letter)
{
    return engine::concat("base_model.model.model.layers.",
                          matrix.layer,
                          ".",
                          engine::parent_module(matrix.target),
                          ".",
                          engine::to_string(matrix.target),
                          ".lora_",
                          letter,
                          ".weight");
}

// Logits of every position.
inline std::vector<float> all_logits(engine::Transformer& transformer,
                                     const engine::BaseModel& model,
                                     const engine::MicroBatch& batch,
                                     const engine::LoraAdapter* adapter)
{
    std::vector<std::int32_t> positions(batch.tokens.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
        positions[i] = static_cast<std::int32_t>(i);
    }
    std::vector<float> logits(positions.size()
                              * static_cast<std::size_t>(model.config().vocab_size));
    transformer.logits(batch, adapter, positions, logits);
    return logits;
}

} // namespace tests
