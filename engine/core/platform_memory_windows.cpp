// The memory figures of the operating system seam on Windows: what the process uses, and what its
// computer and the job that it belongs to leave.
#include <algorithm>

#include "engine/core/control_group.h"
#include "engine/core/platform.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
// psapi.h needs windows.h first.
#include <psapi.h>

namespace engine {

namespace {

PROCESS_MEMORY_COUNTERS memory_counters()
{
    PROCESS_MEMORY_COUNTERS counters = {};
    ::GetProcessMemoryInfo(::GetCurrentProcess(), &counters, sizeof(counters));
    return counters;
}

MEMORYSTATUSEX memory_status()
{
    MEMORYSTATUSEX status = {};
    status.dwLength = sizeof(status);
    ::GlobalMemoryStatusEx(&status);
    return status;
}

// What the limits of the process's job leave. What the job's other processes use is not known here.
std::int64_t job_room()
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
    if (::QueryInformationJobObject(
            nullptr, JobObjectExtendedLimitInformation, &limits, sizeof(limits), nullptr)
        == 0) {
        return kNoMemoryLimit;
    }
    const DWORD flags = limits.BasicLimitInformation.LimitFlags;
    const auto used = static_cast<std::int64_t>(memory_counters().PagefileUsage);
    std::int64_t room = kNoMemoryLimit;
    if ((flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY) != 0) {
        room = std::min(room, static_cast<std::int64_t>(limits.ProcessMemoryLimit) - used);
    }
    if ((flags & JOB_OBJECT_LIMIT_JOB_MEMORY) != 0) {
        room = std::min(room, static_cast<std::int64_t>(limits.JobMemoryLimit) - used);
    }
    return room;
}

} // namespace

MemoryUse process_memory()
{
    const PROCESS_MEMORY_COUNTERS counters = memory_counters();
    return {static_cast<std::int64_t>(counters.WorkingSetSize),
            static_cast<std::int64_t>(counters.PeakWorkingSetSize)};
}

std::int64_t total_memory_bytes()
{
    return static_cast<std::int64_t>(memory_status().ullTotalPhys);
}

std::int64_t available_memory_bytes()
{
    const MEMORYSTATUSEX status = memory_status();
    // The page file bounds what this process may commit.
    const auto free =
        static_cast<std::int64_t>(std::min(status.ullAvailPhys, status.ullAvailPageFile));
    return std::max<std::int64_t>(std::min(free, job_room()), 0);
}

} // namespace engine
