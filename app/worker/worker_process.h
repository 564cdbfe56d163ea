// WorkerProcess: a child that reads lines and writes lines; the interface, so that tests can script
// it.
#pragma once

#include <functional>
#include <memory>

#include <QByteArray>
#include <QObject>
#include <QString>

namespace app {

// States: NotStarted --start()--> Starting --started()--> Running --ended()--> Ended, or Starting
// --ended()--> Ended when the program cannot be started. Every signal arrives from the event loop,
// never from inside start(), so a client can connect after the call. After ended() nothing follows.
class WorkerProcess : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(WorkerProcess)

public:
    enum class State { NotStarted, Starting, Running, Ended };

    struct Ending
    {
        enum class Kind { Exited, Crashed, CouldNotStart };

        Kind kind = Kind::Exited;
        int exitCode = 0;   // of Exited; of Crashed the signal
        QString errorText;  // of CouldNotStart: the system's words
        QString stderrTail; // the last lines it wrote
    };

    explicit WorkerProcess(QObject* parent = nullptr)
        : QObject(parent)
    {}

    virtual void start() = 0;
    // Without the newline. Ignored unless Starting or Running.
    virtual void sendLine(const QByteArray& line) = 0;
    // End of its input: the worker saves and exits.
    virtual void closeInput() = 0;
    virtual void terminate() = 0;
    virtual void kill() = 0;
    [[nodiscard]] virtual State state() const = 0;
    [[nodiscard]] virtual qint64 processId() const = 0;

Q_SIGNALS:
    void started();
    void lineReceived(const QByteArray& line); // of stdout, without the newline
    void logReceived(const QString& line);     // of stderr
    void ended(const app::WorkerProcess::Ending& ending);
};

using WorkerFactory = std::function<std::unique_ptr<WorkerProcess>()>;

} // namespace app
