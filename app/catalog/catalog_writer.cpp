// The writing thread's loop.
#include "app/catalog/catalog_writer.h"

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr std::chrono::seconds kPoll{2}; // how soon another studio's changes are seen

// No exception may leave the thread.
Outcome<Apply> prepareSafely(const WriterTask& task)
{
    try {
        return task.prepare();
    } catch (const std::exception& error) {
        return Problem{u"internal"_s, QString::fromLocal8Bit(error.what())};
    }
}

} // namespace

CatalogWriter::CatalogWriter(std::unique_ptr<Database> database, QObject* parent)
    : QObject(parent)
    , m_database(std::move(database))
    , m_dataVersion(m_database->dataVersion())
    , m_thread([this](const std::stop_token& stop) { work(stop); })
{}

CatalogWriter::~CatalogWriter() = default; // the jthread is asked to stop, and joined

void CatalogWriter::post(WriterTask task)
{
    {
        const std::lock_guard lock(m_mutex);
        m_tasks.push_back(std::move(task));
    }
    m_changed.notify_all();
}

void CatalogWriter::flush()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_tasks.empty() && !m_busy; });
}

void CatalogWriter::work(const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait_for(lock, stop, kPoll, [this] { return !m_tasks.empty(); });
        if (m_tasks.empty() && stop.stop_requested()) {
            return;
        }
        std::deque<WriterTask> batch;
        batch.swap(m_tasks);
        m_busy = true;
        lock.unlock();
        process(batch);
        lookForForeignChanges();
        lock.lock();
        m_busy = false;
        m_changed.notify_all();
    }
}

// data_version of this connection rises by the commits of others only.
void CatalogWriter::lookForForeignChanges()
{
    try {
        const qint64 version = m_database->dataVersion();
        if (std::exchange(m_dataVersion, version) != version) {
            QMetaObject::invokeMethod(
                this, [this] { Q_EMIT foreignChanged(); }, Qt::QueuedConnection);
        }
    } catch (const DatabaseError&) {
        // Asked again in two seconds.
    }
}

void CatalogWriter::process(std::deque<WriterTask>& batch)
{
    if (batch.empty()) {
        return;
    }
    std::vector<Outcome<Done>> outcomes;
    std::deque<Apply> changes;
    for (const WriterTask& task : batch) {
        Outcome<Apply> prepared = prepareSafely(task);
        outcomes.push_back(prepared ? Outcome<Done>(Done{}) : Outcome<Done>(prepared.problem()));
        if (prepared) {
            changes.push_back(prepared.take());
        }
    }
    const Outcome<Done> applied = applyAll(changes);
    for (std::size_t index = 0; index < batch.size(); ++index) {
        const Outcome<Done> outcome = outcomes[index] ? applied : outcomes[index];
        QMetaObject::invokeMethod(
            this,
            [finished = std::move(batch[index].finished), outcome] { finished(outcome); },
            Qt::QueuedConnection);
    }
}

Outcome<Done> CatalogWriter::applyAll(const std::deque<Apply>& changes)
{
    for (int attempt = 1;; ++attempt) {
        try {
            Transaction transaction(*m_database);
            for (const Apply& change : changes) {
                change(*m_database);
            }
            transaction.commit();
            return Done{};
        } catch (const DatabaseError& error) {
            if (error.problem().code != "busy"_L1 || attempt == kMaxAttempts) {
                return error.problem();
            }
        } catch (const std::exception& error) {
            return Problem{u"internal"_s, QString::fromLocal8Bit(error.what())};
        }
    }
}

} // namespace app
