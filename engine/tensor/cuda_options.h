// Where a GPU's software is, and what it may do.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/cuda/cublas_lt.h"
#include "engine/cuda/cudnn_attention.h"
#include "engine/cuda/gpu_code.h"

namespace engine {

// The tests put others in.
struct CudaOptions
{
    std::string driver = nvidia_driver_library();
    std::string cublas_lt = cublas_lt_library();
    std::string cudnn = cuda::wanted_cudnn_library(); // empty: without
    std::span<const std::byte> code = cuda::gpu_code();
    cuda::LtChoice algorithms;
    bool tf32 = false; // float32 products may round their inputs to TF32
};

} // namespace engine
