// The NVIDIA GPUs of this computer, as the driver tells of them; asking takes none of their memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cuda/driver_api.h"

namespace engine::cuda {

struct Gpu
{
    std::string name;
    std::int64_t memory_bytes = 0;
    int major = 0; // compute capability
    int minor = 0;
    int multiprocessors = 0;
    std::string problem; // why the driver could not tell; empty when it did
};

struct GpuList
{
    std::vector<Gpu> gpus;  // by the driver's number
    int driver_version = 0; // as Driver::version; 0 without a driver
    std::string note;       // one sentence on why there is none; empty when there is one
};

// Never fails: what goes wrong is in `note` or in the GPU's `problem`.
[[nodiscard]] GpuList list_gpus(const std::string& library = nvidia_driver_library());

// The same, asked once for the life of the program.
[[nodiscard]] const GpuList& gpus_here();

} // namespace engine::cuda
