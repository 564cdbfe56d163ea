// QProcessWorker: the real WorkerProcess, over QProcess.
#pragma once

#include <QProcess>
#include <QStringList>

#include "app/worker/worker_process.h"

namespace app {

class QProcessWorker final : public WorkerProcess
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(QProcessWorker)

public:
    // A line longer than this is a fault of the worker; it is dropped, not kept in memory.
    static constexpr qsizetype kMaxLineBytes = 64 << 20;
    static constexpr qsizetype kStderrTailLines = 40;

    QProcessWorker(QString program, QStringList arguments, QObject* parent = nullptr);
    // Kills a child that still runs and waits for the system to say so (at most a second).
    ~QProcessWorker() override;

    void start() override;
    void sendLine(const QByteArray& line) override;
    void closeInput() override;
    void terminate() override;
    void kill() override;

    [[nodiscard]] State state() const override { return m_state; }

    [[nodiscard]] qint64 processId() const override { return m_process.processId(); }

private:
    void readLines();
    void readLog();
    void keepLogLine(const QByteArray& line);
    void end(Ending ending);

    QString m_program;
    QStringList m_arguments;
    QProcess m_process;
    QByteArray m_output; // an unfinished line
    QByteArray m_log;    // an unfinished line
    QStringList m_tail;
    State m_state = State::NotStarted;
    bool m_skipping = false; // inside a line that was too long
};

// Runs `program worker`.
[[nodiscard]] WorkerFactory qprocessWorkerFactory(const QString& program);

} // namespace app
