// The part of NVIDIA's CUDA driver API that the engine calls, opened at run time: a program that
// has it starts on a machine without it. Names, signatures and values are those of the CUDA Driver
// API reference; no toolkit is needed to compile this.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "engine/core/shared_library.h"

namespace engine::cuda {

// CUresult: 0 is success.
using Status = int;
inline constexpr Status kSuccess = 0;
inline constexpr Status kErrorNoDevice = 100;

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
};

// An initialised driver. Its library stays open as long as this lives.
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
    explicit Driver(SharedLibrary library)
        : m_library(std::move(library))
    {}

    [[nodiscard]] std::optional<Error> find_functions(const std::string& library);

    SharedLibrary m_library;
    DriverFunctions m_functions;
    int m_version = 0;
};

// What the machine code of a CUDA 13.0 toolkit needs (CUDA Compatibility, "minor version").
inline constexpr int kOldestVersion = 13000;

// "13.0".
[[nodiscard]] std::string version_text(int version);

} // namespace engine::cuda
