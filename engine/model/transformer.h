// The llama stack: embeddings, blocks, final norm, loss; explicit forward and backward without a
// tape. Weight gradients are computed only where something trains; activations are kept only where
// the backward needs them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"
#include "engine/ops/dropout.h"
#include "engine/tensor/arena.h"

namespace engine {

// One micro-batch: sequences one after the other without padding. Sequence s is tokens
// [offsets[s], offsets[s + 1]); its positions start at 0; it never sees its neighbour.
// labels[i] is the token that position i should predict (already shifted), or -1 when masked.
// weights[i] is the factor of that position's loss in the total (0 where masked).
struct MicroBatch
{
    std::vector<std::int32_t> tokens;
    std::vector<std::int32_t> labels;
    std::vector<float> weights;
    std::vector<std::int32_t> positions;
    std::vector<std::int32_t> offsets; // sequences + 1

    [[nodiscard]] std::int64_t num_tokens() const
    {
        return static_cast<std::int64_t>(tokens.size());
    }

    [[nodiscard]] std::int64_t num_targets() const; // labels that are not masked
    [[nodiscard]] std::int64_t max_sequence_length() const;
};

// Gradients of one adapter's A and B, float32, in the order of LoraAdapter::matrices().
struct LoraGradients
{
    struct Pair
    {
        Tensor lora_a;
        Tensor lora_b;
    };

    std::vector<Tensor> stacks; // what the pairs' lora_a are parts of, as the adapter's A's are
    std::vector<Pair> pairs;

    LoraGradients(Backend& backend, const LoraAdapter& adapter);
};

// Called once per targeted matrix during a backward pass with dL/dW, float32 [out, in], as soon as
// it is known; the memory is reused when the call returns (LoRA-GA's initialisation).
using WeightGradientSink =
    std::function<void(std::int64_t layer, Target target, ConstTensorView gradient)>;

// Float32 gradients of every base weight by name (--method full), in the order of
// BaseModel::tensors().
using FullGradients = std::vector<Tensor>;

enum class Checkpointing {
    None,
    PerLayer
}; // PerLayer keeps each block's input and recomputes the rest

// What a pass computes. Exactly one of gradients, full_gradients, sink, or none (loss only).
struct TrainPass
{
    const LoraAdapter* adapter = nullptr;
    LoraGradients* gradients = nullptr;
    bool accumulate = false; // add to the gradients instead of overwriting them
    FullGradients* full_gradients = nullptr;
    const WeightGradientSink* sink = nullptr;
    std::span<const Target> sink_targets = {};
    std::uint64_t dropout_seed = 0;
    std::uint64_t dropout_stream =
        0; // of this micro-batch; streams dropout_stream + matrix index are used
};

struct TransformerLimits
{
    std::int64_t max_tokens = 0;  // of a micro-batch
    std::int64_t max_targets = 0; // tokens of it that have a label; 0: any number
    std::int64_t max_sequence_length = 0;
    bool backward = true;
    bool full = false; // weight gradients of everything
    bool weight_sink = false;
    bool frozen_pair = false;    // room for LoRA-GA's; without it the first pass asks for more
    bool quantized_base = false; // room for one dequantised matrix; the model itself decides
    Checkpointing checkpointing = Checkpointing::None;
    // With PerLayer: so many of the highest blocks keep their activations all the same.
    std::int64_t kept_layers = 0;

    // Rows the head has room for.
    [[nodiscard]] std::int64_t head_rows() const
    {
        return max_targets > 0 ? max_targets : max_tokens;
    }
};

class Transformer
{
public:
    // Both must outlive the transformer. `adapter_for_layout` (may be null) decides which
    // activations are kept. One arena is allocated, of arena_bytes(...). Throws EngineError when
    // there is no room.
    Transformer(Backend& backend,
                const BaseModel& model,
                const TransformerLimits& limits,
                const LoraConfig* adapter_for_layout);
    Transformer(Transformer&&) noexcept;
    ~Transformer();

    // Loss = sum over positions of weights[i] * nll[i]; gradients as `pass` says. No heap
    // allocation after the first call of a shape. Throws EngineError.
    double run(const MicroBatch& batch, const TrainPass& pass);

    // The same without waiting for the device: the loss is in `loss` (f32 [1] on the device) when
    // its work is done. last_losses() is empty until the next run.
    void queue(const MicroBatch& batch, const TrainPass& pass, TensorView loss);

    // Negative log-likelihood of every unmasked position of the last run, in order of position.
    [[nodiscard]] std::span<const float> last_losses() const;

    // Logits of the given positions, float32 [positions, vocab], into host memory; forward only.
    void logits(const MicroBatch& batch,
                const LoraAdapter* adapter,
                std::span<const std::int32_t> positions,
                std::span<float> logits);

    // Bytes of the arena that these limits need, without building anything: the memory estimate's
    // largest term.
    [[nodiscard]] static std::int64_t arena_bytes(Backend& backend,
                                                  const ModelConfig& config,
                                                  DType dtype,
                                                  const TransformerLimits& limits,
                                                  const LoraConfig* adapter);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace engine
