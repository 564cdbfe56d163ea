// What trains: the base, the adapter (or the base's own weights), gradients, optimizer and the
// transformer that computes them, behind one face for both methods.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "engine/core/cancellation.h"
#include "engine/data/batch_loader.h"
#include "engine/model/transformer.h"
#include "engine/train/checkpoint.h"
#include "engine/train/optimizer.h"

namespace engine {

class TrainingState
{
public:
    using Progress = std::function<void(double fraction)>;

    // Loads the base and prepares the adapter by PEFT's init; LoRA-GA follows with
    // initialize_lora_ga(). Errors: those of BaseModel::load.
    [[nodiscard]] static Result<std::unique_ptr<TrainingState>>
    create(Backend& backend, const TrainConfig& config, const Progress& progress, StopToken stop);
    TrainingState(const TrainingState&) = delete;
    TrainingState& operator=(const TrainingState&) = delete;

    // `batches`: the first rows of the data. Errors: Cancelled, InvalidArgument.
    [[nodiscard]] Result<LoraGaReport> initialize_lora_ga(std::span<const MicroBatch> batches,
                                                          const Progress& progress,
                                                          StopToken stop);

    // Makes room for LoRA-GA's frozen pairs, whose values a checkpoint brings.
    void expect_frozen_pairs();

    // Allocates gradients and moments, after the adapter has its frozen pairs.
    void prepare_optimizer();

    // Allocates activations for micro-batches that hold at most `extent`, in place of those there
    // were. Call it last before training, and again when micro_batch_size changes. Throws
    // EngineError OutOfHostMemory or OutOfDeviceMemory; then there are none.
    void make_activations(const TrainConfig& config, const BatchExtent& extent);

    // Queues loss and gradients of a step's micro-batch number `place`, from 0, which overwrites
    // the gradients. `index` counts micro-batches over the whole run and chooses the dropout masks.
    void queue(const MicroBatch& batch, std::int64_t place, std::int64_t index);

    // Queues what ends a step of `micro_batches`; `step` counts from 1. Nothing changes when a loss
    // or the gradients' norm is not finite. The next step's micro-batches may be queued before this
    // one's numbers are read.
    void queue_update(double learning_rate, std::int64_t step, std::int64_t micro_batches);

    struct StepNumbers
    {
        double loss = 0.0;
        double grad_norm = 0.0; // before clipping
    };

    // Waits for the update that was queued last: the only time in a step.
    [[nodiscard]] StepNumbers read_step();

    [[nodiscard]] Backend& backend() { return m_backend; }

    [[nodiscard]] const BaseModel& base() const { return m_base; }

    [[nodiscard]] const LoraAdapter* adapter() const { return m_adapter ? &*m_adapter : nullptr; }

    [[nodiscard]] Transformer& transformer() { return *m_transformer; }

    [[nodiscard]] CheckpointTensors checkpoint_tensors();

    // After a checkpoint was read into the masters.
    void refresh_copies();

    [[nodiscard]] std::int64_t trainable_parameters() const;

    // Writes the PEFT folder, or with --method full the Hugging Face folder; replaces an older one.
    [[nodiscard]] Result<void> save_result(const std::filesystem::path& folder);

private:
    TrainingState(Backend& backend, const TrainConfig& config, BaseModel base);

    Backend& m_backend;
    TrainConfig m_config;
    BaseModel m_base;
    std::optional<LoraAdapter> m_adapter;
    std::optional<LoraGradients> m_gradients;
    FullGradients m_full_gradients;
    std::optional<Transformer> m_transformer;
    std::optional<Optimizer> m_optimizer;
    Tensor m_numbers;              // f32: grad_norm, grad_scale, then each micro-batch's loss
    std::vector<float> m_read;     // the same, here
    std::int64_t m_num_losses = 0; // of the last step
};

} // namespace engine
