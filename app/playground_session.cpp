// The resident base, its adapters, and the panes that answer one after the other.
#include "app/playground_session.h"

#include <algorithm>

#include <QDateTime>
#include <QFileInfo>

#include "app/worker/worker_ending.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// A run that goes on writes its adapter again: when, and how large.
QString stampOfAdapter(const QString& folder)
{
    QString stamp;
    for (const QString& name : {u"adapter_model.safetensors"_s, u"adapter_config.json"_s}) {
        const QFileInfo info(folder + u'/' + name);
        stamp += u"%1 %2 "_s.arg(info.size()).arg(info.lastModified().toMSecsSinceEpoch());
    }
    return stamp;
}

} // namespace

PlaygroundSession::PlaygroundSession(WorkerFactory factory, LadderTimes times, QObject* parent)
    : QObject(parent)
    , m_factory(std::move(factory))
    , m_times(times)
{}

PlaygroundSession::~PlaygroundSession() = default;

void PlaygroundSession::setState(State state)
{
    if (m_state != state) {
        m_state = state;
        Q_EMIT stateChanged();
    }
}

void PlaygroundSession::ensureClient()
{
    if (m_client) {
        return;
    }
    m_client = std::make_unique<WorkerClient>(m_factory(), m_times);
    connect(m_client.get(), &WorkerClient::answerReceived, this, &PlaygroundSession::onAnswer);
    connect(m_client.get(), &WorkerClient::failureReported, this, &PlaygroundSession::onFailure);
    connect(m_client.get(), &WorkerClient::ended, this, &PlaygroundSession::onEnded);
    connect(m_client.get(),
            &WorkerClient::stateReported,
            this,
            [this](qint64, const QString& state, double fraction, const QString& detail) {
                if (m_state == State::Loading) {
                    Q_EMIT loadProgressed(fraction, detail.isEmpty() ? state : detail);
                }
            });
    connect(m_client.get(),
            &WorkerClient::warningReported,
            this,
            [this](qint64 id, const QString& message) {
                const Pending about = m_pending.value(id);
                if (about.kind == Pending::Kind::Adapter) {
                    Q_EMIT adapterWarned(about.key, message);
                }
            });
    m_client->start();
}

void PlaygroundSession::loadBase(const QString& folder, const BaseWeights& weights, Load when)
{
    if (m_state == State::Answering) {
        cancel();
    }
    if (when == Load::IfNeeded && folder == m_baseModel && weights == m_baseWeights
        && (m_state == State::Ready || m_state == State::Loading)) {
        return;
    }
    ensureClient();
    m_baseModel = folder;
    m_baseWeights = weights;
    m_problem = {};
    m_resident.clear();
    m_pending.removeIf([](const std::pair<const qint64&, Pending&>& each) {
        return each.second.kind == Pending::Kind::Adapter;
    });
    const qint64 id = m_client->send(loadModelCommand(folder, weights));
    m_pending.insert(id, {Pending::Kind::Base, folder, {}, -1, {}});
    setState(State::Loading);
}

void PlaygroundSession::loadAdapter(const QString& key, const QString& folder)
{
    if (!m_client || m_baseModel.isEmpty()) {
        return;
    }
    if (hasAdapter(key, folder)) {
        Q_EMIT adapterLoaded(key);
        return;
    }
    const QString stamp = stampOfAdapter(folder);
    const bool isOnItsWay =
        std::any_of(m_pending.cbegin(), m_pending.cend(), [&](const Pending& each) {
            return each.kind == Pending::Kind::Adapter && each.key == key && each.stamp == stamp;
        });
    if (isOnItsWay) {
        return;
    }
    unloadAdapter(key); // an older version of it
    const qint64 id = m_client->send(loadAdapterCommand(key, folder));
    m_pending.insert(id, {Pending::Kind::Adapter, key, stamp, -1, {}});
}

bool PlaygroundSession::hasAdapter(const QString& key, const QString& folder) const
{
    const auto found = m_resident.constFind(key);
    return found != m_resident.cend() && *found == stampOfAdapter(folder);
}

void PlaygroundSession::unloadAdapter(const QString& key)
{
    if (m_client && m_resident.remove(key) > 0) {
        m_client->send(unloadAdapterCommand(key));
    }
}

QStringList PlaygroundSession::residentAdapters() const
{
    return m_resident.keys();
}

void PlaygroundSession::ask(const QList<GenerateRequest>& requests)
{
    if (m_state != State::Ready || requests.isEmpty()) {
        return;
    }
    m_requests = requests;
    m_nextPane = 0;
    m_cancelAsked = false;
    setState(State::Answering);
    askNextPane();
}

void PlaygroundSession::askNextPane()
{
    if (m_cancelAsked || m_nextPane == m_requests.size()) {
        m_answering = 0;
        if (m_state == State::Answering) { // otherwise another base is being loaded
            setState(State::Ready);
        }
        Q_EMIT askFinished();
        return;
    }
    const int pane = m_nextPane++;
    const GenerateRequest& request = m_requests.at(pane);
    m_answering = m_client->send(generateCommand(request));
    m_pending.insert(m_answering, {Pending::Kind::Pane, request.adapter, {}, pane, {}});
    Q_EMIT answerStarted(pane);
}

void PlaygroundSession::cancel()
{
    if (m_state == State::Answering && !m_cancelAsked) {
        m_cancelAsked = true;
        m_client->send(cancelCommand());
    }
}

void PlaygroundSession::onAnswer(qint64 id, const QString& event, const QJsonObject& object)
{
    const auto found = m_pending.find(id);
    if (found == m_pending.end()) {
        return; // of unload_adapter or cancel
    }
    if (event == "token"_L1) {
        const QString text = object.value("text"_L1).toString();
        found->text += text;
        Q_EMIT tokenAdded(found->pane, text);
        return;
    }
    const Pending pending = *found;
    m_pending.erase(found);
    if (pending.kind == Pending::Kind::Base) {
        setState(State::Ready);
    } else if (pending.kind == Pending::Kind::Adapter) {
        m_resident.insert(pending.key, pending.stamp);
        Q_EMIT adapterLoaded(pending.key);
    } else {
        Q_EMIT answerFinished(pending.pane, answerFrom(object));
        askNextPane();
    }
}

void PlaygroundSession::onFailure(qint64 id, const Problem& problem)
{
    const auto found = m_pending.find(id);
    if (found == m_pending.end()) {
        return;
    }
    const Pending pending = *found;
    m_pending.erase(found);
    switch (pending.kind) {
    case Pending::Kind::Base:
        m_problem = problem;
        m_baseModel.clear();
        setState(State::Failed);
        break;
    case Pending::Kind::Adapter:
        Q_EMIT adapterRefused(pending.key, problem);
        break;
    case Pending::Kind::Pane: {
        Answer answer;
        answer.adapter = pending.key;
        answer.text = pending.text;
        answer.finishReason = problem.code == "cancelled"_L1 ? u"cancelled"_s : u"failed"_s;
        if (answer.finishReason == "failed"_L1) {
            Q_EMIT answerFailed(pending.pane, problem);
        } else {
            Q_EMIT answerFinished(pending.pane, answer);
        }
        askNextPane();
        break;
    }
    }
}

void PlaygroundSession::onEnded(const WorkerProcess::Ending& ending)
{
    m_client.release()->deleteLater(); // it is inside its own signal
    const Pending answering = m_pending.value(m_answering);
    m_pending.clear();
    m_resident.clear();
    m_baseModel.clear();
    m_answering = 0;
    const bool wasAnswering = m_state == State::Answering;
    const Problem problem = problemFromEnding(ending);
    if (wasAnswering && answering.pane >= 0 && !problem.message.isEmpty()) {
        Q_EMIT answerFailed(answering.pane, problem);
    }
    if (problem.message.isEmpty() || m_shutDown) {
        setState(State::Empty);
    } else {
        m_problem = problem;
        setState(State::Failed);
    }
    m_shutDown = false;
    if (wasAnswering) {
        Q_EMIT askFinished();
    }
}

void PlaygroundSession::shutDown()
{
    if (m_client) {
        m_shutDown = true;
        m_client->send(cancelCommand());
        m_client->quit();
    }
}

} // namespace app
