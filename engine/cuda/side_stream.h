// A second stream, whose kernels run beside the first one's work: they fill buffers that the first
// one reads, each again only after its last reader.
#pragma once

#include <array>

#include "engine/cuda/work_record.h"

namespace engine::cuda {

class SideStream
{
public:
    static constexpr int kBuffers = 2;

    // Call with the context current, here and below. Throws EngineError, as mark().
    SideStream(const Driver& driver, StreamHandle main);
    SideStream(const SideStream&) = delete;
    SideStream& operator=(const SideStream&) = delete;
    ~SideStream();

    [[nodiscard]] StreamHandle handle() const { return m_side; }

    // Both buffers are released before the first begin, and once more within a capture, which can
    // wait for nothing older. A capture ends joined, since each end is waited for.
    void mark(const SideMark& mark);

private:
    void record(EventHandle event, StreamHandle stream) const;
    void wait(StreamHandle stream, EventHandle event) const;
    void destroy() noexcept;

    const Driver& m_driver;
    StreamHandle m_main;
    StreamHandle m_side = nullptr;
    std::array<EventHandle, kBuffers> m_released = {}; // on main
    EventHandle m_filled = nullptr;                    // on the side stream
};

} // namespace engine::cuda
