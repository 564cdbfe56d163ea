// ThreadJob's way to the pool thread and back.
#include "app/jobs/thread_job.h"

#include <exception>

#include <QPointer>

#include "engine/core/error.h"
#include "engine/core/thread_sanitizer.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr int kProgressIntervalMs = 100;

// No exception may cross the pool's thread.
Outcome<Done> processSafely(ThreadJob::Work& work, JobControl& control)
{
    try {
        return work.process(control);
    } catch (const engine::EngineError& error) {
        return problemFrom(error.error());
    } catch (const std::bad_alloc&) {
        return problemFromEvent(
            u"out_of_host_memory"_s, ThreadJob::tr("There is not enough memory for this."), {});
    } catch (const std::exception& error) {
        return problemFromEvent(u"internal"_s, QString::fromLocal8Bit(error.what()), {});
    }
}

} // namespace

void JobControl::setProgress(double fraction, const QString& detail)
{
    const std::lock_guard lock(m_mutex);
    m_fraction = fraction;
    m_detail = detail;
}

ThreadJob::ThreadJob(QString title, std::shared_ptr<Work> work, QObject* parent)
    : Job(std::move(title), parent)
    , m_work(std::move(work))
    , m_control(std::make_shared<JobControl>())
    , m_poll(new QTimer(this))
{
    m_poll->setInterval(kProgressIntervalMs);
    connect(m_poll, &QTimer::timeout, this, [this] {
        const std::lock_guard lock(m_control->m_mutex);
        markProgress(m_control->m_fraction, m_control->m_detail);
    });
}

ThreadJob::~ThreadJob()
{
    m_control->m_cancelled = true;
}

void ThreadJob::start(QThreadPool& pool)
{
    markRunning();
    m_poll->start();
    // The relay lives on this thread and outlives the job; the pool thread only ever posts to it.
    auto* relay = new QObject;
    QPointer<ThreadJob> self(this);
    engine::publish(m_control.get());
    pool.start([work = m_work, control = m_control, relay, self] {
        engine::observe(control.get());
        auto outcome = std::make_shared<Outcome<Done>>(processSafely(*work, *control));
        engine::publish(outcome.get());
        QMetaObject::invokeMethod(
            relay,
            [relay, self, outcome] {
                engine::observe(outcome.get());
                relay->deleteLater();
                if (self) {
                    self->onProcessed(*outcome);
                }
            },
            Qt::QueuedConnection);
    });
}

void ThreadJob::cancel()
{
    m_control->m_cancelled = true;
    if (state() == State::Waiting) {
        markEnded(State::Cancelled);
    }
}

void ThreadJob::onProcessed(const Outcome<Done>& outcome)
{
    m_poll->stop();
    if (outcome) {
        markEnded(State::Done);
    } else if (m_control->isCancelled()) {
        markEnded(State::Cancelled);
    } else {
        markEnded(State::Failed, outcome.problem());
    }
}

} // namespace app
