// From a status of NVIDIA's libraries to an EngineError.
#pragma once

#include "engine/cuda/driver_api.h"

namespace engine::cuda {

// Nothing on success. Throws EngineError: OutOfDeviceMemory; Internal for what only a mistake of
// ours causes; DeviceLost for everything else, after which the process can compute no more (CUDA
// Driver API, "sticky" errors). For a device that is open.
void check(const Driver& driver, Status status, const char* call);

// The same for cuBLASLt's cublasStatus_t.
void check_cublas(int status, const char* call);

} // namespace engine::cuda
