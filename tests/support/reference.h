// The oracle: every op written as its definition, in double, with plain loops.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace lowrank_test::reference {

using Values = std::vector<double>;

inline double& at(Values& values, std::int64_t index)
{
    return values[static_cast<std::size_t>(index)];
}

inline double at(const Values& values, std::int64_t index)
{
    return values[static_cast<std::size_t>(index)];
}

[[nodiscard]] inline Values zeros(std::int64_t count)
{
    return Values(static_cast<std::size_t>(count), 0.0);
}

// a: [m, k] or its transpose [k, m]; b: [k, n] or [n, k].
struct MatmulSize
{
    std::int64_t m, n, k;
    bool transpose_a, transpose_b;
};

[[nodiscard]] inline Values matmul(const Values& a, const Values& b, const MatmulSize& size)
{
    Values c = zeros(size.m * size.n);
    for (std::int64_t i = 0; i < size.m; ++i) {
        for (std::int64_t j = 0; j < size.n; ++j) {
            for (std::int64_t l = 0; l < size.k; ++l) {
                const double left = at(a, size.transpose_a ? l * size.m + i : i * size.k + l);
                const double right = at(b, size.transpose_b ? j * size.k + l : l * size.n + j);
                at(c, i * size.n + j) += left * right;
            }
        }
    }
    return c;
}

// Gram-Schmidt, each column twice: Q of the thin QR of [rows, q], whose R has a positive diagonal.
[[nodiscard]] inline Values orthonormal_columns(Values matrix, std::int64_t rows, std::int64_t q)
{
    const auto dot = [&](std::int64_t a, std::int64_t b) {
        double sum = 0.0;
        for (std::int64_t row = 0; row < rows; ++row) {
            sum += at(matrix, row * q + a) * at(matrix, row * q + b);
        }
        return sum;
    };
    for (std::int64_t j = 0; j < q; ++j) {
        for (std::int64_t k = 0; k < 2 * j; ++k) {
            const double share = dot(k % j, j);
            for (std::int64_t row = 0; row < rows; ++row) {
                at(matrix, row * q + j) -= share * at(matrix, row * q + k % j);
            }
        }
        const double length = std::sqrt(dot(j, j));
        for (std::int64_t row = 0; row < rows; ++row) {
            at(matrix, row * q + j) /= length;
        }
    }
    return matrix;
}

[[nodiscard]] inline Values
rms_norm(const Values& x, const Values& weight, double eps, std::int64_t width)
{
    const auto rows = static_cast<std::int64_t>(x.size()) / width;
    Values y(x.size());
    for (std::int64_t row = 0; row < rows; ++row) {
        double squares = 0.0;
        for (std::int64_t i = 0; i < width; ++i) {
            squares += at(x, row * width + i) * at(x, row * width + i);
        }
        const double rstd = 1.0 / std::sqrt(squares / static_cast<double>(width) + eps);
        for (std::int64_t i = 0; i < width; ++i) {
            at(y, row * width + i) = at(x, row * width + i) * rstd * at(weight, i);
        }
    }
    return y;
}

// Angles: position[row] * inverse_frequency[i], given as tables [max_positions, head_dim / 2].
[[nodiscard]] inline Values rope(const Values& x,
                                 std::int64_t width,
                                 std::int64_t head_dim,
                                 const std::vector<std::int32_t>& positions,
                                 const Values& cosine,
                                 const Values& sine)
{
    const std::int64_t half = head_dim / 2;
    Values y(x.size());
    for (std::size_t row = 0; row < positions.size(); ++row) {
        for (std::int64_t column = 0; column < width; ++column) {
            const std::int64_t lane = column % head_dim;
            const std::int64_t pair = lane % half;
            const std::int64_t index = static_cast<std::int64_t>(row) * width + column;
            const double c = at(cosine, positions[row] * half + pair);
            const double s = at(sine, positions[row] * half + pair);
            at(y, index) = lane < half ? at(x, index) * c - at(x, index + half) * s
                                       : at(x, index) * c + at(x, index - half) * s;
        }
    }
    return y;
}

[[nodiscard]] inline Values swiglu(const Values& gate, const Values& up)
{
    Values h(gate.size());
    for (std::size_t i = 0; i < gate.size(); ++i) {
        h[i] = gate[i] / (1.0 + std::exp(-gate[i])) * up[i];
    }
    return h;
}

// Negative log-likelihood of one row of logits.
[[nodiscard]] inline double
cross_entropy(const Values& logits, std::int64_t row, std::int64_t vocab_size, std::int64_t label)
{
    double highest = at(logits, row * vocab_size);
    for (std::int64_t i = 1; i < vocab_size; ++i) {
        highest = std::max(highest, at(logits, row * vocab_size + i));
    }
    double sum = 0.0;
    for (std::int64_t i = 0; i < vocab_size; ++i) {
        sum += std::exp(at(logits, row * vocab_size + i) - highest);
    }
    return std::log(sum) + highest - at(logits, row * vocab_size + label);
}

} // namespace lowrank_test::reference
