// The emulated device's streams of work. Nothing runs before somebody waits for it, and of other
// streams only what an event demands, so that code which reuses memory too early is found; with
// LOWRANK_EMULATED_STREAMS=early the other streams run as far ahead as events let them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace emulator {

// Returns the driver's or cuBLAS' status.
using Work = std::function<int()>;

class Stream;

// After so much of a stream's work, counted from its start or, in a capture, from the capture's.
struct Point
{
    Stream* stream = nullptr;
    std::uint64_t count = 0;
    std::uint64_t capture = 0; // its number; 0: none
};

// Work, or a wait.
struct Step
{
    Work work;
    Point awaited; // with a stream: a wait for it
};

// What was captured of each stream, the one that began it first.
using Graph = std::vector<std::pair<Stream*, std::vector<Step>>>;

[[nodiscard]] Stream* make_stream();
// Null for what is no stream.
[[nodiscard]] Stream* stream_of(void* handle);
void destroy_stream(Stream* stream);

void enqueue(Stream* stream, Work work);
// After all that was queued so far.
[[nodiscard]] Point now(const Stream* stream);
// What comes later on the stream waits for the point; it joins the point's capture. Returns the
// driver's status.
[[nodiscard]] int wait_for(Stream* stream, const Point& point);

// Runs what precedes the point, or everything. The first failure is kept: it answers every later
// call too, as a lost device does.
[[nodiscard]] int run_until(const Point& point);
[[nodiscard]] int run_all();

// Between the two, work is written down instead of queued; end gives it, or nothing where somebody
// asked for what cannot be captured or left a stream that the first one does not wait for.
void begin_capture(Stream* stream);
[[nodiscard]] bool is_capturing();
void spoil_capture();
[[nodiscard]] std::optional<Graph> end_capture();

// Queues all of a graph; streams beside the first run on ones of the graph's own.
void launch(const Graph& graph, Stream* stream);

// The device's own time, which only work moves on.
void spend(float milliseconds);
[[nodiscard]] float time();

// Work that was queued and is not done.
[[nodiscard]] std::uint64_t unfinished();

// How often a caller found unfinished work that it had to wait for.
[[nodiscard]] std::uint64_t waits();

} // namespace emulator
