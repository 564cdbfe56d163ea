// The kernels that the emulator knows, by name.
#pragma once

#include <cstddef>
#include <string_view>

namespace emulator {

using KernelBody = void (*)(const void* args);

struct Kernel
{
    std::string_view name;
    std::size_t args_bytes;
    KernelBody body;
};

// Null when there is none of that name.
[[nodiscard]] const Kernel* find_kernel(std::string_view name);

// A static object of each kernel.
struct Registration
{
    Registration(std::string_view name, std::size_t args_bytes, KernelBody body);
};

} // namespace emulator
