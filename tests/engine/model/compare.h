// How far two arrays of floats lie apart.
#pragma once

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <span>
#include <vector>

namespace tests {

inline double max_abs_difference(std::span<const float> a, std::span<const float> b)
{
    EXPECT_EQ(a.size(), b.size());
    double largest = 0.0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
    return largest;
}

inline double norm(std::span<const float> values)
{
    double sum = 0.0;
    for (const float value : values) {
        sum += static_cast<double>(value) * static_cast<double>(value);
    }
    return std::sqrt(sum);
}

// ||a - b|| / ||b||; 0 when both are zero.
inline double relative_error(std::span<const float> a, std::span<const float> b)
{
    EXPECT_EQ(a.size(), b.size());
    std::vector<float> difference(std::min(a.size(), b.size()));
    for (std::size_t i = 0; i < difference.size(); ++i) {
        difference[i] = a[i] - b[i];
    }
    const double error = norm(difference);
    if (std::isnan(error)) {
        return INFINITY;
    }
    return error == 0.0 ? 0.0 : error / std::max(norm(b), 1e-30);
}

} // namespace tests
