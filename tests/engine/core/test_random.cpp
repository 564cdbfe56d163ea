// Philox against the published known-answer vectors, and the stream on top of it.
#include <gtest/gtest.h>
#include <vector>

#include "engine/core/random.h"

namespace engine {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers of philox4x32-10 from the Random123 distribution (kat_vectors).
TEST(Philox, KnownAnswers)
{
    EXPECT_EQ(philox4x32(0, 0, 0), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox4x32(~0ULL, ~0ULL, ~0ULL),
              (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    // key a4093822 299f31d0, counter 243f6a88 85a308d3 13198a2e 03707344
    EXPECT_EQ(philox4x32(0x299f31d0a4093822ULL, 0x0370734413198a2eULL, 0x85a308d3243f6a88ULL),
              (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, PositionIsTheWholeState)
{
    Random first(42, 7);
    for (int i = 0; i < 13; ++i) {
        (void)first.next_u32();
    }
    Random second(42, 7);
    second.set_position(first.position());
    for (int i = 0; i < 9; ++i) {
        ASSERT_EQ(first.next_u64(), second.next_u64());
    }
}

// What runs were recorded with: word n is word n % 4 of block n / 4, from any position on.
TEST(Random, WordsAreThoseOfTheBlocksInOrder)
{
    constexpr std::uint64_t kSeed = 0x0123456789abcdefULL;
    Random random(kSeed, 3);
    for (const std::uint64_t start : {0ULL, 5ULL, 2ULL, 3ULL, 3ULL, 0xffffffffffULL}) {
        random.set_position(start);
        for (std::uint64_t n = start; n < start + 11; ++n) {
            ASSERT_EQ(random.next_u32(), philox4x32(kSeed, 3, n / 4)[n % 4]) << n;
        }
    }
}

TEST(Random, ANormalIsFourWords)
{
    Random all(21);
    for (std::uint64_t n = 0; n < 9; ++n) {
        Random one(21);
        one.set_position(n * Random::kWordsOfNormal);
        ASSERT_EQ(all.normal(), one.normal());
    }
}

TEST(Random, StreamsAndSeedsDiffer)
{
    EXPECT_NE(Random(1, 0).next_u64(), Random(2, 0).next_u64());
    EXPECT_NE(Random(1, 0).next_u64(), Random(1, 1).next_u64());
}

TEST(Random, BelowIsUniform)
{
    Random random(5);
    std::vector<int> counts(7, 0);
    constexpr int kDraws = 70000;
    for (int i = 0; i < kDraws; ++i) {
        ++counts[random.below(7)];
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, kDraws / 7.0, 500); // five standard deviations (93 each)
    }
    EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, NormalHasTheMomentsOfANormal)
{
    Random random(11);
    double sum = 0.0;
    double squares = 0.0;
    double fourths = 0.0;
    constexpr int kDraws = 100000;
    for (int i = 0; i < kDraws; ++i) {
        const double x = random.normal();
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
    }
    EXPECT_NEAR(sum / kDraws, 0.0, 0.02);
    EXPECT_NEAR(squares / kDraws, 1.0, 0.03);
    EXPECT_NEAR(fourths / kDraws, 3.0, 0.2);
}

} // namespace
} // namespace engine
