// The frozen weights of a base model: memory-mapped where the dtype allows, else converted once.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/io/safetensors.h"
#include "engine/model/model_config.h"
#include "engine/model/quantize.h"
#include "engine/tensor/backend.h"

namespace engine {

struct LinearWeights
{
    ConstTensorView weight;              // [out_features, in_features]; undefined when quantised
    ConstTensorView bias = {};           // [out_features] or undefined
    ops::QuantizedMatrix quantized = {}; // defined instead of weight

    [[nodiscard]] const Shape& shape() const
    {
        return quantized.defined() ? quantized.shape : weight.shape();
    }
};

// The weight as it lies; a quantised one is dequantised into `room`, which becomes a tensor of
// `dtype` for it. Throws EngineError when there is no memory.
[[nodiscard]] ConstTensorView
whole_weight(Backend& backend, const LinearWeights& weights, DType dtype, Tensor& room);

struct LayerWeights
{
    ConstTensorView input_layernorm;          // [hidden]
    ConstTensorView post_attention_layernorm; // [hidden]; the norm before the MLP
    ConstTensorView q_norm = {};              // [head_dim], qwen3
    ConstTensorView k_norm = {};
    PerTarget<LinearWeights> projections;

    [[nodiscard]] const LinearWeights& operator[](Target target) const
    {
        return projections[index_of(target)];
    }
};

struct LoadOptions
{
    DType dtype = DType::F32; // what weights compute in: F32 or BF16
    bool trainable = false;   // own writable float32 copies (--method full)
    // How the projections of the blocks are kept; embeddings, head, norms and biases stay in dtype.
    ops::QuantType base_quant = ops::QuantType::None;
    std::function<void(double fraction)> progress = {};
    StopToken stop = {};
};

class BaseModel
{
public:
    // Checks every tensor's name, shape and dtype against config.json first; names what is missing,
    // extra or of the wrong shape. Errors: NotFound, Io, Format, InvalidConfig, Unsupported,
    // OutOfHostMemory, Cancelled.
    [[nodiscard]] static Result<BaseModel>
    load(Backend& backend, const std::filesystem::path& folder, const LoadOptions& options = {});

    // Random weights (normal, initializer_range 0.02; norms 1; biases 0), trainable in float32: for
    // training a base from nothing and for tests.
    [[nodiscard]] static BaseModel random(Backend& backend,
                                          const ModelConfig& config,
                                          std::uint64_t seed,
                                          DType dtype = DType::F32);

    [[nodiscard]] const ModelConfig& config() const { return m_config; }

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }

    [[nodiscard]] DType dtype() const { return m_dtype; }

    [[nodiscard]] bool trainable() const { return m_trainable; }

    [[nodiscard]] ops::QuantType base_quant() const { return m_base_quant; }

    [[nodiscard]] ConstTensorView embed_tokens() const { return m_embed_tokens; } // [vocab, hidden]

    [[nodiscard]] ConstTensorView norm() const { return m_norm; } // [hidden]

    [[nodiscard]] ConstTensorView lm_head() const { return m_lm_head; } // embed_tokens when tied

    [[nodiscard]] const std::vector<LayerWeights>& layers() const { return m_layers; }

    // Every weight that is not quantised by its Hugging Face name, in a fixed order; the views are
    // writable only when trainable().
    struct NamedTensor
    {
        std::string name;
        ConstTensorView tensor;
    };

    [[nodiscard]] const std::vector<NamedTensor>& tensors() const { return m_tensors; }

    // The writable view of a weight. Throws EngineError when the model is not trainable.
    [[nodiscard]] TensorView writable(const std::string& name);

    // Bytes of owned memory, and bytes used in place from the file maps.
    [[nodiscard]] std::int64_t owned_bytes() const;
    [[nodiscard]] std::int64_t mapped_bytes() const;

private:
    friend class BaseModelLoader;
    void bind(const std::function<ConstTensorView(const std::string&)>& lookup);

    ModelConfig m_config;
    std::filesystem::path m_folder;
    DType m_dtype = DType::F32;
    bool m_trainable = false;
    std::unique_ptr<SafetensorsFolder> m_files; // keeps the maps alive
    std::vector<Tensor> m_owned;
    ops::QuantType m_base_quant = ops::QuantType::None;
    std::vector<QuantizedWeight> m_quantized;
    std::optional<QuantMaps> m_quant_maps;
    std::vector<NamedTensor> m_tensors;
    ConstTensorView m_embed_tokens;
    ConstTensorView m_norm;
    ConstTensorView m_lm_head;
    std::vector<LayerWeights> m_layers;
};

// The names and shapes that a model of this config has, in the order of BaseModel::tensors().
struct ExpectedTensor
{
    std::string name;
    Shape shape;
    bool projection = false; // a block's matrix: what base_quant applies to
};

[[nodiscard]] std::vector<ExpectedTensor> expected_tensors(const ModelConfig& config);

// Names, shapes and dtypes of the files' weights against the config, as BaseModel::load checks
// them; `what` begins the message. Errors: Format, Unsupported.
[[nodiscard]] Result<void>
check_weights(const SafetensorsFolder& files, ModelConfig config, const std::string& what);

// Whether a tensor of this name is a block's matrix.
[[nodiscard]] bool is_projection(std::string_view name);

} // namespace engine
