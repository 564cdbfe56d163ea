// The two halves of a llama block, x + attention(norm(x)) and x + mlp(norm(x)), forward and
// backward.
#pragma once

#include <vector>

#include "engine/model/activations.h"
#include "engine/model/lora_linear.h"

namespace engine {

// Where each weight's gradient stands in FullGradients; -1: none.
struct LayerGradientIndex
{
    int input_layernorm = -1;
    int post_attention_layernorm = -1;
    int q_norm = -1;
    int k_norm = -1;
    PerTarget<int> weights = {};
    PerTarget<int> biases = {};
};

// The keys and values of one layer that generation has seen, [capacity, kv_heads * head_dim].
struct KvCacheLayer
{
    TensorView k;
    TensorView v;
};

// What every block of a pass sees.
struct PassContext
{
    Backend* backend = nullptr;
    const BaseModel* model = nullptr;
    const LoraAdapter* adapter = nullptr;
    const TrainPass* pass = nullptr;    // null: forward only
    const LoraConfig* layout = nullptr; // the adapter config that a sink's layers follow
    const std::vector<LayerGradientIndex>* gradient_index = nullptr;
    BlockScratch scratch;
    ConstTensorView positions;
    ConstTensorView offsets;
    ConstTensorView cos_table;
    ConstTensorView sin_table;
    std::int64_t n = 0;
    std::int64_t max_sequence_length = 0;
    float dropout = 0.0F;
    bool keep = false; // statistics for a backward are written

    [[nodiscard]] const ModelConfig& config() const { return model->config(); }

    [[nodiscard]] float eps() const { return static_cast<float>(config().rms_norm_eps); }

    [[nodiscard]] const LayerWeights& weights(std::int64_t layer) const
    {
        return model->layers()[static_cast<std::size_t>(layer)];
    }

    // The first n rows of a buffer.
    [[nodiscard]] TensorView rows(TensorView buffer) const { return buffer.rows(0, n); }

    [[nodiscard]] LoraLinear projection(std::int64_t layer, Target target) const;
    [[nodiscard]] TensorView h(const LayerActivations& kept, const LoraLinear& projection) const;

    [[nodiscard]] LoraScratch lora_scratch() const
    {
        return {.u = scratch.lora_u,
                .dropped = scratch.lora_dropped,
                .pair = scratch.lora_pair,
                .weights = scratch.base_weight};
    }

    // Whether a parameter of this projection gets a gradient in this pass.
    [[nodiscard]] bool trains(std::int64_t layer, Target target) const;
    [[nodiscard]] bool trains_any(std::int64_t layer, std::initializer_list<Target> targets) const;
    [[nodiscard]] LinearGradients gradients(std::int64_t layer, Target target) const;
    // The gradient buffer of a norm's weight; undefined unless everything trains.
    [[nodiscard]] TensorView norm_gradient(int LayerGradientIndex::*member,
                                           std::int64_t layer) const;

    [[nodiscard]] bool accumulate() const { return pass != nullptr && pass->accumulate; }
};

// A block's norm of x, in scratch; rstd may be undefined.
[[nodiscard]] ConstTensorView
block_norm(const PassContext& pass, ConstTensorView x, ConstTensorView weight, TensorView rstd);

// dx += the gradient through a block's norm, whose output has the gradient `dnorm`.
struct BlockNormBackward
{
    TensorView dnorm;
    ConstTensorView x;
    ConstTensorView weight;
    ConstTensorView rstd;
    TensorView dx;
    TensorView dweight; // undefined: frozen
};

void block_norm_backward(const PassContext& pass, const BlockNormBackward& norm);

// x_mid = x + o_proj(attention(norm(x))). x_mid may be x's own memory when nothing is kept. With a
// cache the new keys and values are appended at `cache_length` and the queries see all of it.
void attention_block_forward(const PassContext& pass,
                             std::int64_t layer,
                             const LayerActivations& kept,
                             ConstTensorView x,
                             TensorView x_mid,
                             const KvCacheLayer* cache = nullptr,
                             std::int64_t cache_length = 0);

// x_out = x_mid + down_proj(silu(gate) * up). x_out may be x_mid's memory when nothing is kept.
// x_out undefined: only what the backward needs is computed.
void mlp_block_forward(const PassContext& pass,
                       std::int64_t layer,
                       const LayerActivations& kept,
                       ConstTensorView x_mid,
                       TensorView x_out);

// dx is the gradient with respect to the block's output and becomes the one with respect to its
// input (untouched where nothing below needs it). gate's and up's memory is overwritten.
void mlp_block_backward(const PassContext& pass,
                        std::int64_t layer,
                        const LayerActivations& kept,
                        TensorView dx,
                        bool needs_dx);
void attention_block_backward(const PassContext& pass,
                              std::int64_t layer,
                              const LayerActivations& kept,
                              TensorView dx,
                              bool needs_dx);

} // namespace engine
