// A build without a CUDA toolkit.
#include "engine/cuda/gpu_code.h"

namespace engine::cuda {

std::span<const std::byte> gpu_code()
{
    return {};
}

} // namespace engine::cuda
