// A run from its folder to its result: prepare, step, watch, keep.
#pragma once

#include <filesystem>
#include <functional>

#include "engine/core/error.h"
#include "engine/train/run_control.h"
#include "engine/train/train_config.h"
#include "engine/train/train_event.h"

namespace engine {

using EventSink = std::function<void(const TrainEvent&)>;

// Trains what <run_dir>/run.json says. Every choice is resolved and written back before the first
// step. Refused when the folder holds a run already. Events go to `sink` on the calling thread, the
// finished or failed one included; what ends a run is also the result. A run that was stopped and
// saved is a result with reason "stopped". The folder's lock is held meanwhile.
[[nodiscard]] Result<FinishedEvent>
train_run(const std::filesystem::path& run_dir, RunControl& control, const EventSink& sink);

// A new run of `config`: takes the folder, which must be there, writes run.json and goes on as
// train_run. Of two that choose one folder, one is refused and the other trains its own settings.
[[nodiscard]] Result<FinishedEvent> start_run(const std::filesystem::path& run_dir,
                                              const TrainConfig& config,
                                              RunControl& control,
                                              const EventSink& sink);

// Goes on from the newest whole checkpoint as if nothing had happened: weights, moments, schedule,
// data order, dropout. Without a checkpoint the run starts again.
[[nodiscard]] Result<FinishedEvent>
resume_run(const std::filesystem::path& run_dir, RunControl& control, const EventSink& sink);

} // namespace engine
