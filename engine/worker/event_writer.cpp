// A queue, one thread, and the rule that only the newest unsent step is worth sending.
#include "engine/worker/event_writer.h"

#include <utility>

namespace engine {

namespace {

Json with_id(Json json, std::int64_t id)
{
    if (id != 0) {
        json["id"] = id;
    }
    return json;
}

} // namespace

EventWriter::EventWriter(Output output)
    : m_output(std::move(output))
    , m_thread([this] { run(); })
{}

EventWriter::~EventWriter()
{
    {
        const std::lock_guard lock(m_mutex);
        m_closing = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void EventWriter::post(const TrainEvent& event, std::int64_t id)
{
    if (const auto* step = std::get_if<StepEvent>(&event); step != nullptr) {
        const std::lock_guard lock(m_mutex);
        const bool replace = !m_queue.empty() && m_queue.back().id == id
                             && std::holds_alternative<StepEvent>(m_queue.back().event);
        if (replace) {
            m_queue.back().event = *step;
        } else {
            m_queue.push_back({*step, id});
        }
        m_changed.notify_one();
        return;
    }
    post(to_json(event), id);
}

void EventWriter::post(Json answer, std::int64_t id)
{
    const std::lock_guard lock(m_mutex);
    m_queue.push_back({std::move(answer), id});
    m_changed.notify_one();
}

void EventWriter::flush()
{
    std::unique_lock lock(m_mutex);
    m_flushing = true;
    m_changed.notify_one();
    m_written.wait(lock, [this] { return m_broken || (m_queue.empty() && !m_writing); });
    m_flushing = false;
}

bool EventWriter::broken() const
{
    const std::lock_guard lock(m_mutex);
    return m_broken;
}

bool EventWriter::ready() const
{
    if (m_queue.empty()) {
        return false;
    }
    // A lone step waits its turn; anything behind it pushes it out, so order is kept.
    return m_queue.size() > 1 || m_flushing || m_closing
           || !std::holds_alternative<StepEvent>(m_queue.front().event)
           || std::chrono::steady_clock::now() >= m_next_step;
}

void EventWriter::run()
{
    std::unique_lock lock(m_mutex);
    while (true) {
        while (!ready() && !(m_closing && m_queue.empty())) {
            if (m_queue.empty()) {
                m_changed.wait(lock);
            } else {
                m_changed.wait_until(lock, m_next_step);
            }
        }
        if (m_queue.empty()) {
            return;
        }
        const Entry entry = std::move(m_queue.front());
        m_queue.pop_front();
        const auto* step = std::get_if<StepEvent>(&entry.event);
        if (step != nullptr) {
            m_next_step = std::chrono::steady_clock::now() + kStepInterval;
        }
        m_writing = true;
        const bool broken = m_broken;
        lock.unlock();
        bool written = false;
        if (!broken) {
            const Json json =
                step != nullptr ? to_json(TrainEvent(*step)) : std::get<Json>(entry.event);
            written = m_output(to_line(with_id(json, entry.id)) + "\n");
        }
        lock.lock();
        m_writing = false;
        m_broken = m_broken || !written;
        m_written.notify_all();
    }
}

} // namespace engine
