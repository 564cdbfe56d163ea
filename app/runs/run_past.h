// RunPast: what a run folder holds of the steps already made, read off the GUI thread.
#pragma once

#include <memory>
#include <optional>

#include "app/jobs/thread_job.h"
#include "app/models/log_model.h"
#include "app/runs/line_tail.h"
#include "app/runs/run_metrics.h"

namespace app {

struct RunPast
{
    RunMetrics metrics;
    LineTail tail;
    QList<SampleText> samples;
    QList<LogModel::Line> log; // of the last lines of log.txt
    QList<QPair<qint64, QString>> checkpoints;
    std::optional<InitReport> initReport;
};

// Done always, unless it is cancelled: what is missing is empty.
class RunPastJob final : public ThreadJob
{
    Q_OBJECT

public:
    explicit RunPastJob(const QString& folder, QObject* parent = nullptr);

    [[nodiscard]] RunPast& past();

private:
    struct ReadWork;
    RunPastJob(std::shared_ptr<ReadWork> work, QObject* parent);
    std::shared_ptr<ReadWork> m_read;
};

// The checkpoints that are there, ascending by step.
[[nodiscard]] QList<QPair<qint64, QString>> checkpointsIn(const QString& folder);

} // namespace app
