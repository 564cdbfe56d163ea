// Opening the driver's library and finding its functions.
#include "engine/cuda/driver_api.h"

#include <utility>

namespace engine::cuda {

namespace {

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
    FunctionSearch search(library);
    search.need("cuInit", f.cuInit);
    search.need("cuDriverGetVersion", f.cuDriverGetVersion);
    search.need("cuGetErrorName", f.cuGetErrorName);
    search.need("cuDeviceGetCount", f.cuDeviceGetCount);
    search.need("cuDeviceGet", f.cuDeviceGet);
    search.need("cuDeviceGetName", f.cuDeviceGetName);
    search.need("cuDeviceGetAttribute", f.cuDeviceGetAttribute);
    search.need("cuDeviceTotalMem_v2", f.cuDeviceTotalMem_v2);
    search.need("cuDevicePrimaryCtxSetFlags_v2", f.cuDevicePrimaryCtxSetFlags_v2);
    search.need("cuDevicePrimaryCtxRetain", f.cuDevicePrimaryCtxRetain);
    search.need("cuDevicePrimaryCtxRelease_v2", f.cuDevicePrimaryCtxRelease_v2);
    search.need("cuCtxSetCurrent", f.cuCtxSetCurrent);
    search.need("cuMemGetInfo_v2", f.cuMemGetInfo_v2);
    search.need("cuMemAlloc_v2", f.cuMemAlloc_v2);
    search.need("cuMemFree_v2", f.cuMemFree_v2);
    search.need("cuMemAllocHost_v2", f.cuMemAllocHost_v2);
    search.need("cuMemFreeHost", f.cuMemFreeHost);
    search.need("cuMemcpyHtoDAsync_v2", f.cuMemcpyHtoDAsync_v2);
    search.need("cuMemcpyDtoHAsync_v2", f.cuMemcpyDtoHAsync_v2);
    search.need("cuMemcpyDtoDAsync_v2", f.cuMemcpyDtoDAsync_v2);
    search.need("cuMemsetD8Async", f.cuMemsetD8Async);
    search.need("cuStreamCreate", f.cuStreamCreate);
    search.need("cuStreamDestroy_v2", f.cuStreamDestroy_v2);
    search.need("cuStreamSynchronize", f.cuStreamSynchronize);
    search.need("cuStreamWaitEvent", f.cuStreamWaitEvent);
    search.need("cuEventCreate", f.cuEventCreate);
    search.need("cuEventDestroy_v2", f.cuEventDestroy_v2);
    search.need("cuEventRecord", f.cuEventRecord);
    search.need("cuEventSynchronize", f.cuEventSynchronize);
    search.need("cuEventElapsedTime_v2", f.cuEventElapsedTime_v2);
    search.need("cuModuleLoadData", f.cuModuleLoadData);
    search.need("cuModuleUnload", f.cuModuleUnload);
    search.need("cuModuleGetFunction", f.cuModuleGetFunction);
    search.need("cuFuncGetParamInfo", f.cuFuncGetParamInfo);
    search.need("cuStreamBeginCapture_v2", f.cuStreamBeginCapture_v2);
    search.need("cuStreamEndCapture", f.cuStreamEndCapture);
    search.need("cuGraphInstantiateWithFlags", f.cuGraphInstantiateWithFlags);
    search.need("cuGraphLaunch", f.cuGraphLaunch);
    search.need("cuGraphExecDestroy", f.cuGraphExecDestroy);
    search.need("cuGraphDestroy", f.cuGraphDestroy);
    search.need("cuLaunchKernel", f.cuLaunchKernel);
    if (const char* missing = search.missing()) {
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
