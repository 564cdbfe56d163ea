// Asking the driver for its GPUs.
#include "engine/cuda/gpu_list.h"

#include <array>

namespace engine::cuda {

namespace {

Gpu describe(const Driver& driver, int number)
{
    const DriverFunctions& f = driver.functions();
    Gpu gpu;
    int device = 0;
    std::array<char, 256> name = {};
    std::size_t bytes = 0;
    Status status = f.cuDeviceGet(&device, number);
    const auto ask = [&](auto&& question) {
        if (status == kSuccess) {
            status = question();
        }
    };
    const auto attribute = [&](Attribute which, int& value) {
        ask([&] { return f.cuDeviceGetAttribute(&value, which, device); });
    };
    ask([&] { return f.cuDeviceGetName(name.data(), static_cast<int>(name.size()) - 1, device); });
    ask([&] { return f.cuDeviceTotalMem_v2(&bytes, device); });
    attribute(Attribute::ComputeCapabilityMajor, gpu.major);
    attribute(Attribute::ComputeCapabilityMinor, gpu.minor);
    attribute(Attribute::MultiprocessorCount, gpu.multiprocessors);
    gpu.name = name.data();
    gpu.memory_bytes = static_cast<std::int64_t>(bytes);
    if (status != kSuccess) {
        gpu.problem = "the driver cannot describe it: " + driver.error_name(status);
    }
    return gpu;
}

std::string sentence(const Error& error)
{
    return "No GPU: " + error.message + (error.hint.empty() ? "" : "; " + error.hint) + ".";
}

} // namespace

GpuList list_gpus(const std::string& library)
{
    GpuList list;
    const Result<Driver> driver = Driver::open(library);
    if (!driver) {
        list.note = sentence(driver.error());
        return list;
    }
    list.driver_version = driver->version();
    int count = 0;
    const Status status = driver->functions().cuDeviceGetCount(&count);
    if (status != kSuccess) {
        list.note = "No GPU: the driver cannot count them: " + driver->error_name(status) + ".";
        return list;
    }
    for (int number = 0; number < count; ++number) {
        list.gpus.push_back(describe(*driver, number));
    }
    if (list.gpus.empty()) {
        list.note = "No GPU: the NVIDIA driver finds none.";
    }
    return list;
}

const GpuList& gpus_here()
{
    static const GpuList list = list_gpus();
    return list;
}

} // namespace engine::cuda
