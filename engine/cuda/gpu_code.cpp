// The fat binary that gpu_code.S put in.
#include "engine/cuda/gpu_code.h"

// NOLINTBEGIN(readability-identifier-naming): the assembler's names
extern "C" const std::byte lowrank_gpu_code[];
extern "C" const std::byte lowrank_gpu_code_end[];

// NOLINTEND(readability-identifier-naming)

namespace engine::cuda {

std::span<const std::byte> gpu_code()
{
    return {lowrank_gpu_code, lowrank_gpu_code_end};
}

} // namespace engine::cuda
