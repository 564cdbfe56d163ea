// The list of kernels, filled before anything runs.
#include "tests/support/gpu_emulator/registry.h"

#include <deque>

namespace emulator {

namespace {

std::deque<Kernel>& kernels()
{
    static std::deque<Kernel> list;
    return list;
}

} // namespace

const Kernel* find_kernel(std::string_view name)
{
    for (const Kernel& kernel : kernels()) {
        if (kernel.name == name) {
            return &kernel;
        }
    }
    return nullptr;
}

Registration::Registration(std::string_view name, std::size_t args_bytes, KernelBody body)
{
    kernels().push_back({name, args_bytes, body});
}

} // namespace emulator
