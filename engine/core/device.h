// Where a computation runs: the CPU, or the GPU with a number.
#pragma once

#include <cstdint>
#include <string>

namespace engine {

enum class DeviceType : std::uint8_t { Cpu, Cuda };

struct Device
{
    DeviceType type = DeviceType::Cpu;
    int index = 0;

    friend bool operator==(const Device&, const Device&) = default;
};

// "cpu" or "cuda:N", the spelling of --device.
[[nodiscard]] inline std::string to_string(const Device& device)
{
    return device.type == DeviceType::Cpu ? "cpu" : "cuda:" + std::to_string(device.index);
}

} // namespace engine
