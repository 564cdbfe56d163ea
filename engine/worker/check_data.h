// The `checked` and `estimated` answers: reading a data file, planning a run.
#pragma once

#include <functional>

#include "engine/core/cancellation.h"
#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/train/train_config.h"
#include "engine/worker/protocol.h"

namespace engine {

// The data gate's JSON with "path", when a base is given "suggested_seq_len", and when an
// evaluation file is given "eval_rows". A file that is refused is an answer with its error, not an
// Error; an evaluation file that is refused is a problem of row 0. Errors: those of the base's
// tokenizer; InvalidArgument when eval_data is a share of the data; Cancelled.
[[nodiscard]] Result<Json> check_data(const CheckCommand& command,
                                      const std::function<void(double fraction)>& progress,
                                      StopToken stop);

// The plan of a run and its memory. Without a data file the settings must state seq_len; the rows
// are then taken to be that long, and max_steps stays 0 unless stated. Settings that are out of
// range are an answer with `problems`. The process' own memory counts, as that of one that trains:
// ask one that has answered nothing before. Errors: those of plan_run.
[[nodiscard]] Result<Json> estimate_run(TrainConfig config, StopToken stop);

} // namespace engine
