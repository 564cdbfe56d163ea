// The schedules against values computed from transformers' formulas.
#include <gtest/gtest.h>

#include "engine/train/learning_rate.h"

namespace {

using engine::learning_rate_factor;
using engine::Schedule;

constexpr double kTolerance = 1e-12;

TEST(LearningRate, WarmUpRisesLinearlyFromZero)
{
    for (const Schedule schedule : {Schedule::Constant, Schedule::Linear, Schedule::Cosine}) {
        EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 0, 4, 20), 0.0);
        EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 1, 4, 20), 0.25);
        EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 3, 4, 20), 0.75);
        EXPECT_DOUBLE_EQ(learning_rate_factor(schedule, 4, 4, 20), 1.0);
    }
}

TEST(LearningRate, ConstantStays)
{
    EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::Constant, 19, 4, 20), 1.0);
}

TEST(LearningRate, LinearFallsToZeroAtMaxSteps)
{
    EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::Linear, 12, 4, 20), 0.5);
    EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::Linear, 20, 4, 20), 0.0);
    EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::Linear, 25, 4, 20), 0.0);
}

TEST(LearningRate, CosineFollowsTheHalfPeriod)
{
    EXPECT_NEAR(learning_rate_factor(Schedule::Cosine, 12, 4, 20), 0.5, kTolerance);
    // progress 1/4 and 3/4: (1 + cos(pi/4)) / 2 and (1 - cos(pi/4)) / 2
    EXPECT_NEAR(learning_rate_factor(Schedule::Cosine, 8, 4, 20), 0.8535533905932737, kTolerance);
    EXPECT_NEAR(learning_rate_factor(Schedule::Cosine, 16, 4, 20), 0.1464466094067262, kTolerance);
    EXPECT_NEAR(learning_rate_factor(Schedule::Cosine, 20, 4, 20), 0.0, kTolerance);
}

TEST(LearningRate, NoWarmUpStartsAtOne)
{
    EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::Cosine, 0, 0, 10), 1.0);
    EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::Linear, 0, 0, 10), 1.0);
}

TEST(LearningRate, WarmUpStepsRoundUp)
{
    EXPECT_EQ(engine::warmup_steps_of(0.05, 100), 5);
    EXPECT_EQ(engine::warmup_steps_of(0.05, 101), 6);
    EXPECT_EQ(engine::warmup_steps_of(0.0, 101), 0);
}

} // namespace
