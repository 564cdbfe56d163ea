// PlaygroundSession: one base kept resident in a worker, adapters by key, and answers side by side,
// streamed token by token.
#pragma once

#include <memory>

#include <QMap>
#include <QObject>
#include <QStringList>

#include "app/worker/worker_client.h"
#include "app/worker/worker_commands.h"

namespace app {

class PlaygroundSession final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(PlaygroundSession)

public:
    enum class State { Empty, Loading, Ready, Answering, Failed };
    Q_ENUM(State)

    PlaygroundSession(WorkerFactory factory, LadderTimes times, QObject* parent = nullptr);
    ~PlaygroundSession() override;

    [[nodiscard]] State state() const { return m_state; }

    [[nodiscard]] const QString& baseModel() const { return m_baseModel; }

    [[nodiscard]] const Problem& problem() const { return m_problem; }

    [[nodiscard]] const BaseWeights& baseWeights() const { return m_baseWeights; }

    enum class Load { IfNeeded, Always };

    // Makes a base resident, IfNeeded unless it is just so already; resident adapters are let go.
    void
    loadBase(const QString& folder, const BaseWeights& weights = {}, Load when = Load::IfNeeded);
    // Makes an adapter resident under its catalog id (or any key), again when its files have
    // changed. `adapterLoaded` follows.
    void loadAdapter(const QString& key, const QString& folder);
    // It is resident, and its files are those that were loaded.
    [[nodiscard]] bool hasAdapter(const QString& key, const QString& folder) const;
    void unloadAdapter(const QString& key);
    [[nodiscard]] QStringList residentAdapters() const;

    // One request per pane, answered left to right; each names its adapter by key, an empty one is
    // the base. Ignored unless Ready.
    void ask(const QList<GenerateRequest>& requests);
    void cancel();   // what is being answered; panes keep what they have
    void shutDown(); // lets the memory go

Q_SIGNALS:
    void stateChanged();
    void loadProgressed(double fraction, const QString& detail);
    void adapterWarned(const QString& key, const QString& message); // before adapterLoaded
    void adapterLoaded(const QString& key);
    void adapterRefused(const QString& key, const app::Problem& problem);
    void answerStarted(int pane);
    void tokenAdded(int pane, const QString& text);
    void answerFinished(int pane, const app::Answer& answer);
    void answerFailed(int pane, const app::Problem& problem);
    void askFinished(); // every pane has answered, was cancelled or failed

private:
    struct Pending
    {
        enum class Kind { Base, Adapter, Pane };

        Kind kind = Kind::Base;
        QString key;
        QString stamp; // of an adapter's files
        int pane = -1;
        QString text; // of the answer so far
    };

    void ensureClient();
    void setState(State state);
    void askNextPane();
    void onAnswer(qint64 id, const QString& event, const QJsonObject& object);
    void onFailure(qint64 id, const Problem& problem);
    void onEnded(const WorkerProcess::Ending& ending);

    WorkerFactory m_factory;
    LadderTimes m_times;
    std::unique_ptr<WorkerClient> m_client;
    State m_state = State::Empty;
    QString m_baseModel;
    BaseWeights m_baseWeights;
    Problem m_problem;
    QMap<qint64, Pending> m_pending;
    QMap<QString, QString> m_resident; // key, stamp of the files
    QList<GenerateRequest> m_requests; // per pane
    int m_nextPane = 0;
    qint64 m_answering = 0;
    bool m_cancelAsked = false;
    bool m_shutDown = false;
};

} // namespace app
