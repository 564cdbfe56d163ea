// A run that goes on without the studio: `lowrank resume RUN_DIR` as a process of its own.
#pragma once

#include <QString>

#include "app/error_text.h"

namespace app {

// Its process id. The worker that trained before must have saved and released the folder.
[[nodiscard]] Outcome<qint64> startDetachedRun(const QString& program, const QString& runFolder);

// Whether that process is still a run of this folder: it locks the folder only once it has started.
// False on a system that cannot tell.
[[nodiscard]] bool detachedRunLives(qint64 processId, const QString& runFolder);

// Asks it to save and stop. Errors: the process is no lowrank of this folder any more; the system
// has no way to ask (Windows).
[[nodiscard]] Outcome<Done> stopDetachedRun(qint64 processId, const QString& runFolder);

} // namespace app
