// Bytes a run will need, term by term, and the micro-batch that fits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/batch_loader.h"
#include "engine/model/model_config.h"
#include "engine/model/transformer.h"
#include "engine/train/train_config.h"

namespace engine {

struct MemoryTerm
{
    // "baseline" (program, libraries, tokenizer and encoded data: measured, not computed; and the
    // matrix products' own memory),
    // "base_weights", "adapter", "gradients", "optimizer", "activations", "samples",
    // "initialization" (what LoRA-GA needs beyond the others), "loading" (likewise reading data).
    std::string name;
    std::int64_t bytes = 0;
};

struct MemoryEstimate
{
    std::vector<MemoryTerm> terms;
    std::int64_t total_bytes = 0;     // the peak of the device's memory (DeviceMemory)
    std::int64_t available_bytes = 0; // what the process may use in all: free memory and its own
    bool fits = false;                // total_bytes, mapped weights and all, within available_bytes
    std::int64_t over_activation_budget = 0; // bytes that even recomputing every block leaves
};

// What a person should know of a budget that cannot be kept.
[[nodiscard]] std::optional<TrainConfig::FieldError> budget_warning(const TrainConfig& config,
                                                                    const MemoryEstimate& estimate);

// Bytes of the base's weights when loaded for `config`: copies that the process owns, and pages of
// the files that are used in place. Reads the files' headers only. Errors: those of
// SafetensorsFolder::open.
struct BaseFootprint
{
    std::int64_t owned_bytes = 0;
    std::int64_t mapped_bytes = 0;
};

[[nodiscard]] Result<BaseFootprint> base_footprint(const Backend& backend,
                                                   const std::filesystem::path& folder,
                                                   const TrainConfig& config);

struct EstimateInputs
{
    const ModelConfig* model = nullptr;
    BaseFootprint base;
    DeviceMemory memory; // with tokenizer and data loaded
    // The most that a micro-batch of the config's micro_batch_size and grad_accum_steps holds.
    std::function<BatchExtent(const TrainConfig& config)> extent;
    BatchExtent init_extent = {};      // of LoRA-GA's batches
    std::int64_t sample_positions = 0; // of the longest answer while training, with its prompt
};

// The layout of the run's transformer for micro-batches that hold at most `extent`.
[[nodiscard]] TransformerLimits training_limits(Backend& backend,
                                                const TrainConfig& config,
                                                const ModelConfig& model,
                                                const BatchExtent& extent);

// LoRA-GA's pass over its batches, one after the other.
[[nodiscard]] TransformerLimits initialization_limits(const TrainConfig& config,
                                                      const BatchExtent& extent);

// `config` has seq_len, micro_batch_size and grad_accum_steps chosen.
[[nodiscard]] MemoryEstimate
estimate_memory(Backend& backend, const TrainConfig& config, const EstimateInputs& inputs);

// Chooses micro_batch_size and grad_accum_steps where the config leaves them open: an effective
// batch of 16 rows, in the largest power of two of rows that fits the memory and holds at most 8192
// tokens (more buys no speed on a CPU). Returns the estimate of the choice; it may not fit even
// with one row.
[[nodiscard]] MemoryEstimate
choose_micro_batch(Backend& backend, TrainConfig& config, const EstimateInputs& inputs);

// When memory runs out: the largest smaller micro-batch with which a step keeps its rows (half,
// where it is even), and as many more of them. False when it is one row already.
[[nodiscard]] bool take_smaller_micro_batch(TrainConfig& config);

// "micro_batch_size 16 -> 8, grad_accum_steps 1 -> 2".
[[nodiscard]] std::string batch_change(const TrainConfig& before, const TrainConfig& after);

// "needs 3.1 GiB, 2.0 GiB are free; try micro_batch_size 4 -> 1".
[[nodiscard]] Error
does_not_fit(const Device& device, const TrainConfig& config, const MemoryEstimate& estimate);

} // namespace engine
