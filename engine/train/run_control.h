// What another thread may ask of a run: pause, stop, save now, sample now.
#pragma once

#include <atomic>

#include "engine/core/cancellation.h"

namespace engine {

enum class StopMode { Save, Discard };

// Every member may be called from any thread; the signal handler uses stop_source() alone.
class RunControl
{
public:
    RunControl() = default;
    RunControl(const RunControl&) = delete;
    RunControl& operator=(const RunControl&) = delete;

    void pause() { m_paused = true; }

    void unpause() { m_paused = false; }

    void request_checkpoint() { m_checkpoint = true; }

    void request_sample() { m_sample = true; }

    // The run ends at the next micro-batch. Discard leaves what the last checkpoint saved.
    void stop(StopMode mode)
    {
        m_discard = mode == StopMode::Discard;
        m_stop.request_stop();
    }

    [[nodiscard]] StopSource& stop_source() { return m_stop; }

    [[nodiscard]] StopToken stop_token() const { return StopToken(m_stop); }

    [[nodiscard]] bool stop_requested() const { return m_stop.stop_requested(); }

    [[nodiscard]] StopMode stop_mode() const
    {
        return m_discard ? StopMode::Discard : StopMode::Save;
    }

    [[nodiscard]] bool paused() const { return m_paused; }

    // True once per request.
    [[nodiscard]] bool take_checkpoint_request() { return m_checkpoint.exchange(false); }

    [[nodiscard]] bool take_sample_request() { return m_sample.exchange(false); }

private:
    StopSource m_stop;
    std::atomic<bool> m_paused = false;
    std::atomic<bool> m_checkpoint = false;
    std::atomic<bool> m_sample = false;
    std::atomic<bool> m_discard = false;
};

} // namespace engine
