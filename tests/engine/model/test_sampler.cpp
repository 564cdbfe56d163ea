// One row of logits to one token: the order of the filters, their edges, and the frequencies.
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "engine/model/generator.h"

namespace {

using engine::Random;
using engine::SamplingConfig;

std::map<std::int32_t, int>
draw_many(const std::vector<float>& logits, const SamplingConfig& sampling, int draws)
{
    std::map<std::int32_t, int> counts;
    Random random(sampling.seed);
    for (int i = 0; i < draws; ++i) {
        ++counts[engine::sample_token(logits, sampling, random)];
    }
    return counts;
}

TEST(Sampler, GreedyTakesTheLowestOfTheBest)
{
    Random random(1);
    EXPECT_EQ(engine::sample_token(std::vector<float>{1, 3, 2, 3}, {}, random), 1);
    EXPECT_EQ(engine::sample_token(std::vector<float>{-5}, {}, random), 0);
    EXPECT_EQ(engine::sample_token(std::vector<float>{1, 3, 9}, {.vocab_limit = 2}, random), 1);
    EXPECT_EQ(random.position(), 0U); // nothing is drawn
    EXPECT_THROW((void)engine::sample_token({}, {}, random), engine::EngineError);
}

TEST(Sampler, FrequenciesFollowTheTemperature)
{
    const std::vector<float> logits = {std::log(1.0F), std::log(2.0F), std::log(5.0F)};
    const int draws = 20000;
    for (const double temperature : {1.0, 0.5}) {
        const auto counts = draw_many(logits, {.temperature = temperature, .seed = 3}, draws);
        double total = 0.0;
        for (const double weight : {1.0, 2.0, 5.0}) {
            total += std::pow(weight, 1.0 / temperature);
        }
        for (const auto& [id, weight] :
             std::map<std::int32_t, double>{{0, 1.0}, {1, 2.0}, {2, 5.0}}) {
            const double expected = std::pow(weight, 1.0 / temperature) / total;
            EXPECT_NEAR(static_cast<double>(counts.at(id)) / draws, expected, 0.015);
        }
    }
}

TEST(Sampler, TopKKeepsTies)
{
    const std::vector<float> logits = {2, 1, 3, 2, 0};
    const auto two = draw_many(logits, {.temperature = 1.0, .top_k = 2}, 3000);
    EXPECT_EQ(two.size(), 3U); // 3, and both 2s, as in transformers
    EXPECT_TRUE(two.contains(0) && two.contains(2) && two.contains(3));
    EXPECT_EQ(draw_many(logits, {.temperature = 1.0, .top_k = 1}, 100).size(), 1U);
    EXPECT_EQ(draw_many(logits, {.temperature = 1.0, .top_k = 9}, 3000).size(), 5U);
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt)
{
    std::vector<float> logits;
    for (const float p : {0.15F, 0.5F, 0.05F, 0.3F}) {
        logits.push_back(std::log(p));
    }
    const auto kept = [&](double top_p) {
        std::vector<std::int32_t> ids;
        for (const auto& [id, count] :
             draw_many(logits, {.temperature = 1.0, .top_p = top_p}, 3000)) {
            ids.push_back(id);
        }
        return ids;
    };
    EXPECT_EQ(kept(0.4), (std::vector<std::int32_t>{1}));
    EXPECT_EQ(kept(0.6), (std::vector<std::int32_t>{1, 3}));
    EXPECT_EQ(kept(0.9), (std::vector<std::int32_t>{0, 1, 3}));
    EXPECT_EQ(kept(1.0), (std::vector<std::int32_t>{0, 1, 2, 3}));
    EXPECT_EQ(kept(0.0), (std::vector<std::int32_t>{1})); // at least one
}

// Top-p sees what temperature and top-k left: at temperature 0.5 the weights 5:3:2 become 25:9:4.
TEST(Sampler, FiltersWorkInOrder)
{
    const std::vector<float> logits = {std::log(5.0F), std::log(3.0F), std::log(2.0F)};
    // 25 / 38 = 0.658 alone reaches 0.6; at temperature 1 it would be 0.5 and two are needed.
    EXPECT_EQ(draw_many(logits, {.temperature = 0.5, .top_p = 0.6}, 500).size(), 1U);
    EXPECT_EQ(draw_many(logits, {.temperature = 1.0, .top_p = 0.6}, 500).size(), 2U);
    // Among the two of top_k, 5 / 8 = 0.625 reaches 0.6 alone.
    EXPECT_EQ(draw_many(logits, {.temperature = 1.0, .top_k = 2, .top_p = 0.6}, 500).size(), 1U);
}

TEST(Sampler, VocabLimitHidesHigherIds)
{
    const std::vector<float> logits = {0, 0, 50, 50};
    const auto counts = draw_many(logits, {.temperature = 1.0, .vocab_limit = 2}, 500);
    EXPECT_EQ(counts.size(), 2U);
    EXPECT_FALSE(counts.contains(2));
}

} // namespace
