// What only Windows has: jobs that limit a process.
#include <gtest/gtest.h>

#include "engine/core/platform.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

namespace engine {
namespace {

class LimitedJob
{
public:
    LimitedJob()
        : m_job(::CreateJobObjectW(nullptr, nullptr))
    {
        limit(1 << 20, JOB_OBJECT_LIMIT_PROCESS_MEMORY); // less than is used already
        ::AssignProcessToJobObject(m_job, ::GetCurrentProcess());
    }

    LimitedJob(const LimitedJob&) = delete;
    LimitedJob& operator=(const LimitedJob&) = delete;

    ~LimitedJob()
    {
        limit(0, 0);
        ::CloseHandle(m_job);
    }

    // Wine takes limits and forgets them.
    [[nodiscard]] bool kept() const
    {
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
        return ::QueryInformationJobObject(
                   m_job, JobObjectExtendedLimitInformation, &limits, sizeof(limits), nullptr)
                   != 0
               && limits.BasicLimitInformation.LimitFlags != 0;
    }

private:
    void limit(SIZE_T bytes, DWORD flags)
    {
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
        limits.BasicLimitInformation.LimitFlags = flags;
        limits.ProcessMemoryLimit = bytes;
        ::SetInformationJobObject(
            m_job, JobObjectExtendedLimitInformation, &limits, sizeof(limits));
    }

    HANDLE m_job;
};

TEST(Memory, WhatIsAvailableRegardsTheJobsLimit)
{
    EXPECT_GT(available_memory_bytes(), 0);
    const LimitedJob job;
    if (!job.kept()) {
        GTEST_SKIP() << "jobs keep no limits here";
    }
    EXPECT_EQ(available_memory_bytes(), 0);
}

} // namespace
} // namespace engine
