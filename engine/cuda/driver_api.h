// The part of NVIDIA's CUDA driver API that the engine calls, opened at run time: a program that
// has it starts on a machine without it. Names, signatures and values are those of the CUDA Driver
// API reference; no toolkit is needed to compile this. One file because it is one library's
// functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "engine/core/shared_library.h"

namespace engine::cuda {

// CUresult: 0 is success.
using Status = int;
inline constexpr Status kSuccess = 0;
inline constexpr Status kErrorInvalidValue = 1;
inline constexpr Status kErrorOutOfMemory = 2;
inline constexpr Status kErrorNoDevice = 100;
inline constexpr Status kErrorNoBinaryForGpu = 209;
inline constexpr Status kErrorUnsupportedPtxVersion = 222;
inline constexpr Status kErrorInvalidHandle = 400;
inline constexpr Status kErrorNotFound = 500;
inline constexpr Status kErrorLaunchOutOfResources = 701;

// CUdeviceptr, and the driver's handles, which only the driver looks into.
using DeviceAddress = unsigned long long;

[[nodiscard]] inline DeviceAddress address_of(const void* pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer);
}

using ContextHandle = struct ContextTag*;
using StreamHandle = struct StreamTag*;
using EventHandle = struct EventTag*;
using ModuleHandle = struct ModuleTag*;
using FunctionHandle = struct FunctionTag*;
using CapturedGraph = struct GraphTag*;
using ExecutableGraph = struct GraphExecTag*;

inline constexpr unsigned int kContextBlockingSync = 4;
inline constexpr unsigned int kStreamNonBlocking = 1;
inline constexpr unsigned int kEventBlockingSync = 1; // whoever waits for it sleeps
inline constexpr unsigned int kEventDisableTiming = 2;
inline constexpr int kCaptureRelaxed = 2; // CUstreamCaptureMode

// CUdevice_attribute.
enum class Attribute : int {
    MultiprocessorCount = 16,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
};

// Entry points, spelled as the library exports them.
struct DriverFunctions
{
    Status (*cuInit)(unsigned int flags) = nullptr;
    Status (*cuDriverGetVersion)(int* version) = nullptr;
    Status (*cuGetErrorName)(Status error, const char** name) = nullptr;
    Status (*cuDeviceGetCount)(int* count) = nullptr;
    Status (*cuDeviceGet)(int* device, int ordinal) = nullptr;
    Status (*cuDeviceGetName)(char* name, int length, int device) = nullptr;
    Status (*cuDeviceGetAttribute)(int* value, Attribute attribute, int device) = nullptr;
    Status (*cuDeviceTotalMem_v2)(std::size_t* bytes, int device) = nullptr;

    Status (*cuDevicePrimaryCtxSetFlags_v2)(int device, unsigned int flags) = nullptr;
    Status (*cuDevicePrimaryCtxRetain)(ContextHandle* context, int device) = nullptr;
    Status (*cuDevicePrimaryCtxRelease_v2)(int device) = nullptr;
    Status (*cuCtxSetCurrent)(ContextHandle context) = nullptr;
    Status (*cuMemGetInfo_v2)(std::size_t* free, std::size_t* total) = nullptr;
    Status (*cuMemAlloc_v2)(DeviceAddress* address, std::size_t bytes) = nullptr;
    Status (*cuMemFree_v2)(DeviceAddress address) = nullptr;
    Status (*cuMemAllocHost_v2)(void** pointer, std::size_t bytes) = nullptr;
    Status (*cuMemFreeHost)(void* pointer) = nullptr;
    Status (*cuMemcpyHtoDAsync_v2)(DeviceAddress to,
                                   const void* from,
                                   std::size_t bytes,
                                   StreamHandle stream) = nullptr;
    Status (*cuMemcpyDtoHAsync_v2)(void* to,
                                   DeviceAddress from,
                                   std::size_t bytes,
                                   StreamHandle stream) = nullptr;
    Status (*cuMemcpyDtoDAsync_v2)(DeviceAddress to,
                                   DeviceAddress from,
                                   std::size_t bytes,
                                   StreamHandle stream) = nullptr;
    Status (*cuMemsetD8Async)(DeviceAddress to,
                              unsigned char value,
                              std::size_t bytes,
                              StreamHandle stream) = nullptr;
    Status (*cuStreamCreate)(StreamHandle* stream, unsigned int flags) = nullptr;
    Status (*cuStreamDestroy_v2)(StreamHandle stream) = nullptr;
    Status (*cuStreamSynchronize)(StreamHandle stream) = nullptr;
    Status (*cuStreamWaitEvent)(StreamHandle stream,
                                EventHandle event,
                                unsigned int flags) = nullptr;
    Status (*cuEventCreate)(EventHandle* event, unsigned int flags) = nullptr;
    Status (*cuEventDestroy_v2)(EventHandle event) = nullptr;
    Status (*cuEventRecord)(EventHandle event, StreamHandle stream) = nullptr;
    Status (*cuEventSynchronize)(EventHandle event) = nullptr;
    Status (*cuEventElapsedTime_v2)(float* milliseconds,
                                    EventHandle begin,
                                    EventHandle end) = nullptr;
    Status (*cuModuleLoadData)(ModuleHandle* module, const void* image) = nullptr;
    Status (*cuModuleUnload)(ModuleHandle module) = nullptr;
    Status (*cuModuleGetFunction)(FunctionHandle* function,
                                  ModuleHandle module,
                                  const char* name) = nullptr;
    // CUDA 12.4.
    Status (*cuFuncGetParamInfo)(FunctionHandle function,
                                 std::size_t index,
                                 std::size_t* offset,
                                 std::size_t* bytes) = nullptr;
    Status (*cuStreamBeginCapture_v2)(StreamHandle stream, int mode) = nullptr;
    Status (*cuStreamEndCapture)(StreamHandle stream, CapturedGraph* graph) = nullptr;
    Status (*cuGraphInstantiateWithFlags)(ExecutableGraph* executable,
                                          CapturedGraph graph,
                                          unsigned long long flags) = nullptr;
    Status (*cuGraphLaunch)(ExecutableGraph executable, StreamHandle stream) = nullptr;
    Status (*cuGraphExecDestroy)(ExecutableGraph executable) = nullptr;
    Status (*cuGraphDestroy)(CapturedGraph graph) = nullptr;
    Status (*cuLaunchKernel)(FunctionHandle function,
                             unsigned int grid_x,
                             unsigned int grid_y,
                             unsigned int grid_z,
                             unsigned int block_x,
                             unsigned int block_y,
                             unsigned int block_z,
                             unsigned int shared_bytes,
                             StreamHandle stream,
                             void** parameters,
                             void** extra) = nullptr;
};

// An initialised driver.
class Driver
{
public:
    // Opens the library, finds every function and initialises the driver. Errors: NotFound (no
    // library, or no GPU behind it), Unsupported (a function is missing, the driver is older than
    // kOldestVersion, or it does not start).
    [[nodiscard]] static Result<Driver> open(const std::string& library = nvidia_driver_library());

    [[nodiscard]] const DriverFunctions& functions() const { return m_functions; }

    // 1000 * major + 10 * minor of the newest CUDA that the driver knows.
    [[nodiscard]] int version() const { return m_version; }

    // "CUDA_ERROR_NO_DEVICE", or the number.
    [[nodiscard]] std::string error_name(Status status) const;

private:
    Driver() = default;

    [[nodiscard]] std::optional<Error> find_functions(const SharedLibrary& library,
                                                      const std::string& name);

    DriverFunctions m_functions;
    int m_version = 0;
};

// What the machine code of a CUDA 13.0 toolkit needs (CUDA Compatibility, "minor version").
inline constexpr int kOldestVersion = 13000;

// "13.0".
[[nodiscard]] std::string version_text(int version);

} // namespace engine::cuda
