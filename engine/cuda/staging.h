// Page-locked host memory through which bytes go to the GPU and back, so that the caller's memory
// is free when the call returns.
#pragma once

#include <array>
#include <optional>

#include "engine/cuda/page_locked.h"

namespace engine::cuda {

// Two halves: one is filled while the other is on its way. Call with the context current.
class Staging
{
public:
    static constexpr std::size_t kHalfBytes = std::size_t{4} << 20U;

    // Throws EngineError.
    explicit Staging(const Driver& driver);
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging();

    // Queues the bytes on the stream; waits only when both halves are still on their way.
    void upload(const void* from, DeviceAddress to, std::size_t bytes, StreamHandle stream);

    // Waits, once for every half's worth of bytes, for the stream's work and them.
    void download(DeviceAddress from, void* to, std::size_t bytes, StreamHandle stream);

private:
    struct Half
    {
        std::optional<PageLocked> memory;
        EventHandle event = nullptr; // after the last copy out of it
        std::size_t used = 0;        // bytes that queued copies read
    };

    // The half that has room for `bytes` more.
    Half& half_with_room(std::size_t bytes);
    void release() noexcept;

    const Driver& m_driver;
    std::array<Half, 2> m_halves;
    std::size_t m_current = 0;
};

} // namespace engine::cuda
