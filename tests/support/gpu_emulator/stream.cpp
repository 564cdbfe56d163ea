// A queue that runs when it is waited for.
#include "tests/support/gpu_emulator/stream.h"

#include <deque>
#include <utility>

#include "tests/support/gpu_emulator/memory.h"

namespace emulator {

namespace {

std::deque<Work> g_queue;
std::uint64_t g_done = 0;
std::uint64_t g_waits = 0;
int g_status = 0;
float g_now = 0.0F; // milliseconds
bool g_capturing = false;
bool g_spoilt = false;
std::vector<Work> g_captured;

} // namespace

void enqueue(Work work)
{
    if (g_capturing) {
        g_captured.push_back(std::move(work));
        return;
    }
    g_queue.push_back(std::move(work));
}

std::uint64_t queued()
{
    return g_done + g_queue.size();
}

int run_until(std::uint64_t count)
{
    const DeviceAccess access;
    g_waits += g_done < count && !g_queue.empty() ? 1 : 0;
    while (g_done < count && !g_queue.empty()) {
        const Work work = std::move(g_queue.front());
        g_queue.pop_front();
        ++g_done;
        if (g_status == 0) {
            g_status = work();
        }
    }
    return g_status;
}

void begin_capture()
{
    g_capturing = true;
    g_spoilt = false;
}

bool is_capturing()
{
    return g_capturing;
}

void spoil_capture()
{
    g_spoilt = true;
}

std::optional<std::vector<Work>> end_capture()
{
    g_capturing = false;
    std::vector<Work> captured = std::exchange(g_captured, {});
    return g_spoilt ? std::nullopt : std::optional(std::move(captured));
}

void spend(float milliseconds)
{
    g_now += milliseconds;
}

float now()
{
    return g_now;
}

std::uint64_t waits()
{
    return g_waits;
}

} // namespace emulator
