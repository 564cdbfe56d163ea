// A cooperative scheduler of a block's threads.
#include "tests/support/gpu_emulator/block.h"

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <ucontext.h>
#include <vector>

#include "tests/support/gpu_emulator/copies.h"

namespace emulator {

Dim3 threadIdx;
Dim3 blockIdx;
Dim3 blockDim;
Dim3 gridDim;

namespace {

constexpr unsigned kWarp = 32;
constexpr std::size_t kStackBytes = std::size_t{128} << 10U;

constexpr std::size_t kMostShared = 24; // bytes

enum class State { Ready, AtBlockBarrier, AtWarpBarrier, Failed, Done };

// What a fiber gives to its warp.
struct Gift
{
    std::size_t size = 0;
    std::byte bytes[kMostShared] = {};
};

// Entered once by ucontext; every later switch is a jump, which makes no system call.
struct Fiber
{
    std::unique_ptr<std::byte[]> stack = std::make_unique_for_overwrite<std::byte[]>(kStackBytes);
    jmp_buf place = {};
    bool entered = false;
    State state = State::Done;
    unsigned gifts = 0; // so far
    Gift gift[2];       // of an even call and an odd one: a slow reader still has the last
};

std::vector<std::unique_ptr<Fiber>> g_fibers; // kept from launch to launch
jmp_buf g_scheduler;
unsigned g_running = 0;
void (*g_body)(const void*) = nullptr;
const void* g_args = nullptr;

void wait(State state)
{
    Fiber& fiber = *g_fibers[g_running];
    fiber.state = state;
    if (_setjmp(fiber.place) == 0) {
        _longjmp(g_scheduler, 1);
    }
}

[[noreturn]] void run_threads()
{
    for (;;) {
        g_body(g_args);
        wait(State::Done);
    }
}

void start(unsigned number)
{
    while (g_fibers.size() <= number) {
        g_fibers.push_back(std::make_unique<Fiber>());
    }
    g_fibers[number]->state = State::Ready;
    g_fibers[number]->gifts = 0;
}

// Until the fiber waits or is done.
void resume(unsigned number)
{
    Fiber& fiber = *g_fibers[number];
    g_running = number;
    threadIdx = {number, 0, 0};
    if (_setjmp(g_scheduler) != 0) {
        return;
    }
    if (fiber.entered) {
        _longjmp(fiber.place, 1);
    }
    fiber.entered = true;
    ucontext_t context = {};
    getcontext(&context);
    context.uc_stack.ss_sp = fiber.stack.get();
    context.uc_stack.ss_size = kStackBytes;
    context.uc_link = nullptr;
    makecontext(&context, run_threads, 0);
    setcontext(&context);
}

// Makes fibers [first, last) ready if those that still run all wait at `barrier`.
bool release(unsigned first, unsigned last, State barrier)
{
    bool any = false;
    for (unsigned i = first; i < last; ++i) {
        const State state = g_fibers[i]->state;
        if (state != barrier && state != State::Done) {
            return false;
        }
        any = any || state == barrier;
    }
    for (unsigned i = first; any && i < last; ++i) {
        if (g_fibers[i]->state == barrier) {
            g_fibers[i]->state = State::Ready;
        }
    }
    return any;
}

bool all_done(unsigned threads)
{
    for (unsigned i = 0; i < threads; ++i) {
        if (g_fibers[i]->state != State::Done) {
            return false;
        }
    }
    return true;
}

// Until all threads of the warp are done or at the block's barrier, as far as the others let it.
bool run_warp(unsigned first, unsigned last, bool backwards)
{
    bool moved = false;
    do {
        for (unsigned n = first; n < last; ++n) {
            const unsigned i = backwards ? first + last - 1 - n : n;
            if (g_fibers[i]->state == State::Ready) {
                resume(i);
                moved = true;
            }
        }
    } while (release(first, last, State::AtWarpBarrier));
    return moved;
}

// A warp runs as far ahead of the others as barriers allow.
bool run_block(unsigned threads, bool backwards)
{
    forget_copies();
    for (unsigned i = 0; i < threads; ++i) {
        start(i);
    }
    const unsigned warps = (threads + kWarp - 1) / kWarp;
    while (!all_done(threads)) {
        bool moved = false;
        for (unsigned n = 0; n < warps; ++n) {
            const unsigned first = (backwards ? warps - 1 - n : n) * kWarp;
            moved = run_warp(first, std::min(first + kWarp, threads), backwards) || moved;
        }
        moved = release(0, threads, State::AtBlockBarrier) || moved;
        if (!moved) {
            return false;
        }
    }
    return true;
}

} // namespace

void block_barrier()
{
    wait(State::AtBlockBarrier);
}

void share(const void* bytes, std::size_t size)
{
    fail_unless(size <= kMostShared);
    Fiber& fiber = *g_fibers[g_running];
    Gift& gift = fiber.gift[fiber.gifts % 2];
    ++fiber.gifts;
    gift.size = size;
    std::memcpy(gift.bytes, bytes, size);
    wait(State::AtWarpBarrier);
}

void receive(unsigned lane, void* bytes, std::size_t size)
{
    const unsigned thread = g_running / kWarp * kWarp + lane;
    fail_unless(lane < kWarp && thread < blockDim.x);
    const Fiber& own = *g_fibers[g_running];
    const Fiber& other = *g_fibers[thread];
    // A fast lane may be one call further.
    const Gift& gift = other.gift[(own.gifts - 1) % 2];
    fail_unless(other.gifts >= own.gifts && gift.size == size);
    std::memcpy(bytes, gift.bytes, size);
}

void fail_unless(bool condition)
{
    if (!condition) {
        wait(State::Failed);
    }
}

bool run_grid(void (*body)(const void* args), const void* args, const Dim3& grid, unsigned threads)
{
    static bool backwards = false;
    backwards = !backwards;
    g_body = body;
    g_args = args;
    gridDim = grid;
    blockDim = {threads, 1, 1};
    for (unsigned y = 0; y < grid.y; ++y) {
        for (unsigned x = 0; x < grid.x; ++x) {
            blockIdx = {x, y, 0};
            if (!run_block(threads, backwards)) {
                return false;
            }
        }
    }
    return true;
}

} // namespace emulator
