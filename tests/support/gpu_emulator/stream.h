// The work queue of the emulated device. Nothing runs before somebody waits for it, so that code
// which reuses memory too early is found.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace emulator {

// Returns the driver's or cuBLAS' status.
using Work = std::function<int()>;

void enqueue(Work work);

// The number of all work queued so far.
[[nodiscard]] std::uint64_t queued();

// Runs the queue up to `count` since the start. The first failure is kept: it answers every later
// call too, as a lost device does.
[[nodiscard]] int run_until(std::uint64_t count);

// Between the two, work is written down instead of queued; end gives it, or nothing where somebody
// asked for what cannot be captured.
void begin_capture();
[[nodiscard]] bool is_capturing();
void spoil_capture();
[[nodiscard]] std::optional<std::vector<Work>> end_capture();

// The device's own time, which only work moves on.
void spend(float milliseconds);
[[nodiscard]] float now();

// How often a caller found unfinished work that it had to wait for.
[[nodiscard]] std::uint64_t waits();

} // namespace emulator
