// Copies between the caller's memory and the GPU's by way of page-locked halves.
#include "engine/cuda/staging.h"

#include <algorithm>
#include <cstring>

#include "engine/cuda/cuda_check.h"

namespace engine::cuda {

namespace {

constexpr std::size_t kAlignment = 64; // of every piece

} // namespace

Staging::Staging(const Driver& driver)
    : m_driver(driver)
{
    try {
        for (Half& half : m_halves) {
            half.memory.emplace(driver, kHalfBytes);
            check(driver,
                  driver.functions().cuEventCreate(&half.event,
                                                   kEventDisableTiming | kEventBlockingSync),
                  "cuEventCreate");
        }
    } catch (...) {
        release();
        throw;
    }
}

Staging::~Staging()
{
    release();
}

void Staging::release() noexcept
{
    for (Half& half : m_halves) {
        if (half.event != nullptr) {
            m_driver.functions().cuEventDestroy_v2(half.event);
        }
    }
}

Staging::Half& Staging::half_with_room(std::size_t bytes)
{
    if (m_halves[m_current].used + bytes <= kHalfBytes) {
        return m_halves[m_current];
    }
    m_current = 1 - m_current;
    Half& next = m_halves[m_current];
    if (next.used > 0) {
        check(m_driver, m_driver.functions().cuEventSynchronize(next.event), "cuEventSynchronize");
        next.used = 0;
    }
    return next;
}

void Staging::upload(const void* from, DeviceAddress to, std::size_t bytes, StreamHandle stream)
{
    const DriverFunctions& f = m_driver.functions();
    const auto* source = static_cast<const std::byte*>(from);
    for (std::size_t done = 0; done < bytes;) {
        const std::size_t piece = std::min(bytes - done, kHalfBytes);
        Half& half = half_with_room(piece);
        std::byte* place = half.memory->data() + half.used;
        std::memcpy(place, source + done, piece);
        check(
            m_driver, f.cuMemcpyHtoDAsync_v2(to + done, place, piece, stream), "cuMemcpyHtoDAsync");
        check(m_driver, f.cuEventRecord(half.event, stream), "cuEventRecord");
        half.used += (piece + kAlignment - 1) / kAlignment * kAlignment;
        done += piece;
    }
}

void Staging::download(DeviceAddress from, void* to, std::size_t bytes, StreamHandle stream)
{
    const DriverFunctions& f = m_driver.functions();
    auto* destination = static_cast<std::byte*>(to);
    std::size_t done = 0;
    do { // also where nothing is copied: a download waits
        const std::size_t piece = std::min(bytes - done, kHalfBytes);
        const Half& half = half_with_room(piece); // queued copies still read the rest of it
        std::byte* place = half.memory->data() + half.used;
        if (piece > 0) {
            check(m_driver,
                  f.cuMemcpyDtoHAsync_v2(place, from + done, piece, stream),
                  "cuMemcpyDtoHAsync");
        }
        check(m_driver, f.cuStreamSynchronize(stream), "cuStreamSynchronize");
        std::copy_n(place, piece, destination + done);
        m_halves[0].used = 0; // all queued copies have ended
        m_halves[1].used = 0;
        done += piece;
    } while (done < bytes);
}

} // namespace engine::cuda
