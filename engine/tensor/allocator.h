// Memory of one device; counts live and peak bytes so that estimates can be checked against truth.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/core/device.h"

namespace engine {

class Allocator
{
public:
    static constexpr std::size_t kAlignment =
        64; // a cache line, and what the vector kernels like best

    Allocator() = default;
    Allocator(const Allocator&) = delete;
    Allocator& operator=(const Allocator&) = delete;
    virtual ~Allocator() = default;

    [[nodiscard]] virtual Device device() const = 0;

    // At least `bytes`, aligned to kAlignment, contents undefined. Throws EngineError
    // OutOfHostMemory or OutOfDeviceMemory with the request and the free bytes.
    [[nodiscard]] void* allocate(std::size_t bytes);
    void deallocate(void* pointer, std::size_t bytes) noexcept;

    [[nodiscard]] std::int64_t live_bytes() const { return m_live_bytes; }

    [[nodiscard]] std::int64_t peak_bytes() const { return m_peak_bytes; }

    void reset_peak() { m_peak_bytes = m_live_bytes; }

private:
    virtual void* allocate_raw(std::size_t bytes) = 0;
    virtual void deallocate_raw(void* pointer, std::size_t bytes) noexcept = 0;

    std::int64_t m_live_bytes = 0;
    std::int64_t m_peak_bytes = 0;
};

} // namespace engine
