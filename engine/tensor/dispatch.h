// From a run-time device and dtype to compile time: two lambdas, no #ifdef in any op.
#pragma once

#include "engine/core/dtype.h"
#include "engine/core/error.h"
#include "engine/tensor/cpu_backend.h"
#include "engine/tensor/cuda_backend.h"

namespace engine {

// Calls f with the concrete backend.
template <typename F>
decltype(auto) dispatch_device(Backend& backend, F&& f)
{
    if (backend.device().type == DeviceType::Cuda) {
        return f(static_cast<CudaBackend&>(backend));
    }
    return f(static_cast<CpuBackend&>(backend));
}

// Calls f.template operator()<T>() with float or bfloat16_t; other dtypes throw with the op's name.
template <typename F>
decltype(auto) dispatch_float(DType dtype, const char* op, F&& f)
{
    if (dtype == DType::F32) {
        return f.template operator()<float>();
    }
    if (dtype == DType::BF16) {
        return f.template operator()<bfloat16_t>();
    }
    throw EngineError(
        {ErrorCode::Unsupported, concat(op, ": dtype is ", dtype, ", wanted f32 or bf16")});
}

} // namespace engine
