// The threads of one block as fibers: one runs until a barrier or a shuffle, then the next.
#pragma once

#include <cstdint>

namespace emulator {

struct Dim3
{
    unsigned x = 0;
    unsigned y = 0;
    unsigned z = 0;
};

// Of the running fiber, as CUDA C++ spells them.
extern Dim3 threadIdx; // NOLINT(readability-identifier-naming)
extern Dim3 blockIdx;  // NOLINT(readability-identifier-naming)
extern Dim3 blockDim;  // NOLINT(readability-identifier-naming)
extern Dim3 gridDim;   // NOLINT(readability-identifier-naming)

// Waits for all threads of the block.
void block_barrier();

// The bits that lane (own lane XOR step) of the warp gave; waits for all threads of the warp.
[[nodiscard]] std::uint64_t exchange(std::uint64_t bits, int step);

// Runs `body(args)` for every thread of every block, the threads forwards in one launch and
// backwards in the next, so that a missing barrier changes a result. False when threads wait for
// each other for ever.
[[nodiscard]] bool
run_grid(void (*body)(const void* args), const void* args, const Dim3& grid, unsigned threads);

} // namespace emulator
