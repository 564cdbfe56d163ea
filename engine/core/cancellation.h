// StopToken: a flag that another thread or a signal raises and long work asks, once per micro-batch
// or block.
#pragma once

#include <atomic>

namespace engine {

class StopSource
{
public:
    void request_stop() noexcept { m_stop.store(true, std::memory_order_relaxed); }

    [[nodiscard]] bool stop_requested() const noexcept
    {
        return m_stop.load(std::memory_order_relaxed);
    }

private:
    std::atomic<bool> m_stop = false;
};

// Copyable view of a StopSource that outlives it; a default token never stops.
class StopToken
{
public:
    StopToken() = default;

    explicit StopToken(const StopSource& source)
        : m_source(&source)
    {}

    [[nodiscard]] bool stop_requested() const noexcept
    {
        return m_source != nullptr && m_source->stop_requested();
    }

private:
    const StopSource* m_source = nullptr;
};

} // namespace engine
