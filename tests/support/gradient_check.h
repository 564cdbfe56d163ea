// Central differences in double: the gradient that an op's backward is held against.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace lowrank_test {

using Values = std::vector<double>;

// sum of weights * values: the scalar whose gradient with respect to values is `weights`.
[[nodiscard]] inline double weighted_sum(std::span<const double> values,
                                         std::span<const double> weights)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum += values[i] * weights[i];
    }
    return sum;
}

// d loss / d x by (loss(x + h) - loss(x - h)) / 2h, one element at a time. With double arithmetic
// and h = 1e-5 the error is about 1e-9 of the values.
[[nodiscard]] inline Values central_differences(const std::function<double(const Values&)>& loss,
                                                Values x)
{
    constexpr double kStep = 1e-5;
    Values gradient(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double value = x[i];
        x[i] = value + kStep;
        const double above = loss(x);
        x[i] = value - kStep;
        const double below = loss(x);
        x[i] = value;
        gradient[i] = (above - below) / (2.0 * kStep);
    }
    return gradient;
}

} // namespace lowrank_test
