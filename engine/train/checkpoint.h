// A checkpoint: everything a run needs to go on bit for bit, in a folder that is whole or absent.
//
// adapter.safetensors (or model.safetensors) holds the float32 masters and, for LoRA-GA, the frozen
// pairs; optimizer.safetensors holds the moments; state.json holds the counters and the SHA-256 of
// the two files. The trainer adds adapter/ (PEFT), the same adapter for other programs, which a
// resume does not read. Data order and dropout are functions of (seed, step), so the counters are
// their state too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/tensor/backend.h"
#include "engine/train/optimizer.h"
#include "engine/train/run_folder.h"

namespace engine {

// The counters of a run.
struct RunProgress
{
    std::int64_t step = 0;        // finished optimizer steps
    std::int64_t tokens = 0;      // trained on
    double seconds = 0.0;         // spent in steps
    double best_eval_loss = -1.0; // negative: none yet
    std::int64_t best_step = -1;
    std::int64_t evals_without_improvement = 0;
    bool eval_pending = false;         // a stop came during the evaluation of this step
    std::vector<double> recent_losses; // of the last steps, oldest first

    [[nodiscard]] Json to_json() const;
    [[nodiscard]] static Result<RunProgress> from_json(const Json& json, std::string_view what);
};

// What a checkpoint stores besides the counters. `frozen` (init pairs) are written once and read
// back, never trained.
struct CheckpointTensors
{
    struct Frozen
    {
        std::string name;
        TensorView value;
    };

    std::vector<Optimizer::Slot> slots;
    std::vector<Frozen> frozen;
    Method method = Method::Lora;
    std::uint64_t seed = 0;
};

// Writes checkpoints/step-N through a temporary folder; every file is synced before the folder gets
// its name. A checkpoint of that step that exists already is kept. Errors: Io.
[[nodiscard]] Result<void> save_checkpoint(Backend& backend,
                                           const RunFolder& folder,
                                           const CheckpointTensors& tensors,
                                           const RunProgress& progress);

// Reads the files into the tensors' memory. Checksums, names, shapes and the seed are checked
// before anything is written. Errors: NotFound, Io, Format.
[[nodiscard]] Result<RunProgress> load_checkpoint(Backend& backend,
                                                  const std::filesystem::path& checkpoint,
                                                  const CheckpointTensors& tensors);

// The counters alone, with the checksums of the files checked.
[[nodiscard]] Result<RunProgress> read_progress(const std::filesystem::path& checkpoint);

} // namespace engine
