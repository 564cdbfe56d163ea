// QProcess's signals to WorkerProcess's states and lines.
#include "app/worker/qprocess_worker.h"

#include <QTimer>

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr int kReapMs = 1000;

} // namespace

QProcessWorker::QProcessWorker(QString program, QStringList arguments, QObject* parent)
    : WorkerProcess(parent)
    , m_program(std::move(program))
    , m_arguments(std::move(arguments))
{
    connect(&m_process, &QProcess::started, this, [this] {
        m_state = State::Running;
        Q_EMIT started();
    });
    connect(&m_process, &QProcess::readyReadStandardOutput, this, [this] { readLines(); });
    connect(&m_process, &QProcess::readyReadStandardError, this, [this] { readLog(); });
    connect(&m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        readLines();
        readLog();
        keepLogLine(m_log);
        const bool exited = status == QProcess::NormalExit;
        end({exited ? Ending::Kind::Exited : Ending::Kind::Crashed, code, {}, {}});
    });
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) {
            end({Ending::Kind::CouldNotStart, 0, m_process.errorString(), {}});
        }
    });
}

QProcessWorker::~QProcessWorker()
{
    // finished() would otherwise arrive while members are being destroyed.
    m_process.disconnect(this);
    if (m_process.state() != QProcess::NotRunning) {
        m_process.kill();
        m_process.waitForFinished(kReapMs);
    }
}

void QProcessWorker::start()
{
    if (m_state != State::NotStarted) {
        return;
    }
    m_state = State::Starting;
    // Later, so that a program that cannot be started is reported after start() returned.
    QTimer::singleShot(0, this, [this] {
        if (m_state == State::Starting) {
            m_process.start(m_program, m_arguments);
        }
    });
}

void QProcessWorker::sendLine(const QByteArray& line)
{
    if (m_process.state() != QProcess::NotRunning) {
        m_process.write(line + '\n');
    }
}

void QProcessWorker::closeInput()
{
    m_process.closeWriteChannel();
}

void QProcessWorker::terminate()
{
    m_process.terminate();
}

void QProcessWorker::kill()
{
    m_process.kill();
}

void QProcessWorker::readLines()
{
    m_output += m_process.readAllStandardOutput();
    qsizetype from = 0;
    for (qsizetype end = m_output.indexOf('\n'); end >= 0; end = m_output.indexOf('\n', from)) {
        if (!m_skipping) {
            Q_EMIT lineReceived(m_output.mid(from, end - from));
        }
        m_skipping = false;
        from = end + 1;
    }
    m_output.remove(0, from);
    if (m_output.size() > kMaxLineBytes) {
        m_output.clear();
        m_skipping = true;
    }
}

void QProcessWorker::readLog()
{
    m_log += m_process.readAllStandardError();
    for (qsizetype end = m_log.indexOf('\n'); end >= 0; end = m_log.indexOf('\n')) {
        keepLogLine(m_log.left(end));
        m_log.remove(0, end + 1);
    }
    if (m_log.size() > kMaxLineBytes) {
        m_log.clear();
    }
}

void QProcessWorker::keepLogLine(const QByteArray& line)
{
    if (line.isEmpty()) {
        return;
    }
    const QString text = QString::fromUtf8(line);
    m_tail.append(text);
    if (m_tail.size() > kStderrTailLines) {
        m_tail.removeFirst();
    }
    Q_EMIT logReceived(text);
}

void QProcessWorker::end(Ending ending)
{
    if (m_state == State::Ended) {
        return;
    }
    m_state = State::Ended;
    ending.stderrTail = m_tail.join(u'\n');
    Q_EMIT ended(ending);
}

WorkerFactory qprocessWorkerFactory(const QString& program)
{
    return
        [program] { return std::make_unique<QProcessWorker>(program, QStringList{u"worker"_s}); };
}

} // namespace app
