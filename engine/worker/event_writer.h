// The thread that writes events to stdout: training never waits for the reader of the pipe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "engine/core/json.h"
#include "engine/train/train_event.h"

namespace engine {

// Step events are coalesced: at most ten a second leave, an unsent one is replaced by a newer one,
// and the first and the last always leave. Other events keep their order and are never dropped.
// There is at most one unsent step between two other events, so the queue is bounded by their
// number.
class EventWriter
{
public:
    // Returns false when the reader is gone.
    using Output = std::function<bool(std::string_view line)>;

    static constexpr std::chrono::milliseconds kStepInterval{100};

    explicit EventWriter(Output output);
    EventWriter(const EventWriter&) = delete;
    EventWriter& operator=(const EventWriter&) = delete;
    // Writes what is queued, then ends the thread.
    ~EventWriter();

    // Queues an event of a run or an answer; `id` is added unless it is 0.
    void post(const TrainEvent& event, std::int64_t id);
    void post(Json answer, std::int64_t id);

    // Waits until everything queued so far is written or the reader is gone.
    void flush();

    // True once a line could not be written.
    [[nodiscard]] bool broken() const;

private:
    struct Entry
    {
        std::variant<StepEvent, Json> event;
        std::int64_t id = 0;
    };

    void run();
    [[nodiscard]] bool ready() const; // with the lock held

    Output m_output;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::condition_variable m_written;
    std::deque<Entry> m_queue;
    std::chrono::steady_clock::time_point m_next_step = {};
    bool m_writing = false;
    bool m_flushing = false;
    bool m_closing = false;
    bool m_broken = false;
    std::thread m_thread;
};

} // namespace engine
