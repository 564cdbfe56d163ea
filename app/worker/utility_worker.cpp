// The queue of questions and the worker that answers them.
#include "app/worker/utility_worker.h"

#include <utility>

#include "app/worker/worker_ending.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QJsonObject wholeObject(const QJsonObject& answer)
{
    return answer;
}

} // namespace

WorkerRequest::WorkerRequest(QString title, QJsonObject command, QString answerEvent)
    : Job(std::move(title))
    , m_command(std::move(command))
    , m_answerEvent(std::move(answerEvent))
{}

void WorkerRequest::cancel()
{
    if (isEnded() || m_cancelAsked) {
        return;
    }
    m_cancelAsked = true;
    if (state() == State::Waiting) {
        markEnded(State::Cancelled);
    } else {
        Q_EMIT cancelAsked();
    }
}

UtilityWorker::UtilityWorker(WorkerFactory factory, LadderTimes times, QObject* parent)
    : QObject(parent)
    , m_factory(std::move(factory))
    , m_times(times)
{}

UtilityWorker::~UtilityWorker() = default;

CheckRequest* UtilityWorker::check(const CheckOptions& options, QObject* owner)
{
    auto* request = new CheckRequest(
        tr("Check %1").arg(options.dataset), checkCommand(options), u"checked"_s, datasetCheckFrom);
    enqueue(request, owner);
    return request;
}

EstimateRequest* UtilityWorker::estimate(const QJsonObject& config, QObject* owner)
{
    auto* request = new EstimateRequest(
        tr("Estimate the memory"), estimateCommand(config), u"estimated"_s, memoryEstimateFrom);
    request->m_needsFreshWorker = true;
    enqueue(request, owner);
    return request;
}

ExportRequest* UtilityWorker::exportAdapter(const ExportOptions& options, QObject* owner)
{
    auto* request = new ExportRequest(tr("Export to %1").arg(options.out),
                                      exportCommand(options),
                                      u"exported"_s,
                                      exportResultFrom);
    enqueue(request, owner);
    return request;
}

DevicesRequest* UtilityWorker::devices(QObject* owner)
{
    auto* request =
        new DevicesRequest(tr("Look for devices"), devicesCommand(), u"devices"_s, devicesFrom);
    enqueue(request, owner);
    return request;
}

InspectRequest* UtilityWorker::inspect(const QString& path, QObject* owner)
{
    auto* request = new InspectRequest(
        tr("Look at %1").arg(path), inspectCommand(path), u"inspected"_s, wholeObject);
    enqueue(request, owner);
    return request;
}

HealthRequest*
UtilityWorker::health(const QString& baseModel, const QString& adapterFolder, QObject* owner)
{
    auto* request = new HealthRequest(tr("Measure what the adapter changed"),
                                      analyzeCommand(baseModel, adapterFolder),
                                      u"analyzed"_s,
                                      adapterHealthFrom);
    enqueue(request, owner);
    return request;
}

void UtilityWorker::enqueue(WorkerRequest* request, QObject* owner)
{
    request->setParent(owner);
    connect(
        request, &WorkerRequest::cancelAsked, this, [this, request] { cancelCurrent(request); });
    connect(request, &QObject::destroyed, this, [this] {
        // QPointers are already null here: the one at the worker is the front.
        if (m_currentId != 0 && m_client && m_queue.front().isNull()) {
            m_client->send(cancelCommand());
        }
    });
    m_queue.emplace_back(request);
    // Later, so that the caller can connect first.
    QMetaObject::invokeMethod(this, &UtilityWorker::sendNext, Qt::QueuedConnection);
}

void UtilityWorker::cancelCurrent(const WorkerRequest* request)
{
    if (m_currentId != 0 && m_client && m_queue.front() == request) {
        m_client->send(cancelCommand());
    }
}

void UtilityWorker::sendNext()
{
    if (m_currentId != 0) {
        return;
    }
    while (!m_queue.empty() && (m_queue.front().isNull() || m_queue.front()->isEnded())) {
        m_queue.pop_front();
    }
    if (m_queue.empty()) {
        return;
    }
    WorkerRequest& request = *m_queue.front();
    if (m_shutDown) {
        m_queue.pop_front();
        request.markEnded(Job::State::Cancelled);
        sendNext();
        return;
    }
    m_isForFresh = request.m_needsFreshWorker;
    if (m_isForFresh && m_isUsed) {
        retireClient();
    }
    ensureClient();
    m_isUsed = true;
    request.markRunning();
    m_currentId = m_client->send(request.m_command);
}

void UtilityWorker::ensureClient()
{
    if (m_client) {
        return;
    }
    m_client = std::make_unique<WorkerClient>(m_factory(), m_times);
    connect(m_client.get(), &WorkerClient::answerReceived, this, &UtilityWorker::onAnswer);
    connect(m_client.get(), &WorkerClient::failureReported, this, &UtilityWorker::onFailure);
    connect(m_client.get(),
            &WorkerClient::stateReported,
            this,
            [this](qint64 id, const QString& state, double fraction, const QString& detail) {
                if (id == m_currentId && !m_queue.empty() && !m_queue.front().isNull()) {
                    m_queue.front()->markProgress(fraction, detail.isEmpty() ? state : detail);
                }
            });
    connect(m_client.get(),
            &WorkerClient::warningReported,
            this,
            [this](qint64 id, const QString& message) {
                if (id == m_currentId && !m_queue.empty() && !m_queue.front().isNull()) {
                    m_queue.front()->m_warnings.append(message);
                }
            });
    connect(m_client.get(), &WorkerClient::ended, this, &UtilityWorker::onEnded);
    m_isUsed = false;
    m_client->start();
}

// It has nothing more to say and goes by itself.
void UtilityWorker::retireClient()
{
    if (!m_client) {
        return;
    }
    WorkerClient* client = m_client.release();
    disconnect(client, nullptr, this, nullptr);
    client->setParent(this);
    connect(client, &WorkerClient::ended, client, &QObject::deleteLater);
    client->quit();
}

void UtilityWorker::onAnswer(qint64 id, const QString& event, const QJsonObject& object)
{
    if (id == 0 || id != m_currentId) {
        return;
    }
    WorkerRequest* request = m_queue.front();
    if (request != nullptr && event == request->m_answerEvent) {
        request->accept(object);
        finishCurrent(Job::State::Done, {});
    } else if (request == nullptr && event != "state"_L1) {
        finishCurrent(Job::State::Cancelled, {});
    }
}

void UtilityWorker::onFailure(qint64 id, const Problem& problem)
{
    if (m_currentId == 0 || (id != m_currentId && id != 0)) {
        return;
    }
    const bool cancelled = problem.code == "cancelled"_L1;
    finishCurrent(cancelled ? Job::State::Cancelled : Job::State::Failed, problem);
}

void UtilityWorker::onEnded(const WorkerProcess::Ending& ending)
{
    // The client is inside its own signal: let it go afterwards.
    m_client.release()->deleteLater();
    if (m_currentId != 0) {
        finishCurrent(m_shutDown ? Job::State::Cancelled : Job::State::Failed,
                      problemFromEnding(ending));
    }
}

void UtilityWorker::finishCurrent(Job::State state, const Problem& problem)
{
    const QPointer<WorkerRequest> request = m_queue.front();
    m_queue.pop_front();
    m_currentId = 0;
    if (std::exchange(m_isForFresh, false) && m_client && !m_shutDown) {
        retireClient();
        ensureClient();
    }
    if (request) {
        request->markEnded(state, problem);
    }
    sendNext();
}

void UtilityWorker::shutDown()
{
    m_shutDown = true;
    if (m_client) {
        m_client->send(cancelCommand());
        m_client->quit();
    }
    sendNext();
}

} // namespace app
