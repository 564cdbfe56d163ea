// The threads of one block as fibers: one runs until a barrier or a shuffle, then the next.
#pragma once

#include <cstddef>

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

// Gives some bytes to the warp and waits until all its threads have. Until its next call a thread
// may receive what a lane gave; the launch fails when that lane gave nothing or something else.
void share(const void* bytes, std::size_t size);
void receive(unsigned lane, void* bytes, std::size_t size);

// The launch fails, as on a GPU that meets an illegal instruction or address.
void fail_unless(bool condition);

// Runs `body(args)` for every thread of every block, the threads forwards in one launch and
// backwards in the next, so that a missing barrier changes a result. False when a thread fails or
// threads wait for each other for ever.
[[nodiscard]] bool
run_grid(void (*body)(const void* args), const void* args, const Dim3& grid, unsigned threads);

} // namespace emulator
