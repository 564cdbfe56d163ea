// The thread team: every index once, the same split every time, no nested teams.
#include <atomic>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

#include "engine/core/parallel_for.h"

namespace engine {
namespace {

class ParallelFor : public testing::TestWithParam<int>
{
protected:
    void SetUp() override { set_num_threads(GetParam()); }

    void TearDown() override { set_num_threads(0); }
};

TEST_P(ParallelFor, VisitsEveryIndexOnce)
{
    for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
        for (const std::int64_t grain : {1, 3, 5000}) {
            std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
            parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i) {
                    ++visits[static_cast<std::size_t>(i)];
                }
            });
            for (const auto& visit : visits) {
                ASSERT_EQ(visit.load(), 1);
            }
        }
    }
}

TEST_P(ParallelFor, TasksVisitEveryIndexOnce)
{
    std::vector<std::atomic<int>> visits(101);
    parallel_tasks(101, [&](std::int64_t begin, std::int64_t end) {
        ASSERT_EQ(end, begin + 1);
        ++visits[static_cast<std::size_t>(begin)];
    });
    for (const auto& visit : visits) {
        ASSERT_EQ(visit.load(), 1);
    }
}

TEST_P(ParallelFor, TheSplitDependsOnTheThreadCountAlone)
{
    const auto split = [] {
        std::vector<std::int64_t> starts(100, -1);
        parallel_for(100, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                starts[static_cast<std::size_t>(i)] = begin;
            }
        });
        return starts;
    };
    EXPECT_EQ(split(), split());
}

TEST_P(ParallelFor, NestedLoopsStayOnTheirThread)
{
    std::atomic<std::int64_t> sum = 0;
    parallel_for(8, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const int outer = thread_index();
            parallel_for(10, 1, [&](std::int64_t inner_begin, std::int64_t inner_end) {
                EXPECT_EQ(inner_begin, 0);
                EXPECT_EQ(inner_end, 10);
                EXPECT_EQ(thread_index(), outer);
                sum += inner_end - inner_begin;
            });
        }
    });
    EXPECT_EQ(sum.load(), 80);
}

INSTANTIATE_TEST_SUITE_P(Threads, ParallelFor, testing::Values(1, 2, 5));

} // namespace
} // namespace engine
