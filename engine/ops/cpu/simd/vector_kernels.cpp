// Picks the kernel table of the instruction set in use.
#include "engine/ops/cpu/simd/vector_kernels.h"

#include "engine/ops/cpu/simd/instruction_set.h"

namespace engine::ops::simd {

namespace {

const VectorKernels& pick()
{
#if LOWRANK_X86_KERNELS
    if (instruction_set() >= InstructionSet::Avx512) {
        return avx512::kVectorKernels;
    }
    if (instruction_set() >= InstructionSet::Avx2) {
        return avx2::kVectorKernels;
    }
#endif
    return generic::kVectorKernels;
}

} // namespace

const VectorKernels& vector_kernels()
{
    static const VectorKernels& kernels = pick();
    return kernels;
}

} // namespace engine::ops::simd
