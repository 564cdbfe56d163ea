// Opening the driver's library and finding its functions.
#include "engine/cuda/driver_api.h"

#include <utility>

namespace engine::cuda {

namespace {

template <typename Function>
bool find(const SharedLibrary& library, const char* name, Function*& function)
{
    function = reinterpret_cast<Function*>(library.symbol(name));
    return function != nullptr;
}

Error too_old(const std::string& fact)
{
    return {ErrorCode::Unsupported,
            fact,
            "install NVIDIA's driver 580 or later (CUDA " + version_text(kOldestVersion) + ")"};
}

} // namespace

std::optional<Error> Driver::find_functions(const SharedLibrary& library, const std::string& file)
{
    DriverFunctions& f = m_functions;
    const char* missing = nullptr;
    const auto need = [&](const char* name, auto*& function) {
        if (!find(library, name, function) && missing == nullptr) {
            missing = name;
        }
    };
    need("cuInit", f.cuInit);
    need("cuDriverGetVersion", f.cuDriverGetVersion);
    need("cuGetErrorName", f.cuGetErrorName);
    need("cuDeviceGetCount", f.cuDeviceGetCount);
    need("cuDeviceGet", f.cuDeviceGet);
    need("cuDeviceGetName", f.cuDeviceGetName);
    need("cuDeviceGetAttribute", f.cuDeviceGetAttribute);
    need("cuDeviceTotalMem_v2", f.cuDeviceTotalMem_v2);
    need("cuDevicePrimaryCtxSetFlags_v2", f.cuDevicePrimaryCtxSetFlags_v2);
    need("cuDevicePrimaryCtxRetain", f.cuDevicePrimaryCtxRetain);
    need("cuDevicePrimaryCtxRelease_v2", f.cuDevicePrimaryCtxRelease_v2);
    need("cuCtxSetCurrent", f.cuCtxSetCurrent);
    need("cuMemGetInfo_v2", f.cuMemGetInfo_v2);
    need("cuMemAlloc_v2", f.cuMemAlloc_v2);
    need("cuMemFree_v2", f.cuMemFree_v2);
    need("cuMemAllocHost_v2", f.cuMemAllocHost_v2);
    need("cuMemFreeHost", f.cuMemFreeHost);
    need("cuMemcpyHtoDAsync_v2", f.cuMemcpyHtoDAsync_v2);
    need("cuMemcpyDtoHAsync_v2", f.cuMemcpyDtoHAsync_v2);
    need("cuMemcpyDtoDAsync_v2", f.cuMemcpyDtoDAsync_v2);
    need("cuMemsetD8Async", f.cuMemsetD8Async);
    need("cuStreamCreate", f.cuStreamCreate);
    need("cuStreamDestroy_v2", f.cuStreamDestroy_v2);
    need("cuStreamSynchronize", f.cuStreamSynchronize);
    need("cuEventCreate", f.cuEventCreate);
    need("cuEventDestroy_v2", f.cuEventDestroy_v2);
    need("cuEventRecord", f.cuEventRecord);
    need("cuEventSynchronize", f.cuEventSynchronize);
    need("cuEventElapsedTime_v2", f.cuEventElapsedTime_v2);
    need("cuModuleLoadData", f.cuModuleLoadData);
    need("cuModuleUnload", f.cuModuleUnload);
    need("cuModuleGetFunction", f.cuModuleGetFunction);
    need("cuFuncGetParamInfo", f.cuFuncGetParamInfo);
    need("cuStreamBeginCapture_v2", f.cuStreamBeginCapture_v2);
    need("cuStreamEndCapture", f.cuStreamEndCapture);
    need("cuGraphInstantiateWithFlags", f.cuGraphInstantiateWithFlags);
    need("cuGraphLaunch", f.cuGraphLaunch);
    need("cuGraphExecDestroy", f.cuGraphExecDestroy);
    need("cuGraphDestroy", f.cuGraphDestroy);
    need("cuLaunchKernel", f.cuLaunchKernel);
    if (missing != nullptr) {
        return too_old(concat(file, ": has no function ", missing));
    }
    return std::nullopt;
}

Result<Driver> Driver::open(const std::string& library)
{
    Result<SharedLibrary> opened = SharedLibrary::open(library);
    if (!opened) {
        return Error{ErrorCode::NotFound,
                     concat("NVIDIA's driver is not installed (", opened.error().message, ")"),
                     "install it if this computer has an NVIDIA GPU"};
    }
    Driver driver;
    if (std::optional<Error> missing = driver.find_functions(*opened, library)) {
        return *std::move(missing);
    }
    // The version is asked first: an old driver may not start with a newer one's kernel module.
    const Status asked = driver.m_functions.cuDriverGetVersion(&driver.m_version);
    if (asked == kSuccess && driver.m_version < kOldestVersion) {
        return too_old(concat("the NVIDIA driver knows CUDA ",
                              version_text(driver.m_version),
                              ", wanted ",
                              version_text(kOldestVersion),
                              " or later"));
    }
    const Status status = asked == kSuccess ? driver.m_functions.cuInit(0) : asked;
    if (status == kErrorNoDevice) {
        return Error{ErrorCode::NotFound, "the NVIDIA driver finds no GPU"};
    }
    if (status != kSuccess) {
        return Error{ErrorCode::Unsupported,
                     "the NVIDIA driver does not start: " + driver.error_name(status),
                     "restart the computer if the driver was updated, or install it again"};
    }
    return driver;
}

std::string Driver::error_name(Status status) const
{
    const char* name = nullptr;
    if (m_functions.cuGetErrorName(status, &name) == kSuccess && name != nullptr) {
        return name;
    }
    return concat("error ", status);
}

std::string version_text(int version)
{
    return concat(version / 1000, ".", version % 1000 / 10);
}

} // namespace engine::cuda
