// Lines to signals, and the stop ladder.
#include "app/worker/worker_client.h"

#include <QJsonDocument>

#include "app/worker/worker_commands.h"
#include "engine/worker/protocol.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr qsizetype kShownBytes = 200; // of a line that is refused

} // namespace

WorkerClient::WorkerClient(std::unique_ptr<WorkerProcess> process,
                           LadderTimes times,
                           QObject* parent)
    : QObject(parent)
    , m_process(std::move(process))
    , m_times(times)
{
    m_timer.setSingleShot(true);
    connect(m_process.get(), &WorkerProcess::lineReceived, this, &WorkerClient::onLine);
    connect(m_process.get(), &WorkerProcess::logReceived, this, &WorkerClient::logReceived);
    connect(m_process.get(), &WorkerProcess::ended, this, &WorkerClient::onEnded);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        climb(m_rung == Rung::Stop ? Rung::Terminate : Rung::Kill);
    });
}

WorkerClient::~WorkerClient()
{
    m_process->disconnect(this);
}

void WorkerClient::start()
{
    m_process->start();
    m_timer.start(m_times.startMs);
}

qint64 WorkerClient::send(QJsonObject command)
{
    const qint64 id = m_nextId++;
    command.insert("id"_L1, id);
    const QByteArray line = QJsonDocument(command).toJson(QJsonDocument::Compact);
    if (m_ready) {
        m_process->sendLine(line);
    } else {
        m_waiting.append(line);
    }
    return id;
}

void WorkerClient::stop()
{
    endRun(stopCommand());
}

void WorkerClient::discard()
{
    endRun(discardCommand());
}

void WorkerClient::endRun(const QJsonObject& command)
{
    if (m_rung != Rung::None || m_ended) {
        return;
    }
    if (m_ready) {
        send(command); // `quit` follows the finished event: sent now, it would ask to save
    } else {
        m_waiting.clear(); // nothing has begun: the end of its input is enough
        m_process->closeInput();
    }
    climb(Rung::Stop);
}

void WorkerClient::quit()
{
    if (m_ended || m_rung > Rung::Stop) {
        return;
    }
    if (m_ready) {
        send(quitCommand());
    } else {
        m_process->closeInput();
    }
    if (m_rung == Rung::None) {
        climb(Rung::Stop);
    }
}

void WorkerClient::kill()
{
    if (!m_ended) {
        climb(Rung::Kill);
    }
}

void WorkerClient::climb(Rung rung)
{
    m_rung = rung;
    if (rung == Rung::Stop) {
        m_timer.start(m_times.stopMs);
    } else if (rung == Rung::Terminate) {
        m_process->terminate();
        m_timer.start(m_times.terminateMs);
    } else {
        m_timer.stop();
        m_process->kill();
    }
    Q_EMIT rungReached(rung);
}

void WorkerClient::onLine(const QByteArray& line)
{
    QJsonParseError parseError;
    const QJsonObject object = QJsonDocument::fromJson(line, &parseError).object();
    const QString event = object.value("event"_L1).toString();
    if (event.isEmpty()) {
        Q_EMIT lineRefused(QString::fromUtf8(line.left(kShownBytes)));
        return;
    }
    if (event == "hello"_L1) {
        onHello(object);
        return;
    }
    const qint64 id = object.value("id"_L1).toInteger();
    if (!dispatchRunEvent(event, id, object)) {
        Q_EMIT answerReceived(id, event, object);
    }
}

void WorkerClient::onHello(const QJsonObject& event)
{
    if (m_ready) {
        return;
    }
    const int protocol = event.value("protocol"_L1).toInt();
    if (protocol != engine::kProtocolVersion) {
        m_protocolMismatch = true;
        Q_EMIT failureReported(0,
                               {u"unsupported"_s,
                                tr("The program lowrank speaks protocol %1, this studio speaks %2.")
                                    .arg(protocol)
                                    .arg(engine::kProtocolVersion),
                                tr("Install the studio and lowrank of the same version.")});
        kill();
        return;
    }
    if (m_rung == Rung::None) {
        m_timer.stop();
    }
    m_ready = true;
    Q_EMIT ready(devicesFrom(event).devices);
    for (const QByteArray& line : std::exchange(m_waiting, {})) {
        m_process->sendLine(line);
    }
}

bool WorkerClient::dispatchRunEvent(const QString& event, qint64 id, const QJsonObject& object)
{
    if (event == "step"_L1) {
        Q_EMIT stepReported(stepPointFrom(object));
    } else if (event == "state"_L1) {
        Q_EMIT stateReported(id,
                             object.value("state"_L1).toString(),
                             object.value("fraction"_L1).toDouble(-1.0),
                             object.value("detail"_L1).toString());
    } else if (event == "eval"_L1) {
        Q_EMIT evalReported(evalPointFrom(object));
    } else if (event == "sample"_L1) {
        Q_EMIT sampleReported(sampleTextFrom(object));
    } else if (event == "checkpoint"_L1) {
        Q_EMIT checkpointReported(object.value("step"_L1).toInteger(),
                                  object.value("path"_L1).toString());
    } else if (event == "started"_L1) {
        Q_EMIT runStarted(runStartedFrom(object));
    } else if (event == "init_report"_L1) {
        Q_EMIT initReported(initReportFrom(object));
    } else if (event == "warning"_L1) {
        Q_EMIT warningReported(id, object.value("message"_L1).toString());
    } else if (event == "finished"_L1) {
        Q_EMIT finishReported(runFinishedFrom(object));
    } else if (event == "failed"_L1) {
        Q_EMIT failureReported(id, problemFromFailed(object));
    } else {
        return false;
    }
    return true;
}

void WorkerClient::onEnded(const WorkerProcess::Ending& ending)
{
    m_timer.stop();
    m_ended = true;
    Q_EMIT ended(ending);
}

} // namespace app
