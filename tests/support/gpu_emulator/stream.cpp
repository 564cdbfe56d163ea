// Queues that run when they are waited for.
#include "tests/support/gpu_emulator/stream.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <numeric>
#include <string_view>

#include "tests/support/gpu_emulator/driver.h"
#include "tests/support/gpu_emulator/memory.h"

namespace emulator {

class Stream
{
public:
    std::deque<Step> queue;
    std::uint64_t done = 0;
    bool destroyed = false;
};

namespace {

std::deque<Stream> g_streams; // stay where they are; nobody takes one away
std::vector<Stream*> g_lanes; // of graphs, beside the stream that a graph is started on
std::uint64_t g_waits = 0;
int g_status = 0;
float g_time = 0.0F; // milliseconds
bool g_capturing = false;
bool g_spoilt = false;
std::uint64_t g_captures = 0;
Graph g_captured;

// Null where the stream takes no part in a capture.
std::vector<Step>* captured_of(const Stream* stream)
{
    const auto found = std::find_if(g_captured.begin(), g_captured.end(), [&](const auto& lane) {
        return lane.first == stream;
    });
    return found == g_captured.end() ? nullptr : &found->second;
}

void add(Stream* stream, Step step)
{
    if (std::vector<Step>* captured = captured_of(stream)) {
        captured->push_back(std::move(step));
    } else {
        stream->queue.push_back(std::move(step));
    }
}

bool is_reached(const Point& point)
{
    return point.stream->done >= point.count;
}

void run(Stream& stream, std::uint64_t count);

void run_next(Stream& stream)
{
    const Step step = std::move(stream.queue.front());
    stream.queue.pop_front();
    ++stream.done;
    if (step.awaited.stream != nullptr) {
        run(*step.awaited.stream, step.awaited.count);
    } else if (g_status == 0) {
        g_status = step.work();
    }
}

void run(Stream& stream, std::uint64_t count)
{
    while (stream.done < count && !stream.queue.empty()) {
        run_next(stream);
    }
}

// As far as they come without the one.
void run_others(const Stream& stream)
{
    for (Stream& other : g_streams) {
        while (&other != &stream && !other.queue.empty()
               && (other.queue.front().awaited.stream == nullptr
                   || is_reached(other.queue.front().awaited))) {
            run_next(other);
        }
    }
}

bool others_are_early()
{
    const char* word = std::getenv("LOWRANK_EMULATED_STREAMS"); // NOLINT(concurrency-mt-unsafe)
    return word != nullptr && std::string_view(word) == "early";
}

// Everything of the graph's streams must come before the end of the first.
bool is_joined(const Graph& graph)
{
    const std::vector<Step>& first = graph.front().second;
    return std::all_of(graph.begin() + 1, graph.end(), [&](const auto& lane) {
        return std::any_of(first.begin(), first.end(), [&](const Step& step) {
            return step.awaited.stream == lane.first && step.awaited.count == lane.second.size();
        });
    });
}

} // namespace

Stream* make_stream()
{
    return &g_streams.emplace_back();
}

Stream* stream_of(void* handle)
{
    const auto found = std::find_if(g_streams.begin(), g_streams.end(), [&](const Stream& stream) {
        return &stream == handle && !stream.destroyed;
    });
    return found == g_streams.end() ? nullptr : &*found;
}

void destroy_stream(Stream* stream)
{
    stream->destroyed = true;
}

void enqueue(Stream* stream, Work work)
{
    add(stream, {.work = std::move(work), .awaited = {}});
}

Point now(const Stream* stream)
{
    if (const std::vector<Step>* captured = captured_of(stream)) {
        return {const_cast<Stream*>(stream), captured->size(), g_captures};
    }
    return {const_cast<Stream*>(stream), stream->done + stream->queue.size()};
}

int wait_for(Stream* stream, const Point& point)
{
    const bool of_this_capture = g_capturing && point.capture == g_captures;
    if (point.capture != 0 && !of_this_capture) {
        return kCapturedEvent;
    }
    if (captured_of(stream) == nullptr) {
        if (of_this_capture) {
            g_captured.emplace_back(stream, std::vector<Step>());
        }
    } else if (!of_this_capture) {
        spoil_capture();
        return kCaptureIsolation;
    }
    add(stream, {.work = {}, .awaited = point});
    return 0;
}

int run_until(const Point& point)
{
    const DeviceAccess access;
    g_waits += is_reached(point) ? 0 : 1;
    const bool early = others_are_early();
    while (!is_reached(point) && !point.stream->queue.empty()) {
        if (early) {
            run_others(*point.stream);
        }
        run_next(*point.stream);
    }
    return g_status;
}

int run_all()
{
    for (const Stream& stream : g_streams) {
        (void)run_until({const_cast<Stream*>(&stream), stream.done + stream.queue.size()});
    }
    return g_status;
}

void begin_capture(Stream* stream)
{
    g_capturing = true;
    g_spoilt = false;
    ++g_captures;
    g_captured.clear();
    g_captured.emplace_back(stream, std::vector<Step>());
}

bool is_capturing()
{
    return g_capturing;
}

void spoil_capture()
{
    g_spoilt = true;
}

std::optional<Graph> end_capture()
{
    g_capturing = false;
    Graph captured = std::exchange(g_captured, {});
    return g_spoilt || !is_joined(captured) ? std::nullopt : std::optional(std::move(captured));
}

void launch(const Graph& graph, Stream* stream)
{
    while (g_lanes.size() + 1 < graph.size()) {
        g_lanes.push_back(make_stream());
    }
    const auto lane_of = [&](const Stream* captured) {
        const auto found = std::find_if(
            graph.begin(), graph.end(), [&](const auto& lane) { return lane.first == captured; });
        const auto index = static_cast<std::size_t>(found - graph.begin());
        return index == 0 ? stream : g_lanes[index - 1];
    };
    std::vector<std::pair<Stream*, std::uint64_t>> begins;
    for (const auto& lane : graph) {
        begins.emplace_back(lane_of(lane.first), now(lane_of(lane.first)).count);
    }
    for (const auto& [captured, steps] : graph) {
        for (Step step : steps) {
            if (step.awaited.stream != nullptr) {
                Stream* awaited = lane_of(step.awaited.stream);
                const auto begin =
                    std::find_if(begins.begin(), begins.end(), [&](const auto& each) {
                        return each.first == awaited;
                    });
                step.awaited = {awaited, begin->second + step.awaited.count};
            }
            add(lane_of(captured), std::move(step));
        }
    }
}

void spend(float milliseconds)
{
    g_time += milliseconds;
}

float time()
{
    return g_time;
}

std::uint64_t unfinished()
{
    return std::accumulate(
        g_streams.begin(), g_streams.end(), std::uint64_t{0}, [](auto sum, const Stream& stream) {
            return sum + stream.queue.size();
        });
}

std::uint64_t waits()
{
    return g_waits;
}

} // namespace emulator
