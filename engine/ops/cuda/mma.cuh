// Tensor cores on bfloat16: products of fragments, fragments out of shared memory, copies into it
// that run beside the arithmetic (PTX ISA: mma.m16n8k16, ldmatrix, cp.async; compute capability
// 8.0). A warp calls each product and each load together.
#pragma once

#include "engine/ops/cuda/device.cuh"

// The tests' emulator defines its own.
#ifdef __CUDACC__

// A place in the block's shared memory.
using SharedAddress = unsigned;

__device__ inline SharedAddress shared_address(const void* shared)
{
    return static_cast<SharedAddress>(__cvta_generic_to_shared(shared));
}

// 2^x to 22 bits; what is below the normal numbers is 0, and so is 2^-infinity.
__device__ inline float power_of_two(float x)
{
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
    return power;
}

// Code for older GPUs has these kernels too, because it is one file for all; nobody launches them.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#define LOWRANK_TENSOR_CORES(...) __trap()
#else
#define LOWRANK_TENSOR_CORES(...) asm volatile(__VA_ARGS__)
#endif

// sums [16 x 8] += a [16 x 16] b [16 x 8]. With group = lane / 4 and t = lane % 4, a lane holds of
// a the rows group (a[0], a[2]) and group + 8 (a[1], a[3]), columns 2t and 2t + 1 (a[2], a[3]: +
// 8); of b rows 2t and 2t + 1 (b1: + 8), column group; of the sums row group (then group + 8),
// columns 2t and 2t + 1.
__device__ inline void
multiply_add(float (&sums)[4], const unsigned (&a)[4], unsigned b0, unsigned b1)
{
    LOWRANK_TENSOR_CORES("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                         "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                         : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                         : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four 8 x 8 matrices; lanes 8 i to 8 i + 7 point to the rows of matrix i, 16 aligned bytes each. A
// lane receives of each matrix row lane / 4, columns 2 (lane % 4) and the next.
__device__ inline void load_matrices(unsigned (&matrices)[4], SharedAddress row)
{
    LOWRANK_TENSOR_CORES(
        "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
        : "r"(row)
        : "memory");
}

// The same of the transposed matrices: rows 2 (lane % 4) and the next, column lane / 4.
__device__ inline void load_matrices_transposed(unsigned (&matrices)[4], SharedAddress row)
{
    LOWRANK_TENSOR_CORES(
        "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
        : "r"(row)
        : "memory");
}

// Begins to copy kBytes (4, or 16 aligned ones) to shared memory, or to set them to zero; then
// nothing is read.
template <int kBytes>
__device__ inline void copy_async(SharedAddress to, const void* global, bool copies)
{
    static_assert(kBytes == 4 || kBytes == 16);
    [[maybe_unused]] const int bytes = copies ? kBytes : 0;
    if constexpr (kBytes == 16) {
        LOWRANK_TENSOR_CORES("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                             :
                             : "r"(to), "l"(global), "r"(bytes)
                             : "memory");
    } else {
        LOWRANK_TENSOR_CORES("cp.async.ca.shared.global [%0], [%1], 4, %2;"
                             :
                             : "r"(to), "l"(global), "r"(bytes)
                             : "memory");
    }
}

// Ends this thread's group of copies.
__device__ inline void commit_copies()
{
    LOWRANK_TENSOR_CORES("cp.async.commit_group;" ::: "memory");
}

// Waits for this thread's groups but the last kPending; others see them after a barrier.
template <int kPending>
__device__ inline void wait_for_copies()
{
    LOWRANK_TENSOR_CORES("cp.async.wait_group %0;" : : "n"(kPending) : "memory");
}

#undef LOWRANK_TENSOR_CORES

#endif
