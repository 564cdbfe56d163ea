// Host memory that the GPU copies from and to by itself.
#pragma once

#include <cstddef>

#include "engine/cuda/driver_api.h"

namespace engine::cuda {

class PageLocked
{
public:
    // Call with the context current, as the destructor. Throws EngineError OutOfHostMemory.
    PageLocked(const Driver& driver, std::size_t bytes);
    PageLocked(const PageLocked&) = delete;
    PageLocked& operator=(const PageLocked&) = delete;
    ~PageLocked();

    [[nodiscard]] std::byte* data() const { return static_cast<std::byte*>(m_memory); }

    [[nodiscard]] std::size_t bytes() const { return m_bytes; }

private:
    const Driver& m_driver;
    std::size_t m_bytes;
    void* m_memory = nullptr;
};

} // namespace engine::cuda
