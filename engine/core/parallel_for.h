// The CPU thread team: splits a range over the threads that the matrix library uses too (OpenMP).
// Inside a parallel region every library product runs on one thread, so loops over heads may call
// it.
#pragma once

#include <cstdint>
#include <type_traits>

namespace engine {

// Threads a parallel_for may use. `count` 0 means the processor's physical cores.
void set_num_threads(int count);
[[nodiscard]] int num_threads();

// The calling thread's number inside parallel_for, 0 <= n < num_threads().
[[nodiscard]] int thread_index();

namespace detail {
using RangeBody = void (*)(void* context, std::int64_t begin, std::int64_t end);
void parallel_for_impl(std::int64_t count, std::int64_t grain, void* context, RangeBody body);
void parallel_tasks_impl(std::int64_t count, void* context, RangeBody body);
} // namespace detail

// body(begin, end) over static, contiguous parts of [0, count), none smaller than `grain`: the same
// split for the same thread count, so sums stay reproducible. Allocates nothing. `body` must not
// throw.
template <typename Body>
void parallel_for(std::int64_t count, std::int64_t grain, Body&& body)
{
    detail::parallel_for_impl(
        count, grain, &body, [](void* context, std::int64_t begin, std::int64_t end) {
            (*static_cast<std::remove_reference_t<Body>*>(context))(begin, end);
        });
}

// body(index, index + 1) for tasks of uneven size, handed out one at a time in increasing order.
template <typename Body>
void parallel_tasks(std::int64_t count, Body&& body)
{
    detail::parallel_tasks_impl(
        count, &body, [](void* context, std::int64_t begin, std::int64_t end) {
            (*static_cast<std::remove_reference_t<Body>*>(context))(begin, end);
        });
}

} // namespace engine
