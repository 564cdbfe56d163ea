// A cooperative scheduler of a block's threads.
#include "tests/support/gpu_emulator/block.h"

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <memory>
#include <ucontext.h>
#include <vector>

namespace emulator {

Dim3 threadIdx;
Dim3 blockIdx;
Dim3 blockDim;
Dim3 gridDim;

namespace {

constexpr unsigned kWarp = 32;
constexpr std::size_t kStackBytes = std::size_t{128} << 10U;

enum class State { Ready, AtBlockBarrier, AtWarpBarrier, Done };

// Entered once by ucontext; every later switch is a jump, which makes no system call.
struct Fiber
{
    std::unique_ptr<std::byte[]> stack = std::make_unique_for_overwrite<std::byte[]>(kStackBytes);
    jmp_buf place = {};
    bool entered = false;
    State state = State::Done;
    std::uint64_t bits = 0; // what it gives to exchange()
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

bool run_block(unsigned threads, bool backwards)
{
    for (unsigned i = 0; i < threads; ++i) {
        start(i);
    }
    while (!all_done(threads)) {
        bool moved = false;
        for (unsigned n = 0; n < threads; ++n) {
            const unsigned i = backwards ? threads - 1 - n : n;
            if (g_fibers[i]->state == State::Ready) {
                resume(i);
                moved = true;
            }
        }
        for (unsigned first = 0; first < threads; first += kWarp) {
            moved = release(first, std::min(first + kWarp, threads), State::AtWarpBarrier) || moved;
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

std::uint64_t exchange(std::uint64_t bits, int step)
{
    const unsigned self = g_running;
    g_fibers[self]->bits = bits;
    wait(State::AtWarpBarrier);
    const std::uint64_t other = g_fibers[self ^ static_cast<unsigned>(step)]->bits;
    wait(State::AtWarpBarrier); // all have read before any gives its next
    return other;
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
