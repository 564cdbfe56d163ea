// The driver's streams, events, captures and graphs.
#include <cstdlib>
#include <map>

#include "tests/support/gpu_emulator/driver.h"
#include "tests/support/gpu_emulator/stream.h"

namespace {

using emulator::has_context;
using emulator::kCaptureInvalidated;
using emulator::kCaptureUnsupported;
using emulator::kInvalidHandle;
using emulator::kInvalidValue;
using emulator::kOutOfMemory;

std::uint64_t g_graph_launches = 0;

struct Event
{
    bool timed = true;
    emulator::Point after; // the work that precedes it
    float time = 0.0F;     // when it was reached
};

std::map<const void*, Event>& events()
{
    static std::map<const void*, Event> map;
    return map;
}

// Nobody may wait for work that is only written down.
bool waits_in_capture()
{
    if (emulator::is_capturing()) {
        emulator::spoil_capture();
    }
    return emulator::is_capturing();
}

} // namespace

extern "C" {

int cuStreamCreate(void** stream, unsigned int /*flags*/)
{
    *stream = emulator::make_stream();
    return has_context() ? 0 : kInvalidValue;
}

int cuStreamDestroy_v2(void* stream)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    if (queue == nullptr) {
        return kInvalidHandle;
    }
    emulator::destroy_stream(queue);
    return 0;
}

int cuStreamSynchronize(void* stream)
{
    if (waits_in_capture()) {
        return kCaptureUnsupported;
    }
    const emulator::Stream* queue = emulator::stream_of(stream);
    return queue != nullptr ? emulator::run_until(emulator::now(queue)) : kInvalidHandle;
}

int cuStreamWaitEvent(void* stream, void* event, unsigned int flags)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    if (queue == nullptr || !events().contains(event)) {
        return kInvalidHandle;
    }
    const emulator::Point& after = events()[event].after;
    if (after.stream == nullptr) { // never recorded
        return 0;
    }
    return flags == 0 ? emulator::wait_for(queue, after) : kInvalidValue;
}

int cuStreamBeginCapture_v2(void* stream, int /*mode*/)
{
    if (std::getenv("LOWRANK_EMULATED_NO_GRAPHS") != nullptr) { // NOLINT(concurrency-mt-unsafe)
        return kCaptureUnsupported;
    }
    emulator::Stream* queue = emulator::stream_of(stream);
    if (queue == nullptr) {
        return kInvalidHandle;
    }
    emulator::begin_capture(queue);
    return 0;
}

int cuStreamEndCapture(void* /*stream*/, emulator::Graph** graph)
{
    auto captured = emulator::end_capture();
    *graph = captured ? new emulator::Graph(std::move(*captured)) : nullptr;
    return captured ? 0 : kCaptureInvalidated;
}

int cuGraphInstantiateWithFlags(emulator::Graph** executable,
                                const emulator::Graph* graph,
                                unsigned long long /*flags*/)
{
    *executable = new emulator::Graph(*graph);
    return 0;
}

int cuGraphLaunch(const emulator::Graph* executable, void* stream)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (std::getenv("LOWRANK_EMULATED_NO_GRAPH_MEMORY") != nullptr) {
        return kOutOfMemory;
    }
    ++g_graph_launches;
    emulator::Stream* queue = emulator::stream_of(stream);
    if (!has_context() || queue == nullptr) {
        return kInvalidHandle;
    }
    emulator::launch(*executable, queue);
    return 0;
}

int cuGraphExecDestroy(emulator::Graph* executable)
{
    delete executable;
    return 0;
}

int cuGraphDestroy(emulator::Graph* graph)
{
    delete graph;
    return 0;
}

// For tests: no driver has these.
std::uint64_t emulated_graph_launches()
{
    return g_graph_launches;
}

std::uint64_t emulated_waits()
{
    return emulator::waits();
}

std::uint64_t emulated_unfinished()
{
    return emulator::unfinished();
}

int cuEventCreate(void** event, unsigned int flags)
{
    constexpr unsigned kDisableTiming = 2;
    *event = std::malloc(1);
    events()[*event] = {.timed = (flags & kDisableTiming) == 0, .after = {}};
    return 0;
}

int cuEventDestroy_v2(void* event)
{
    events().erase(event);
    std::free(event);
    return 0;
}

int cuEventRecord(void* event, void* stream)
{
    emulator::Stream* queue = emulator::stream_of(stream);
    if (queue == nullptr || !events().contains(event)) {
        return kInvalidHandle;
    }
    if (events()[event].timed) {
        emulator::enqueue(queue, [event] {
            events()[event].time = emulator::time();
            return 0;
        });
    }
    events()[event].after = emulator::now(queue);
    return 0;
}

int cuEventElapsedTime_v2(float* milliseconds, void* begin, void* end)
{
    if (!events().contains(begin) || !events().contains(end) || !events()[begin].timed
        || !events()[end].timed) {
        return kInvalidHandle;
    }
    *milliseconds = events()[end].time - events()[begin].time;
    return 0;
}

int cuEventSynchronize(void* event)
{
    if (waits_in_capture()) {
        return kCaptureUnsupported;
    }
    if (!events().contains(event)) {
        return kInvalidHandle;
    }
    const emulator::Point& after = events()[event].after;
    return after.stream != nullptr ? emulator::run_until(after) : 0; // else never recorded
}

} // extern "C"
