// The GPU's machine code inside this program, as nvcc made it from engine/ops/cuda/*.cu.
#pragma once

#include <cstddef>
#include <span>

namespace engine::cuda {

// One fat binary for cuModuleLoadData; empty in a build without a CUDA toolkit.
[[nodiscard]] std::span<const std::byte> gpu_code();

} // namespace engine::cuda
