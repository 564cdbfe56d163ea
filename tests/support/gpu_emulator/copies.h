// Copies that run beside the arithmetic (cp.async), of the running fiber. Half of the blocks copy
// at once and half as late as they may: a missing wait shows in one, a stage reused too early in
// the other.
#pragma once

#include <cstddef>

namespace emulator {

struct Copy
{
    void* to;
    const void* from; // null: zeros
    std::size_t bytes;
};

void begin_copy(const Copy& copy);
// Ends a group.
void commit_copies();
// All groups but the last `pending` are done after it.
void finish_copies(int pending);

// Before a block: what the last one never waited for is gone.
void forget_copies();

} // namespace emulator
