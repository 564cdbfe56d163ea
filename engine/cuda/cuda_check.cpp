// What a failed call of NVIDIA's libraries means.
#include "engine/cuda/cuda_check.h"

#include "engine/cuda/cublas_lt_api.h"

namespace engine::cuda {

namespace {

ErrorCode code_of(Status status)
{
    switch (status) {
    case kErrorOutOfMemory:
        return ErrorCode::OutOfDeviceMemory;
    case kErrorInvalidValue:
    case kErrorInvalidHandle:
    case kErrorNotFound:
    case kErrorLaunchOutOfResources:
        return ErrorCode::Internal;
    default:
        return ErrorCode::DeviceLost;
    }
}

const char* hint_of(ErrorCode code)
{
    switch (code) {
    case ErrorCode::OutOfDeviceMemory:
        return "use a smaller micro_batch_size or seq_len, or turn grad_checkpointing on";
    case ErrorCode::DeviceLost:
        return "continue the run from its last checkpoint; if it happens again, update NVIDIA's "
               "driver or compute on the CPU";
    default:
        return "";
    }
}

} // namespace

void check(const Driver& driver, Status status, const char* call)
{
    if (status == kSuccess) {
        return;
    }
    const ErrorCode code = code_of(status);
    throw EngineError(
        {code, concat("GPU: ", call, ": ", driver.error_name(status)), hint_of(code)});
}

void check_cublas(int status, const char* call)
{
    if (status == kSuccess) {
        return;
    }
    ErrorCode code = ErrorCode::Internal;
    if (status == kLtAllocFailed) {
        code = ErrorCode::OutOfDeviceMemory;
    } else if (status == kLtExecutionFailed) {
        code = ErrorCode::DeviceLost;
    }
    throw EngineError({code, concat("GPU: ", call, ": cuBLAS status ", status), hint_of(code)});
}

} // namespace engine::cuda
