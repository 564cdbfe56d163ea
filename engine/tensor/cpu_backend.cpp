// Host memory and copies.
#include "engine/tensor/cpu_backend.h"

#include <algorithm>
#include <new>

#include "engine/core/parallel_for.h"
#include "engine/core/platform.h"

namespace engine {

namespace {

constexpr std::int64_t kMebi = 1 << 20;

// What large tensors leave free: the matrix library takes memory while it multiplies, some for each
// thread, and does not look whether it got any.
std::int64_t reserve_bytes()
{
    constexpr std::int64_t kAlways = 32 * kMebi;
    constexpr std::int64_t kPerThread = 4 * kMebi;
    return kAlways + kPerThread * num_threads();
}

bool leaves_reserve(std::size_t bytes)
{
    const auto wanted = static_cast<std::int64_t>(bytes);
    return wanted < kMebi || wanted + reserve_bytes() <= available_memory_bytes();
}

// As memcpy, whose pointers may not be null even where nothing is copied.
void copy_bytes(const void* from, void* to, std::size_t bytes)
{
    std::copy_n(static_cast<const std::byte*>(from), bytes, static_cast<std::byte*>(to));
}

} // namespace

void* HostAllocator::allocate_raw(std::size_t bytes)
{
    void* pointer = leaves_reserve(bytes)
                        ? ::operator new(bytes, std::align_val_t(kAlignment), std::nothrow)
                        : nullptr;
    if (pointer == nullptr) {
        throw EngineError(
            {ErrorCode::OutOfHostMemory,
             concat("memory: ",
                    bytes >> 20U,
                    " MiB asked, ",
                    available_memory_bytes() >> 20,
                    " MiB available, of which ",
                    reserve_bytes() >> 20,
                    " stay free"),
             "use a smaller micro_batch_size or seq_len, or turn grad_checkpointing on"});
    }
    return pointer;
}

void HostAllocator::deallocate_raw(void* pointer, std::size_t /*bytes*/) noexcept
{
    ::operator delete(pointer, std::align_val_t(kAlignment));
}

CpuBackend::CpuBackend(int threads)
{
    set_num_threads(threads);
}

DeviceMemory CpuBackend::memory()
{
    const MemoryUse use = process_memory();
    return {.used_bytes = use.resident_bytes,
            .peak_bytes = use.peak_resident_bytes,
            .available_bytes = available_memory_bytes()};
}

void CpuBackend::upload(const void* host, TensorView destination)
{
    copy_bytes(host, destination.raw(), destination.bytes());
}

void CpuBackend::download(ConstTensorView source, void* host)
{
    copy_bytes(source.raw(), host, source.bytes());
}

void CpuBackend::start_download(ConstTensorView source)
{
    m_started.resize(source.bytes());
    download(source, m_started.data());
}

void CpuBackend::finish_download(void* host)
{
    copy_bytes(m_started.data(), host, m_started.size());
}

} // namespace engine
