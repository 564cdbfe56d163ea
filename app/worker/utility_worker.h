// UtilityWorker: one resident `lowrank worker` for short questions (check, inspect, estimate,
// devices) and for merges and exports, each a Job with a typed result.
#pragma once

#include <deque>
#include <memory>

#include <QObject>
#include <QPointer>
#include <QStringList>

#include "app/jobs/job.h"
#include "app/worker/adapter_health.h"
#include "app/worker/worker_client.h"
#include "app/worker/worker_commands.h"

namespace app {

// A question to the worker. Owned by its creator or deleted with deleteLater() after ended().
class WorkerRequest : public Job
{
    Q_OBJECT

public:
    WorkerRequest(QString title, QJsonObject command, QString answerEvent);

    void cancel() override;

    // What the worker found doubtful about it, as sentences; complete when it has ended.
    [[nodiscard]] const QStringList& warnings() const { return m_warnings; }

Q_SIGNALS:
    void cancelAsked(); // for UtilityWorker

protected:
    // Reads the answer; called once, before ended().
    virtual void accept(const QJsonObject& answer) = 0;

private:
    friend class UtilityWorker;
    QJsonObject m_command;
    QString m_answerEvent;
    bool m_needsFreshWorker = false;
    bool m_cancelAsked = false;
    QStringList m_warnings;
};

// A request whose answer is read by a function into a T.
template <typename T>
class TypedRequest final : public WorkerRequest
{
public:
    using Reader = T (*)(const QJsonObject&);

    TypedRequest(QString title, QJsonObject command, QString answerEvent, Reader reader)
        : WorkerRequest(std::move(title), std::move(command), std::move(answerEvent))
        , m_reader(reader)
    {}

    // Meaningful when state() is Done.
    [[nodiscard]] const T& result() const { return m_result; }

protected:
    void accept(const QJsonObject& answer) override { m_result = m_reader(answer); }

private:
    Reader m_reader;
    T m_result{};
};

using CheckRequest = TypedRequest<DatasetCheck>;
using EstimateRequest = TypedRequest<MemoryEstimate>;
using ExportRequest = TypedRequest<ExportResult>;
using DevicesRequest = TypedRequest<DeviceList>;
using InspectRequest = TypedRequest<QJsonObject>;
using HealthRequest = TypedRequest<AdapterHealth>;

// Starts its worker on first use and again after a crash (the request that met the crash fails,
// the waiting ones go on). Requests are answered in order; one is at the worker at a time.
// An estimate counts the memory of the process that makes it, as of one that trains: it gets a
// worker that has answered nothing before, and the next one is started as soon as it is done.
class UtilityWorker final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(UtilityWorker)

public:
    UtilityWorker(WorkerFactory factory, LadderTimes times, QObject* parent = nullptr);
    ~UtilityWorker() override;

    // The request is parented to `owner` and dies with it (which cancels it). Connect to its
    // ended() signal, then look at state().
    CheckRequest* check(const CheckOptions& options, QObject* owner);
    EstimateRequest* estimate(const QJsonObject& config, QObject* owner);
    ExportRequest* exportAdapter(const ExportOptions& options, QObject* owner);
    DevicesRequest* devices(QObject* owner);
    InspectRequest* inspect(const QString& path, QObject* owner);
    HealthRequest* health(const QString& baseModel, const QString& adapterFolder, QObject* owner);

    // Ends the worker; waiting requests fail as cancelled.
    void shutDown();

private:
    void enqueue(WorkerRequest* request, QObject* owner);
    void sendNext();
    void ensureClient();
    void retireClient();
    void onAnswer(qint64 id, const QString& event, const QJsonObject& object);
    void onFailure(qint64 id, const Problem& problem);
    void onEnded(const WorkerProcess::Ending& ending);
    void finishCurrent(Job::State state, const Problem& problem);
    void cancelCurrent(const WorkerRequest* request);

    WorkerFactory m_factory;
    LadderTimes m_times;
    std::unique_ptr<WorkerClient> m_client;
    std::deque<QPointer<WorkerRequest>> m_queue; // front: at the worker while m_currentId is set
    qint64 m_currentId = 0;
    bool m_isUsed = false;     // the worker has been asked something
    bool m_isForFresh = false; // the request at the worker needed a fresh one
    bool m_shutDown = false;
};

} // namespace app
