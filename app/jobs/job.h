// Job: long work with progress, time left and cancel, seen from the GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include "app/error_text.h"

namespace app {

// Waiting -> Running -> Done | Failed | Cancelled. Lives on the GUI thread and signals there.
class Job : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Job)

public:
    enum class State { Waiting, Running, Done, Failed, Cancelled };
    Q_ENUM(State)

    explicit Job(QString title, QObject* parent = nullptr);

    [[nodiscard]] const QString& title() const { return m_title; } // for people

    [[nodiscard]] State state() const { return m_state; }

    [[nodiscard]] bool isEnded() const { return m_state > State::Running; }

    [[nodiscard]] double fraction() const { return m_fraction; } // 0 to 1; negative: unknown

    [[nodiscard]] const QString& detail() const { return m_detail; } // what it does now

    [[nodiscard]] double secondsLeft() const; // negative: unknown

    [[nodiscard]] const Problem& problem() const { return m_problem; } // of Failed

    // A wish: ended() follows with Cancelled, or with Done when it was too late.
    virtual void cancel() = 0;

Q_SIGNALS:
    void progressed();
    void ended(); // once; then look at state()

protected:
    void markRunning();
    void markProgress(double fraction, const QString& detail);
    void markEnded(State state, Problem problem = {});

private:
    QString m_title;
    QString m_detail;
    State m_state = State::Waiting;
    double m_fraction = -1.0;
    Problem m_problem;
    QElapsedTimer m_elapsed;
};

} // namespace app

Q_DECLARE_METATYPE(app::Job::State)
