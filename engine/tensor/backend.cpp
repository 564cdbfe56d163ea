// The list of devices and the choice of a backend.
#include "engine/tensor/backend.h"

#include "engine/core/platform.h"
#include "engine/tensor/cpu_backend.h"

namespace engine {

std::vector<DeviceInfo> list_devices()
{
    DeviceInfo cpu;
    cpu.name = processor_name();
    cpu.memory_bytes = total_memory_bytes();
    cpu.free_memory_bytes = available_memory_bytes();
    cpu.properties.emplace_back("cores", std::to_string(processor_cores()));
    return {cpu};
}

Result<std::unique_ptr<Backend>> make_backend(Device device, const BackendOptions& options)
{
    if (device.type == DeviceType::Cpu) {
        return std::unique_ptr<Backend>(std::make_unique<CpuBackend>(options.threads));
    }
    return Error{ErrorCode::Unsupported,
                 concat("device ", to_string(device), ": this build has no CUDA backend"),
                 "choose device cpu"};
}

} // namespace engine
