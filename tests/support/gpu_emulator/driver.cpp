// The driver's memory, modules and launches, by this computer's processor.
#include "tests/support/gpu_emulator/driver.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "tests/support/gpu_emulator/block.h"
#include "tests/support/gpu_emulator/memory.h"
#include "tests/support/gpu_emulator/registry.h"
#include "tests/support/gpu_emulator/stream.h"

namespace {

using Address = unsigned long long;
using emulator::has_context;
using emulator::Kernel;
using emulator::kIllegalAddress;
using emulator::kInvalidHandle;
using emulator::kInvalidValue;
using emulator::kLaunchFailed;
using emulator::kNotFound;
using emulator::kOutOfMemory;

int g_context = 0; // its address is the context
int g_module = 0;
thread_local const void* t_current = nullptr;

// The device fails for good at kernel number LOWRANK_EMULATED_FAULT_AT, or at the first one after
// there is a file LOWRANK_EMULATED_FAULT_AFTER.
bool fails_now()
{
    // NOLINTBEGIN(concurrency-mt-unsafe)
    static const char* const at = std::getenv("LOWRANK_EMULATED_FAULT_AT");
    static const char* const after = std::getenv("LOWRANK_EMULATED_FAULT_AFTER");
    // NOLINTEND(concurrency-mt-unsafe)
    static long long left = at == nullptr ? 0 : std::strtoll(at, nullptr, 10);
    return (left > 0 && --left == 0) || (after != nullptr && std::filesystem::exists(after));
}

Kernel* kernel_of(void* function)
{
    return static_cast<Kernel*>(function);
}

} // namespace

bool emulator::has_context()
{
    return t_current == &g_context;
}

extern "C" {

int cuDevicePrimaryCtxSetFlags_v2(int /*device*/, unsigned flags)
{
    constexpr unsigned kBlockingSync = 4;
    return flags == kBlockingSync ? 0 : kInvalidValue;
}

int cuDevicePrimaryCtxRetain(void** context, int device)
{
    *context = &g_context;
    return device == 0 ? 0 : kInvalidValue;
}

int cuDevicePrimaryCtxRelease_v2(int /*device*/)
{
    return 0;
}

int cuCtxSetCurrent(void* context)
{
    t_current = context;
    return 0;
}

int cuMemGetInfo_v2(std::size_t* free, std::size_t* total)
{
    *free = emulator::free_bytes();
    *total = emulator::capacity_bytes();
    return 0;
}

int cuMemAlloc_v2(Address* address, std::size_t bytes)
{
    if (!has_context() || bytes == 0) {
        return kInvalidValue;
    }
    *address = emulator::allocate(bytes);
    return *address == 0 ? kOutOfMemory : 0;
}

// For tests: no driver has it.
std::uint64_t emulated_allocations()
{
    return emulator::allocations();
}

int cuMemFree_v2(Address address)
{
    const int status = emulator::run_all();
    return emulator::deallocate(address) ? status : kInvalidValue;
}

int cuMemAllocHost_v2(void** pointer, std::size_t bytes)
{
    *pointer = std::malloc(bytes);
    return 0;
}

int cuMemFreeHost(void* pointer)
{
    std::free(pointer);
    return 0;
}

int cuMemcpyHtoDAsync_v2(Address to, const void* from, std::size_t bytes, void* stream)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    if (!has_context() || queue == nullptr) {
        return kInvalidHandle;
    }
    emulator::enqueue(queue, [=] {
        if (!emulator::is_allocated(to, bytes)) {
            return kIllegalAddress;
        }
        std::memcpy(reinterpret_cast<void*>(to), from, bytes);
        return 0;
    });
    return 0;
}

int cuMemcpyDtoHAsync_v2(void* to, Address from, std::size_t bytes, void* stream)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    if (!has_context() || queue == nullptr) {
        return kInvalidHandle;
    }
    emulator::enqueue(queue, [=] {
        if (!emulator::is_allocated(from, bytes)) {
            return kIllegalAddress;
        }
        std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
        return 0;
    });
    return 0;
}

int cuMemcpyDtoDAsync_v2(Address to, Address from, std::size_t bytes, void* stream)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    if (!has_context() || queue == nullptr) {
        return kInvalidHandle;
    }
    emulator::enqueue(queue, [=] {
        if (!emulator::is_allocated(from, bytes) || !emulator::is_allocated(to, bytes)) {
            return kIllegalAddress;
        }
        std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
        return 0;
    });
    return 0;
}

int cuMemsetD8Async(Address to, unsigned char value, std::size_t bytes, void* stream)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    if (!has_context() || queue == nullptr) {
        return kInvalidHandle;
    }
    emulator::enqueue(queue, [=] {
        if (!emulator::is_allocated(to, bytes)) {
            return kIllegalAddress;
        }
        std::memset(reinterpret_cast<void*>(to), value, bytes);
        return 0;
    });
    return 0;
}

int cuModuleLoadData(void** module, const void* image)
{
    *module = &g_module;
    return image != nullptr && has_context() ? 0 : kInvalidValue;
}

int cuModuleUnload(void* /*module*/)
{
    return 0;
}

int cuModuleGetFunction(void** function, void* module, const char* name)
{
    const Kernel* kernel = emulator::find_kernel(name);
    *function = const_cast<Kernel*>(kernel);
    return module != &g_module ? kInvalidHandle : kernel == nullptr ? kNotFound : 0;
}

int cuFuncGetParamInfo(void* function, std::size_t index, std::size_t* offset, std::size_t* bytes)
{
    if (index != 0) {
        return kInvalidValue;
    }
    *offset = 0;
    *bytes = kernel_of(function)->args_bytes;
    return 0;
}

int cuLaunchKernel(void* function,
                   unsigned int grid_x,
                   unsigned int grid_y,
                   unsigned int grid_z,
                   unsigned int block_x,
                   unsigned int block_y,
                   unsigned int block_z,
                   unsigned int /*shared_bytes*/,
                   void* stream,
                   void** parameters,
                   void** /*extra*/)
{
    constexpr unsigned kMostThreads = 1024;
    constexpr unsigned kMostY = 65535;
    emulator::Stream* queue = emulator::stream_of(stream);
    if (!has_context() || queue == nullptr) {
        return kInvalidHandle;
    }
    if (grid_x == 0 || grid_y == 0 || grid_z != 1 || grid_y > kMostY || grid_x > 0x7fffffffU
        || block_x == 0 || block_x > kMostThreads || block_y != 1 || block_z != 1) {
        return kInvalidValue;
    }
    const Kernel* kernel = kernel_of(function);
    const auto* args = static_cast<const std::byte*>(parameters[0]);
    std::vector<std::byte> copy(args, args + kernel->args_bytes);
    emulator::enqueue(queue, [=, args_copy = std::move(copy)] {
        const bool ran =
            !fails_now()
            && emulator::run_grid(kernel->body, args_copy.data(), {grid_x, grid_y, 1}, block_x);
        return ran ? 0 : kLaunchFailed;
    });
    return 0;
}

} // extern "C"
