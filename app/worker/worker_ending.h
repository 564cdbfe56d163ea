// How a worker ended, for people.
#pragma once

#include "app/error_text.h"
#include "app/worker/worker_process.h"

namespace app {

// As a sentence, with the signal or the exit code; nothing when it exited 0.
[[nodiscard]] Problem problemFromEnding(const WorkerProcess::Ending& ending);

} // namespace app
