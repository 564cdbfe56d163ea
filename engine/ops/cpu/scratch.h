// A thread's own float scratch that grows to the largest size ever asked and is then reused, so
// that a step after warm-up allocates nothing.
#pragma once

#include <cstdint>
#include <vector>

namespace engine::ops::kernels {

// One buffer per (thread, Tag); contents undefined; valid until the next call with the same Tag.
template <typename Tag>
[[nodiscard]] float* thread_scratch(std::int64_t count)
{
    thread_local std::vector<float> buffer;
    const auto size = static_cast<std::size_t>(count);
    if (buffer.size() < size) {
        buffer.resize(size);
    }
    return buffer.data();
}

} // namespace engine::ops::kernels
