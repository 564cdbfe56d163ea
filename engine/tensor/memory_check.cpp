// A request against what is left, and the sentence when it is too large.
#include "engine/tensor/memory_check.h"

#include <array>
#include <cstdio>
#include <utility>

namespace engine {

std::int64_t usable_memory(std::int64_t available_bytes)
{
    constexpr double kUsableShare = 0.9;
    return static_cast<std::int64_t>(kUsableShare * static_cast<double>(available_bytes));
}

std::string gibibytes(std::int64_t bytes)
{
    std::array<char, 32> text = {};
    std::snprintf(text.data(), text.size(), "%.2f GiB", static_cast<double>(bytes) / (1U << 30U));
    return text.data();
}

Error out_of_memory(const Device& device,
                    std::string_view what,
                    std::int64_t bytes,
                    std::int64_t usable_bytes,
                    std::string hint)
{
    const bool on_gpu = device.type == DeviceType::Cuda;
    return {on_gpu ? ErrorCode::OutOfDeviceMemory : ErrorCode::OutOfHostMemory,
            concat(on_gpu ? "GPU memory: " : "memory: ",
                   what,
                   " needs ",
                   gibibytes(bytes),
                   ", ",
                   gibibytes(usable_bytes),
                   " can be used"),
            std::move(hint)};
}

Result<void>
check_memory(Backend& backend, std::string_view what, std::int64_t bytes, const char* hint)
{
    const std::int64_t usable = usable_memory(backend.memory().available_bytes);
    if (bytes <= usable) {
        return {};
    }
    return out_of_memory(backend.device(), what, bytes, usable, hint);
}

} // namespace engine
