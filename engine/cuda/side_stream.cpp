// The second stream and its events.
#include "engine/cuda/side_stream.h"

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

SideStream::SideStream(const Driver& driver, StreamHandle main)
    : m_driver(driver)
    , m_main(main)
{
    const DriverFunctions& f = driver.functions();
    try {
        check(driver, f.cuStreamCreate(&m_side, kStreamNonBlocking), "cuStreamCreate");
        for (EventHandle* event : {&m_released[0], &m_released[1], &m_filled}) {
            check(driver, f.cuEventCreate(event, kEventDisableTiming), "cuEventCreate");
        }
    } catch (...) {
        destroy();
        throw;
    }
}

SideStream::~SideStream()
{
    destroy();
}

void SideStream::destroy() noexcept
{
    const DriverFunctions& f = m_driver.functions();
    for (const EventHandle event : {m_released[0], m_released[1], m_filled}) {
        if (event != nullptr) {
            f.cuEventDestroy_v2(event);
        }
    }
    if (m_side != nullptr) {
        f.cuStreamDestroy_v2(m_side);
    }
}

void SideStream::record(EventHandle event, StreamHandle stream) const
{
    check(m_driver, m_driver.functions().cuEventRecord(event, stream), "cuEventRecord");
}

void SideStream::wait(StreamHandle stream, EventHandle event) const
{
    check(m_driver, m_driver.functions().cuStreamWaitEvent(stream, event, 0), "cuStreamWaitEvent");
}

void SideStream::mark(const SideMark& mark)
{
    const EventHandle released = m_released.at(static_cast<std::size_t>(mark.buffer));
    switch (mark.kind) {
    case SideMark::Kind::Begin:
        wait(m_side, released);
        break;
    case SideMark::Kind::End:
        record(m_filled, m_side);
        wait(m_main, m_filled);
        break;
    case SideMark::Kind::Release:
        record(released, m_main);
        break;
    }
}

} // namespace engine::cuda
