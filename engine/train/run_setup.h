// Everything a run needs before its first step, made from its settings; the estimate command uses
// the first half.
#pragma once

#include <memory>
#include <optional>

#include "engine/tensor/backend.h"
#include "engine/train/memory_estimate.h"
#include "engine/train/run_inputs.h"
#include "engine/train/trainer.h"
#include "engine/train/training_state.h"

namespace engine {

// Settings resolved and memory estimated; no weight is loaded yet.
struct RunPlan
{
    std::unique_ptr<Backend> backend;
    std::string device_note;              // ChosenDevice's
    std::optional<RunInputs> inputs;      // its training examples moved into the loader
    std::vector<MicroBatch> init_batches; // what LoRA-GA looks at
    std::optional<BatchLoader> loader;
    std::vector<BatchExtent> eval_rows; // of each row of the evaluation, in its order
    BaseFootprint footprint;
    DeviceMemory memory;               // with tokenizer and data loaded, and no weight yet
    std::int64_t sample_positions = 0; // see EstimateInputs
    MemoryEstimate estimate;
};

struct RunSetup : RunPlan
{
    std::unique_ptr<TrainingState> state; // base loaded, adapter initialised by PEFT's rule
};

// The most that a micro-batch of the run, or of its evaluation, holds with these settings.
[[nodiscard]] BatchExtent batch_extent(const TrainConfig& config, RunPlan& plan);

// Reads the model's config, tokenizer and data and resolves `config` in place. Errors: those of
// load_run_inputs, choose_device, InvalidConfig.
[[nodiscard]] Result<RunPlan> plan_run(TrainConfig& config, StopToken stop, const EventSink& sink);

// The plan, then the base's weights. Where the plan does not fit the memory of a GPU, the
// micro-batch becomes smaller and a warning says so. Errors: the above, OutOfHostMemory or
// OutOfDeviceMemory when the plan does not fit, and those of BaseModel::load.
[[nodiscard]] Result<RunSetup>
prepare_run(TrainConfig& config, StopToken stop, const EventSink& sink);

} // namespace engine
