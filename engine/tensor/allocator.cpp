// Byte counting around the device's own allocation.
#include "engine/tensor/allocator.h"

#include <algorithm>

namespace engine {

void* Allocator::allocate(std::size_t bytes)
{
    void* pointer = allocate_raw(bytes);
    m_live_bytes += static_cast<std::int64_t>(bytes);
    m_peak_bytes = std::max(m_peak_bytes, m_live_bytes);
    return pointer;
}

void Allocator::deallocate(void* pointer, std::size_t bytes) noexcept
{
    if (pointer != nullptr) {
        deallocate_raw(pointer, bytes);
        m_live_bytes -= static_cast<std::int64_t>(bytes);
    }
}

} // namespace engine
