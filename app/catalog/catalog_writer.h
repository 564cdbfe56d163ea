// CatalogWriter: the one thread of this studio that writes the catalog; pieces of work that wait
// together share one transaction.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include <QObject>

#include "app/catalog/catalog.h"
#include "app/catalog/database.h"

namespace app {

struct WriterTask
{
    // On the writing thread, outside any transaction: reads and writes workspace files.
    std::function<Outcome<Apply>()> prepare;
    // On the thread of the writer's owner, in order.
    std::function<void(const Outcome<Done>&)> finished;
};

class CatalogWriter final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(CatalogWriter)

public:
    static constexpr int kBusyMs = 5000;   // how long one attempt waits for another studio
    static constexpr int kMaxAttempts = 4; // of a transaction that finds the catalog busy

    explicit CatalogWriter(std::unique_ptr<Database> database, QObject* parent = nullptr);
    // Finishes what was posted.
    ~CatalogWriter() override;

    void post(WriterTask task);
    // Waits until everything posted so far is in the catalog; its finished calls may still come.
    void flush();

Q_SIGNALS:
    void foreignChanged(); // another studio wrote

private:
    void lookForForeignChanges();
    void work(const std::stop_token& stop);
    void process(std::deque<WriterTask>& batch);
    [[nodiscard]] Outcome<Done> applyAll(const std::deque<Apply>& changes);

    std::unique_ptr<Database> m_database; // these two are used by m_thread only
    qint64 m_dataVersion = 0;
    std::mutex m_mutex; // guards the two below
    std::condition_variable_any m_changed;
    std::deque<WriterTask> m_tasks;
    bool m_busy = false;
    std::jthread m_thread; // last: it uses the members above
};

} // namespace app
