// ThreadJob: a Job whose process() runs on a pool thread and whose done() runs on the GUI thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include <QThreadPool>
#include <QTimer>

#include "app/jobs/job.h"

namespace app {

// What process() sees of the outside. Safe to use from the pool thread at any time, also after the
// job object is gone.
class JobControl final
{
public:
    [[nodiscard]] bool isCancelled() const { return m_cancelled.load(std::memory_order_relaxed); }

    void setProgress(double fraction, const QString& detail = {});

private:
    friend class ThreadJob;
    std::atomic<bool> m_cancelled{false};
    std::mutex m_mutex; // guards the two below
    double m_fraction = -1.0;
    QString m_detail;
};

// Usage: job->start(pool); connect to ended(). Deleting the job cancels it; its work object is kept
// alive by the pool thread until process() returns.
class ThreadJob : public Job
{
    Q_OBJECT

public:
    // The work and its result. Lives until both the job and the pool thread have let go.
    class Work
    {
    public:
        virtual ~Work() = default;
        // On the pool thread. Looks at control.isCancelled() at least every 100 ms.
        [[nodiscard]] virtual Outcome<Done> process(JobControl& control) = 0;
    };

    ThreadJob(QString title, std::shared_ptr<Work> work, QObject* parent = nullptr);
    ~ThreadJob() override;

    void start(QThreadPool& pool);
    void cancel() override;

private:
    void onProcessed(const Outcome<Done>& outcome);

    std::shared_ptr<Work> m_work;
    std::shared_ptr<JobControl> m_control;
    QTimer* m_poll = nullptr; // carries progress to the GUI thread ten times a second
};

} // namespace app
