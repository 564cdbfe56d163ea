// Page-locked memory for a copy, and the event after it.
#include "engine/cuda/readback.h"

#include <algorithm>

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

Readback::~Readback()
{
    if (m_copied != nullptr) {
        m_driver.functions().cuEventDestroy_v2(m_copied);
    }
}

void Readback::reserve(std::size_t bytes)
{
    const DriverFunctions& f = m_driver.functions();
    if (m_copied == nullptr) {
        check(m_driver,
              f.cuEventCreate(&m_copied, kEventDisableTiming | kEventBlockingSync),
              "cuEventCreate");
    }
    if (m_memory && m_memory->bytes() < bytes) {
        check(m_driver, f.cuEventSynchronize(m_copied), "cuEventSynchronize"); // it is in use
        m_memory.reset();
    }
    if (!m_memory) {
        m_memory.emplace(m_driver, bytes);
    }
}

void Readback::start(DeviceAddress from, std::size_t bytes, StreamHandle stream)
{
    reserve(bytes);
    m_bytes = bytes;
    const DriverFunctions& f = m_driver.functions();
    check(m_driver,
          f.cuMemcpyDtoHAsync_v2(m_memory->data(), from, bytes, stream),
          "cuMemcpyDtoHAsync");
    check(m_driver, f.cuEventRecord(m_copied, stream), "cuEventRecord");
}

void Readback::finish(void* to)
{
    check(m_driver, m_driver.functions().cuEventSynchronize(m_copied), "cuEventSynchronize");
    std::copy_n(m_memory->data(), m_bytes, static_cast<std::byte*>(to));
}

} // namespace engine::cuda
