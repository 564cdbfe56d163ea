// The memory of a pass: what each block keeps for its backward, and the scratch that all share.
// carve_activations() lays it out from an arena; a measuring arena gives the exact bytes.
#pragma once

#include <array>
#include <vector>

#include "engine/model/adapter_room.h"
#include "engine/model/transformer.h"
#include "engine/ops/attention.h"

namespace engine {

// What one block keeps. The norms' outputs and silu(gate) * up are recomputed from these.
struct LayerActivations
{
    TensorView x;         // [n, hidden]; the block's input
    TensorView rstd;      // [n]; of input_layernorm, f32
    TensorView q;         // [n, heads * head_dim]; after rope, or before q_norm where there is one
    TensorView k;         // [n, kv_heads * head_dim]; likewise
    TensorView v;         // [n, kv_heads * head_dim]
    TensorView q_rstd;    // [n * heads]; of q_norm, f32
    TensorView k_rstd;    // [n * kv_heads]
    TensorView attention; // [n, heads * head_dim]; before o_proj
    TensorView lse;       // [heads * n], f32
    TensorView x_mid;     // [n, hidden]; after the attention's residual
    TensorView mid_rstd;  // [n]; of post_attention_layernorm, f32
    TensorView gate;      // [n, intermediate]
    TensorView up;        // [n, intermediate]
    // A drop(x) of each adapted projection: the targets with the same input share a buffer of
    // [n * their ranks], see PassContext::h.
    PerTarget<TensorView> h;
};

// Overwritten by every block.
struct BlockScratch
{
    TensorView norm;                // [n, hidden]; a norm's output, recomputed in backward
    TensorView mlp_hidden;          // [n, intermediate]; silu(gate) * up, then its gradient
    TensorView attention_workspace; // f32
    TensorView dnorm;               // [n, hidden]
    TensorView dattention;          // [n, heads * head_dim]
    TensorView dq;                  // [n, heads * head_dim]
    TensorView dk;                  // [n, kv_heads * head_dim]
    TensorView dv;                  // [n, kv_heads * head_dim]
    TensorView q_rotated;           // [n, heads * head_dim]; with q_norm only
    TensorView k_rotated;           // [n, kv_heads * head_dim]; with k_norm only
    TensorView lora_u;              // [n * largest group's rank]; twice with a frozen pair
    TensorView lora_h;              // [n * largest group's rank]; where a layer keeps nothing
    TensorView lora_dropped;        // [n * largest in_features]; with dropout only
    TensorView lora_pair;           // what a frozen pair makes of A and B (lora_group.h)
    // The largest matrix, dequantised; with a quantised base only, one or two that take turns.
    std::array<TensorView, 2> base_weight;
    TensorView weight_gradient; // f32, the largest targeted matrix; for a sink
};

// The head works on the rows that have a label, and on their logits a chunk at a time.
struct HeadScratch
{
    TensorView x;            // [targets, hidden]
    TensorView norm;         // [targets, hidden]
    TensorView rstd;         // [targets], f32
    TensorView dnorm;        // [targets, hidden]
    TensorView logits;       // [chunk, vocab], f32
    TensorView dlogits_copy; // [chunk, vocab], bf16; in bf16 only
    TensorView losses;       // [targets], f32; not shared: it outlives the head
};

// The micro-batch on the device.
struct BatchTensors
{
    TensorView tokens;       // [n], i32
    TensorView positions;    // [n], i32
    TensorView offsets;      // [sequences + 1], i32
    TensorView targets;      // [targets], i32: the rows that have a label
    TensorView labels;       // [targets], i32
    TensorView loss_weights; // [targets], f32
};

struct Activations
{
    std::vector<LayerActivations> layers; // views of `shared` where a layer keeps nothing
    LayerActivations shared;              // what a layer that keeps nothing works in
    TensorView residual;                  // [n, hidden]; x below the kept layers, then its gradient
    BlockScratch block;
    HeadScratch head;
    BatchTensors batch;
    TensorView cos_table; // [max_sequence_length, head_dim / 2], f32
    TensorView sin_table;
};

// What decides the layout.
struct ActivationLayout
{
    const ModelConfig* config = nullptr;
    DType dtype = DType::F32;
    TransformerLimits limits;
    const LoraConfig* lora = nullptr; // null: no adapter trains

    // Whether a block's activations stay until its backward; else it is run again.
    [[nodiscard]] bool keeps_block(std::int64_t layer) const;
    // The lowest layer with something to train; num_layers when nothing does.
    [[nodiscard]] std::int64_t lowest_layer() const;
    // Of the adapted targets with the same input together.
    [[nodiscard]] std::int64_t group_rank(std::int64_t layer, Target target) const;
    [[nodiscard]] AdapterRoom adapter_room() const;
    // Rows of logits in memory.
    [[nodiscard]] std::int64_t logits_chunk(const Backend& backend) const;
};

[[nodiscard]] ops::AttentionShape attention_shape(const ModelConfig& config, std::int64_t layer);

[[nodiscard]] Activations
carve_activations(Backend& backend, const ActivationLayout& layout, Arena& arena);

} // namespace engine
