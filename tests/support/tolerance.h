// The tolerances of the engine's numeric tests: one table by dtype, and the two error measures.
#pragma once

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <span>
#include <string>

#include "engine/core/dtype.h"

namespace lowrank_test {

// Normalised mean square error, and the largest absolute error over the largest reference value.
struct Tolerance
{
    double nmse = 0.0;
    double max_abs = 0.0;
};

// bf16 keeps eight bits: one rounding is up to 2^-9 of the value, its square 4e-6.
[[nodiscard]] inline Tolerance tolerance_of(engine::DType dtype)
{
    switch (dtype) {
    case engine::DType::F32:
        return {.nmse = 1e-11, .max_abs = 1e-5};
    case engine::DType::BF16:
        return {.nmse = 1e-5, .max_abs = 1e-2};
    default:
        return {.nmse = 1e-6, .max_abs = 2e-3};
    }
}

struct Deviation
{
    double nmse = 0.0;
    double max_abs = 0.0;
};

[[nodiscard]] inline Deviation deviation(std::span<const double> got,
                                         std::span<const double> wanted)
{
    double error = 0.0;
    double power = 0.0;
    double worst = 0.0;
    double largest = 0.0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double difference = got[i] - wanted[i];
        error += difference * difference;
        power += wanted[i] * wanted[i];
        // A NaN must not hide in a maximum.
        worst = std::isnan(difference) ? INFINITY : std::max(worst, std::abs(difference));
        largest = std::max(largest, std::abs(wanted[i]));
    }
    constexpr double kTiny = 1e-30;
    return {error / std::max(power, kTiny), worst / std::max(largest, kTiny)};
}

// Fails naming `what` when `got` is further from `wanted` than the table allows.
inline void expect_close(const std::string& what,
                         std::span<const double> got,
                         std::span<const double> wanted,
                         engine::DType dtype)
{
    ASSERT_EQ(got.size(), wanted.size()) << what;
    const Tolerance allowed = tolerance_of(dtype);
    const Deviation found = deviation(got, wanted);
    EXPECT_LE(found.nmse, allowed.nmse) << what << " (" << to_string(dtype) << ")";
    EXPECT_LE(found.max_abs, allowed.max_abs) << what << " (" << to_string(dtype) << ")";
}

} // namespace lowrank_test
