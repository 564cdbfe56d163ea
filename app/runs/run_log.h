// A run's log in words: the same for the events of a worker and for the lines of log.txt.
#pragma once

#include <optional>

#include "app/models/log_model.h"
#include "app/worker/worker_events.h"

namespace app::run_log {

[[nodiscard]] QString startedText(const RunStarted& event);
[[nodiscard]] QString evalText(const EvalPoint& event);
[[nodiscard]] QString savedText(qint64 step);
[[nodiscard]] QString finishedText(const RunFinished& event);

// A line of log.txt: its time, then an event or plain words. Nothing for an event that the log
// does not show: samples and states have places of their own.
[[nodiscard]] std::optional<LogModel::Line> lineFrom(const QString& line);

// A line of log.txt for what the worker could not write itself, with the time of now.
[[nodiscard]] QByteArray lineOfProblem(const Problem& problem);

} // namespace app::run_log
