// The engine's declarations of the CUDA driver against NVIDIA's own header; compiled where it is
// installed.
#include <cuda.h>

#include "engine/cuda/driver_api.h"
#include "tests/engine/cuda/nvidia_names.h"

namespace engine::cuda {

template <>
inline constexpr bool kSameThing<ContextTag, CUctx_st> = true;
template <>
inline constexpr bool kSameThing<StreamTag, CUstream_st> = true;
template <>
inline constexpr bool kSameThing<EventTag, CUevent_st> = true;
template <>
inline constexpr bool kSameThing<ModuleTag, CUmod_st> = true;
template <>
inline constexpr bool kSameThing<FunctionTag, CUfunc_st> = true;
template <>
inline constexpr bool kSameThing<GraphTag, CUgraph_st> = true;
template <>
inline constexpr bool kSameThing<GraphExecTag, CUgraphExec_st> = true;

namespace {

// By the names that the header gives the newest of each.
constexpr std::array kDriverFunctions = {
    same_function(&DriverFunctions::cuInit, ::cuInit),
    same_function(&DriverFunctions::cuDriverGetVersion, ::cuDriverGetVersion),
    same_function(&DriverFunctions::cuGetErrorName, ::cuGetErrorName),
    same_function(&DriverFunctions::cuDeviceGetCount, ::cuDeviceGetCount),
    same_function(&DriverFunctions::cuDeviceGet, ::cuDeviceGet),
    same_function(&DriverFunctions::cuDeviceGetName, ::cuDeviceGetName),
    same_function(&DriverFunctions::cuDeviceGetAttribute, ::cuDeviceGetAttribute),
    same_function(&DriverFunctions::cuDeviceTotalMem_v2, ::cuDeviceTotalMem_v2),
    same_function(&DriverFunctions::cuDevicePrimaryCtxSetFlags_v2, ::cuDevicePrimaryCtxSetFlags_v2),
    same_function(&DriverFunctions::cuDevicePrimaryCtxRetain, ::cuDevicePrimaryCtxRetain),
    same_function(&DriverFunctions::cuDevicePrimaryCtxRelease_v2, ::cuDevicePrimaryCtxRelease_v2),
    same_function(&DriverFunctions::cuCtxSetCurrent, ::cuCtxSetCurrent),
    same_function(&DriverFunctions::cuMemGetInfo_v2, ::cuMemGetInfo_v2),
    same_function(&DriverFunctions::cuMemAlloc_v2, ::cuMemAlloc_v2),
    same_function(&DriverFunctions::cuMemFree_v2, ::cuMemFree_v2),
    same_function(&DriverFunctions::cuMemAllocHost_v2, ::cuMemAllocHost_v2),
    same_function(&DriverFunctions::cuMemFreeHost, ::cuMemFreeHost),
    same_function(&DriverFunctions::cuMemcpyHtoDAsync_v2, ::cuMemcpyHtoDAsync_v2),
    same_function(&DriverFunctions::cuMemcpyDtoHAsync_v2, ::cuMemcpyDtoHAsync_v2),
    same_function(&DriverFunctions::cuMemcpyDtoDAsync_v2, ::cuMemcpyDtoDAsync_v2),
    same_function(&DriverFunctions::cuMemsetD8Async, ::cuMemsetD8Async),
    same_function(&DriverFunctions::cuStreamCreate, ::cuStreamCreate),
    same_function(&DriverFunctions::cuStreamDestroy_v2, ::cuStreamDestroy_v2),
    same_function(&DriverFunctions::cuStreamSynchronize, ::cuStreamSynchronize),
    same_function(&DriverFunctions::cuStreamWaitEvent, ::cuStreamWaitEvent),
    same_function(&DriverFunctions::cuEventCreate, ::cuEventCreate),
    same_function(&DriverFunctions::cuEventDestroy_v2, ::cuEventDestroy_v2),
    same_function(&DriverFunctions::cuEventRecord, ::cuEventRecord),
    same_function(&DriverFunctions::cuEventSynchronize, ::cuEventSynchronize),
    same_function(&DriverFunctions::cuEventElapsedTime_v2, ::cuEventElapsedTime_v2),
    same_function(&DriverFunctions::cuModuleLoadData, ::cuModuleLoadData),
    same_function(&DriverFunctions::cuModuleUnload, ::cuModuleUnload),
    same_function(&DriverFunctions::cuModuleGetFunction, ::cuModuleGetFunction),
    same_function(&DriverFunctions::cuFuncGetParamInfo, ::cuFuncGetParamInfo),
    same_function(&DriverFunctions::cuStreamBeginCapture_v2, ::cuStreamBeginCapture_v2),
    same_function(&DriverFunctions::cuStreamEndCapture, ::cuStreamEndCapture),
    same_function(&DriverFunctions::cuGraphInstantiateWithFlags, ::cuGraphInstantiateWithFlags),
    same_function(&DriverFunctions::cuGraphLaunch, ::cuGraphLaunch),
    same_function(&DriverFunctions::cuGraphExecDestroy, ::cuGraphExecDestroy),
    same_function(&DriverFunctions::cuGraphDestroy, ::cuGraphDestroy),
    same_function(&DriverFunctions::cuLaunchKernel, ::cuLaunchKernel)};
static_assert(first_other(kDriverFunctions) == kDriverFunctions.size());
static_assert(sizeof(DriverFunctions) == kDriverFunctions.size() * sizeof(void*));

static_assert(same_number(kSuccess, CUDA_SUCCESS));
static_assert(same_number(kErrorInvalidValue, CUDA_ERROR_INVALID_VALUE));
static_assert(same_number(kErrorOutOfMemory, CUDA_ERROR_OUT_OF_MEMORY));
static_assert(same_number(kErrorNoDevice, CUDA_ERROR_NO_DEVICE));
static_assert(same_number(kErrorNoBinaryForGpu, CUDA_ERROR_NO_BINARY_FOR_GPU));
static_assert(same_number(kErrorUnsupportedPtxVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
static_assert(same_number(kErrorInvalidHandle, CUDA_ERROR_INVALID_HANDLE));
static_assert(same_number(kErrorNotFound, CUDA_ERROR_NOT_FOUND));
static_assert(same_number(kErrorLaunchOutOfResources, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES));
static_assert(same_number(kContextBlockingSync, CU_CTX_SCHED_BLOCKING_SYNC));
static_assert(same_number(kStreamNonBlocking, CU_STREAM_NON_BLOCKING));
static_assert(same_number(kEventDisableTiming, CU_EVENT_DISABLE_TIMING));
static_assert(same_number(kCaptureRelaxed, CU_STREAM_CAPTURE_MODE_RELAXED));
static_assert(same_number(Attribute::MultiprocessorCount,
                          CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
static_assert(same_number(Attribute::ComputeCapabilityMajor,
                          CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
static_assert(same_number(Attribute::ComputeCapabilityMinor,
                          CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
static_assert(std::is_same_v<DeviceAddress, CUdeviceptr>);

} // namespace
} // namespace engine::cuda
