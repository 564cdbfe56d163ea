// Job's states and its time left.
#include "app/jobs/job.h"

namespace app {

namespace {

constexpr double kFractionToGuessFrom = 0.02; // an earlier guess would jump about

} // namespace

Job::Job(QString title, QObject* parent)
    : QObject(parent)
    , m_title(std::move(title))
{}

double Job::secondsLeft() const
{
    if (m_state != State::Running || m_fraction < kFractionToGuessFrom) {
        return -1.0;
    }
    const double elapsed = static_cast<double>(m_elapsed.elapsed()) / 1000.0;
    return elapsed * (1.0 - m_fraction) / m_fraction;
}

void Job::markRunning()
{
    if (m_state != State::Waiting) {
        return;
    }
    m_state = State::Running;
    m_elapsed.start();
    Q_EMIT progressed();
}

void Job::markProgress(double fraction, const QString& detail)
{
    if (isEnded() || (fraction == m_fraction && detail == m_detail)) {
        return;
    }
    m_fraction = fraction;
    m_detail = detail;
    Q_EMIT progressed();
}

void Job::markEnded(State state, Problem problem)
{
    if (isEnded()) {
        return;
    }
    m_state = state;
    m_problem = std::move(problem);
    if (state == State::Done) {
        m_fraction = 1.0;
    }
    Q_EMIT ended();
}

} // namespace app
