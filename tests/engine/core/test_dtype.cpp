// Conversions of the 16-bit floats against their bit-level definitions.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "engine/core/dtype.h"

namespace engine {
namespace {

TEST(BFloat16, RoundsToNearestEven)
{
    EXPECT_EQ(to_bfloat16(1.0F).bits, 0x3f80);
    // 1 + 2^-8 lies half way between 0x3f80 and 0x3f81: the even one wins.
    EXPECT_EQ(to_bfloat16(1.0F + 0x1p-8F).bits, 0x3f80);
    EXPECT_EQ(to_bfloat16(1.0F + 0x1p-8F + 0x1p-20F).bits, 0x3f81);
    // 1 + 3 * 2^-8 lies half way between 0x3f81 and 0x3f82.
    EXPECT_EQ(to_bfloat16(1.0F + 0x3p-8F).bits, 0x3f82);
    EXPECT_EQ(to_bfloat16(-2.5F).bits, 0xc020);
}

TEST(BFloat16, KeepsSpecialValues)
{
    EXPECT_EQ(to_bfloat16(std::numeric_limits<float>::infinity()).bits, 0x7f80);
    EXPECT_EQ(to_bfloat16(std::numeric_limits<float>::max()).bits, 0x7f80);
    EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::bit_cast<float>(0x7f800001U)))));
    EXPECT_EQ(to_bfloat16(-0.0F).bits, 0x8000);
}

TEST(BFloat16, RoundTripsEveryFiniteValue)
{
    for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
        const bfloat16_t value{static_cast<std::uint16_t>(bits)};
        const float wide = to_float(value);
        if (!std::isnan(wide)) {
            ASSERT_EQ(to_bfloat16(wide).bits, bits);
        }
    }
}

// The value of a half by its definition: sign * 2^(e - 15) * (1 + m / 1024), subnormal 2^-14 * m /
// 1024.
double half_value(std::uint32_t bits)
{
    const int exponent = static_cast<int>((bits >> 10U) & 0x1fU);
    const double mantissa = static_cast<double>(bits & 0x3ffU) / 1024.0;
    const double magnitude =
        exponent == 0 ? std::ldexp(mantissa, -14) : std::ldexp(1.0 + mantissa, exponent - 15);
    return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

TEST(Float16, EveryFiniteValueIsItsDefinitionAndRoundTrips)
{
    for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
        if ((bits & 0x7c00U) == 0x7c00U) {
            continue;
        }
        const float16_t value{static_cast<std::uint16_t>(bits)};
        ASSERT_EQ(static_cast<double>(to_float(value)), half_value(bits)) << bits;
        ASSERT_EQ(to_float16(to_float(value)).bits, bits);
    }
}

TEST(Float16, RoundsToNearestEvenBetweenNeighbours)
{
    for (std::uint32_t bits = 0; bits < 0x7bffU; ++bits) {
        const double low = half_value(bits);
        const double high = half_value(bits + 1);
        const auto middle = static_cast<float>((low + high) / 2.0);
        const std::uint32_t even = (bits & 1U) == 0 ? bits : bits + 1;
        ASSERT_EQ(to_float16(middle).bits, even) << bits;
        ASSERT_EQ(to_float16(std::nextafter(middle, 0.0F)).bits, bits);
        ASSERT_EQ(to_float16(std::nextafter(middle, 1e9F)).bits, bits + 1);
    }
}

TEST(Float16, OverflowsToInfinity)
{
    EXPECT_EQ(to_float16(65519.9F).bits, 0x7bff);
    EXPECT_EQ(to_float16(65520.0F).bits, 0x7c00);
    EXPECT_EQ(to_float16(-1e10F).bits, 0xfc00);
    EXPECT_TRUE(std::isnan(to_float(to_float16(std::numeric_limits<float>::quiet_NaN()))));
}

} // namespace
} // namespace engine
