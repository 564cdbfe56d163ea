// A few numbers on their way from the GPU to the host, while more work is queued behind them.
#pragma once

#include <optional>

#include "engine/cuda/page_locked.h"

namespace engine::cuda {

// One copy at a time. Call with the context current.
class Readback
{
public:
    explicit Readback(const Driver& driver)
        : m_driver(driver)
    {}

    Readback(const Readback&) = delete;
    Readback& operator=(const Readback&) = delete;
    ~Readback();

    // Queues the copy; more bytes than ever before take memory once. Throws EngineError, as
    // finish().
    void start(DeviceAddress from, std::size_t bytes, StreamHandle stream);

    // Waits for the copy and what was queued before it, not for what came after. `to` has the
    // bytes that start() was given.
    void finish(void* to);

private:
    void reserve(std::size_t bytes);

    const Driver& m_driver;
    std::optional<PageLocked> m_memory;
    std::size_t m_bytes = 0; // of the copy
    EventHandle m_copied = nullptr;
};

} // namespace engine::cuda
