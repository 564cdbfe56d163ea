// The thread team on OpenMP, shared with oneDNN so that no two pools fight for the cores.
#include "engine/core/parallel_for.h"

#include <algorithm>
#include <omp.h>

#include "engine/core/thread_sanitizer.h"

namespace engine {

namespace {

int g_threads = 0;

char g_region = 0; // its address stands for the start and the end of every region

} // namespace

void set_num_threads(int count)
{
    g_threads = count > 0 ? count : omp_get_num_procs();
    omp_set_num_threads(g_threads);
}

int num_threads()
{
    if (g_threads == 0) {
        set_num_threads(0);
    }
    return g_threads;
}

int thread_index()
{
    return omp_get_thread_num();
}

namespace detail {

void parallel_for_impl(std::int64_t count, std::int64_t grain, void* context, RangeBody body)
{
    const std::int64_t parts =
        std::min<std::int64_t>(num_threads(), count / std::max<std::int64_t>(grain, 1));
    if (parts <= 1 || omp_in_parallel() != 0) {
        if (count > 0) {
            body(context, 0, count);
        }
        return;
    }
    publish(&g_region);
#pragma omp parallel num_threads(static_cast <int>(parts))
    {
        observe(&g_region);
        const std::int64_t part = omp_get_thread_num();
        const std::int64_t begin = count * part / parts;
        const std::int64_t end = count * (part + 1) / parts;
        if (begin < end) {
            body(context, begin, end);
        }
        publish(&g_region);
    }
    observe(&g_region);
}

void parallel_tasks_impl(std::int64_t count, void* context, RangeBody body)
{
    if (count <= 1 || num_threads() == 1 || omp_in_parallel() != 0) {
        for (std::int64_t index = 0; index < count; ++index) {
            body(context, index, index + 1);
        }
        return;
    }
    [[maybe_unused]] const int parts =
        static_cast<int>(std::min<std::int64_t>(num_threads(), count));
    publish(&g_region);
#pragma omp parallel num_threads(parts)
    {
        observe(&g_region);
#pragma omp for schedule(dynamic, 1)
        for (std::int64_t index = 0; index < count; ++index) {
            body(context, index, index + 1);
        }
        publish(&g_region);
    }
    observe(&g_region);
}

} // namespace detail

} // namespace engine
