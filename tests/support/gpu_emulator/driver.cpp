// The driver's memory, streams, modules and launches, by this computer's processor.
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "tests/support/gpu_emulator/block.h"
#include "tests/support/gpu_emulator/memory.h"
#include "tests/support/gpu_emulator/registry.h"
#include "tests/support/gpu_emulator/stream.h"

namespace {

using Address = unsigned long long;
using emulator::Kernel;

constexpr int kInvalidValue = 1;
constexpr int kOutOfMemory = 2;
constexpr int kInvalidHandle = 400;
constexpr int kNotFound = 500;
constexpr int kIllegalAddress = 700;
constexpr int kCaptureUnsupported = 900;
constexpr int kCaptureInvalidated = 901;
constexpr int kLaunchFailed = 719;

int g_context = 0; // its address is the context
int g_module = 0;
int g_stream = 0;
std::uint64_t g_graph_launches = 0;
thread_local const void* t_current = nullptr;

struct Event
{
    bool timed = true;
    std::uint64_t after = 0; // the work that precedes it
    float time = 0.0F;       // when it was reached
};

std::map<const void*, Event>& events()
{
    static std::map<const void*, Event> map;
    return map;
}

// Calls that touch the device need a current context.
bool has_context()
{
    return t_current == &g_context;
}

// Nobody may wait for work that is only written down.
bool waits_in_capture()
{
    if (emulator::is_capturing()) {
        emulator::spoil_capture();
    }
    return emulator::is_capturing();
}

// The device fails for good at kernel number LOWRANK_EMULATED_FAULT_AT.
bool fails_now()
{
    static const char* at =
        std::getenv("LOWRANK_EMULATED_FAULT_AT"); // NOLINT(concurrency-mt-unsafe)
    static std::uint64_t launched = 0;
    return at != nullptr && ++launched == std::strtoull(at, nullptr, 10);
}

Kernel* kernel_of(void* function)
{
    return static_cast<Kernel*>(function);
}

} // namespace

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

int cuMemFree_v2(Address address)
{
    const int status = emulator::run_until(emulator::queued());
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
    if (!has_context() || stream != &g_stream) {
        return kInvalidHandle;
    }
    emulator::enqueue([=] {
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
    if (!has_context() || stream != &g_stream) {
        return kInvalidHandle;
    }
    emulator::enqueue([=] {
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
    if (!has_context() || stream != &g_stream) {
        return kInvalidHandle;
    }
    emulator::enqueue([=] {
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
    if (!has_context() || stream != &g_stream) {
        return kInvalidHandle;
    }
    emulator::enqueue([=] {
        if (!emulator::is_allocated(to, bytes)) {
            return kIllegalAddress;
        }
        std::memset(reinterpret_cast<void*>(to), value, bytes);
        return 0;
    });
    return 0;
}

int cuStreamCreate(void** stream, unsigned int /*flags*/)
{
    *stream = &g_stream;
    return has_context() ? 0 : kInvalidValue;
}

int cuStreamDestroy_v2(void* /*stream*/)
{
    return 0;
}

int cuStreamSynchronize(void* stream)
{
    if (waits_in_capture()) {
        return kCaptureUnsupported;
    }
    return stream == &g_stream ? emulator::run_until(emulator::queued()) : kInvalidHandle;
}

int cuStreamBeginCapture_v2(void* stream, int /*mode*/)
{
    if (std::getenv("LOWRANK_EMULATED_NO_GRAPHS") != nullptr) { // NOLINT(concurrency-mt-unsafe)
        return kCaptureUnsupported;
    }
    emulator::begin_capture();
    return stream == &g_stream ? 0 : kInvalidHandle;
}

int cuStreamEndCapture(void* /*stream*/, std::vector<emulator::Work>** graph)
{
    auto captured = emulator::end_capture();
    *graph = captured ? new std::vector(std::move(*captured)) : nullptr;
    return captured ? 0 : kCaptureInvalidated;
}

int cuGraphInstantiateWithFlags(std::vector<emulator::Work>** executable,
                                const std::vector<emulator::Work>* graph,
                                unsigned long long /*flags*/)
{
    *executable = new std::vector<emulator::Work>(*graph);
    return 0;
}

int cuGraphLaunch(const std::vector<emulator::Work>* executable, void* stream)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (std::getenv("LOWRANK_EMULATED_NO_GRAPH_MEMORY") != nullptr) {
        return kOutOfMemory;
    }
    ++g_graph_launches;
    for (const emulator::Work& work : *executable) {
        emulator::enqueue(work);
    }
    return has_context() && stream == &g_stream ? 0 : kInvalidHandle;
}

int cuGraphExecDestroy(std::vector<emulator::Work>* executable)
{
    delete executable;
    return 0;
}

int cuGraphDestroy(std::vector<emulator::Work>* graph)
{
    delete graph;
    return 0;
}

// For tests: no driver has these.
std::uint64_t emulated_graph_launches()
{
    return g_graph_launches;
}

std::uint64_t emulated_waits()
{
    return emulator::waits();
}

int cuEventCreate(void** event, unsigned int flags)
{
    constexpr unsigned kDisableTiming = 2;
    *event = std::malloc(1);
    events()[*event] = {.timed = (flags & kDisableTiming) == 0};
    return 0;
}

int cuEventDestroy_v2(void* event)
{
    events().erase(event);
    std::free(event);
    return 0;
}

int cuEventRecord(void* event, void* stream)
{
    if (stream != &g_stream || !events().contains(event)) {
        return kInvalidHandle;
    }
    if (events()[event].timed) {
        emulator::enqueue([event] {
            events()[event].time = emulator::now();
            return 0;
        });
    }
    events()[event].after = emulator::queued();
    return 0;
}

int cuEventElapsedTime_v2(float* milliseconds, void* begin, void* end)
{
    if (!events().contains(begin) || !events().contains(end) || !events()[begin].timed
        || !events()[end].timed) {
        return kInvalidHandle;
    }
    *milliseconds = events()[end].time - events()[begin].time;
    return 0;
}

int cuEventSynchronize(void* event)
{
    if (waits_in_capture()) {
        return kCaptureUnsupported;
    }
    return events().contains(event) ? emulator::run_until(events()[event].after) : kInvalidHandle;
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
    if (!has_context() || stream != &g_stream) {
        return kInvalidHandle;
    }
    if (grid_x == 0 || grid_y == 0 || grid_z != 1 || grid_y > kMostY || grid_x > 0x7fffffffU
        || block_x == 0 || block_x > kMostThreads || block_y != 1 || block_z != 1) {
        return kInvalidValue;
    }
    const Kernel* kernel = kernel_of(function);
    const auto* args = static_cast<const std::byte*>(parameters[0]);
    std::vector<std::byte> copy(args, args + kernel->args_bytes);
    emulator::enqueue([=, args_copy = std::move(copy)] {
        const bool ran =
            !fails_now()
            && emulator::run_grid(kernel->body, args_copy.data(), {grid_x, grid_y, 1}, block_x);
        return ran ? 0 : kLaunchFailed;
    });
    return 0;
}

} // extern "C"
