// Householder QR and cyclic Jacobi, in double.
#include "engine/ops/linear_algebra.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/core/check.h"

namespace engine::ops {

namespace {

// A column-major matrix of doubles: a column is contiguous.
class Columns
{
public:
    Columns(std::int64_t rows, std::int64_t count)
        : m_rows(rows)
        , m_values(static_cast<std::size_t>(rows * count))
    {}

    [[nodiscard]] double* operator[](std::int64_t column)
    {
        return m_values.data() + column * m_rows;
    }

private:
    std::int64_t m_rows;
    std::vector<double> m_values;
};

double dot(const double* a, const double* b, std::int64_t n)
{
    double sum = 0.0;
    for (std::int64_t i = 0; i < n; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

// column -= 2 v (v . column) for a unit vector v in rows [begin, rows).
void reflect(const double* v, double* column, std::int64_t begin, std::int64_t rows)
{
    const double twice = 2.0 * dot(v + begin, column + begin, rows - begin);
    for (std::int64_t i = begin; i < rows; ++i) {
        column[i] -= twice * v[i];
    }
}

// Turns rows [j, rows) of `column` into the unit vector of the reflection that maps them onto the
// axis j; returns R's diagonal element. A column of zeros needs no reflection: v = 0.
double make_reflector(double* column, std::int64_t j, std::int64_t rows)
{
    const double norm = std::sqrt(dot(column + j, column + j, rows - j));
    std::fill(column, column + j, 0.0);
    if (norm == 0.0) {
        return 0.0;
    }
    // The sign that avoids cancellation.
    const double diagonal = column[j] > 0.0 ? -norm : norm;
    column[j] -= diagonal;
    const double length = std::sqrt(dot(column + j, column + j, rows - j));
    for (std::int64_t i = j; i < rows; ++i) {
        column[i] /= length;
    }
    return diagonal;
}

} // namespace

void orthonormalize_columns(std::span<float> matrix, std::int64_t rows, std::int64_t q)
{
    ENGINE_CHECK(q >= 0 && rows >= q && static_cast<std::int64_t>(matrix.size()) == rows * q,
                 "orthonormalize_columns: matrix has ",
                 matrix.size(),
                 " elements, rows ",
                 rows,
                 ", columns ",
                 q,
                 ", wanted rows * columns and rows >= columns");
    Columns reflectors(rows, q);
    std::vector<double> diagonal(static_cast<std::size_t>(q));
    for (std::int64_t j = 0; j < q; ++j) {
        double* column = reflectors[j];
        for (std::int64_t i = 0; i < rows; ++i) {
            column[i] = static_cast<double>(matrix[static_cast<std::size_t>(i * q + j)]);
        }
        for (std::int64_t previous = 0; previous < j; ++previous) {
            reflect(reflectors[previous], column, previous, rows);
        }
        diagonal[static_cast<std::size_t>(j)] = make_reflector(column, j, rows);
    }
    // Column j of Q is the product of the reflections applied to the axis j.
    std::vector<double> column(static_cast<std::size_t>(rows));
    for (std::int64_t j = 0; j < q; ++j) {
        std::fill(column.begin(), column.end(), 0.0);
        column[static_cast<std::size_t>(j)] =
            diagonal[static_cast<std::size_t>(j)] < 0.0 ? -1.0 : 1.0;
        for (std::int64_t previous = j; previous >= 0; --previous) {
            reflect(reflectors[previous], column.data(), previous, rows);
        }
        for (std::int64_t i = 0; i < rows; ++i) {
            matrix[static_cast<std::size_t>(i * q + j)] =
                static_cast<float>(column[static_cast<std::size_t>(i)]);
        }
    }
}

namespace {

// The rotation that makes element (p, q) of the symmetric matrix zero.
struct Rotation
{
    double cosine, sine;
};

Rotation jacobi_rotation(double app, double aqq, double apq)
{
    const double theta = (aqq - app) / (2.0 * apq);
    const double sign = theta >= 0.0 ? 1.0 : -1.0;
    const double t = sign / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
    const double cosine = 1.0 / std::sqrt(t * t + 1.0);
    return {cosine, t * cosine};
}

// Elements i and i + offset of two strided vectors become their rotation.
void rotate(double* x, double* y, std::int64_t n, std::int64_t stride, const Rotation& rotation)
{
    for (std::int64_t i = 0; i < n; ++i) {
        const double a = x[i * stride];
        const double b = y[i * stride];
        x[i * stride] = rotation.cosine * a - rotation.sine * b;
        y[i * stride] = rotation.sine * a + rotation.cosine * b;
    }
}

// One pass over all pairs; returns whether any was rotated.
bool jacobi_sweep(double* a, double* v, std::int64_t n, double threshold)
{
    bool rotated = false;
    for (std::int64_t p = 0; p < n; ++p) {
        for (std::int64_t q = p + 1; q < n; ++q) {
            const double apq = a[p * n + q];
            if (std::abs(apq) <= threshold) {
                continue;
            }
            const Rotation rotation = jacobi_rotation(a[p * n + p], a[q * n + q], apq);
            rotate(a + p, a + q, n, n, rotation);
            rotate(a + p * n, a + q * n, n, 1, rotation);
            rotate(v + p, v + q, n, n, rotation);
            rotated = true;
        }
    }
    return rotated;
}

// Sorts values descending and the columns of `vectors` with them.
void sort_descending(std::int64_t n, std::span<double> values, std::span<double> vectors)
{
    std::vector<std::size_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
        return values[x] > values[y];
    });
    const std::vector<double> old_values(values.begin(), values.end());
    const std::vector<double> old_vectors(vectors.begin(), vectors.end());
    const auto size = static_cast<std::size_t>(n);
    for (std::size_t j = 0; j < size; ++j) {
        values[j] = old_values[order[j]];
        for (std::size_t i = 0; i < size; ++i) {
            vectors[i * size + j] = old_vectors[i * size + order[j]];
        }
    }
}

} // namespace

void symmetric_eigen(std::span<double> matrix,
                     std::int64_t n,
                     std::span<double> values,
                     std::span<double> vectors)
{
    const auto size = static_cast<std::size_t>(n);
    ENGINE_CHECK(n >= 0 && matrix.size() == size * size && values.size() == size
                     && vectors.size() == size * size,
                 "symmetric_eigen: n is ",
                 n,
                 ", matrix has ",
                 matrix.size(),
                 " elements, values ",
                 values.size(),
                 ", vectors ",
                 vectors.size());
    std::fill(vectors.begin(), vectors.end(), 0.0);
    double largest = 0.0;
    for (std::size_t i = 0; i < size; ++i) {
        vectors[i * size + i] = 1.0;
        for (std::size_t j = 0; j < size; ++j) {
            largest = std::max(largest, std::abs(matrix[i * size + j]));
        }
    }
    // Quadratic convergence: ten sweeps are plenty, sixty is a guard against NaN.
    constexpr int kMaxSweeps = 60;
    const double threshold = largest * 1e-15;
    for (int pass = 0; pass < kMaxSweeps; ++pass) {
        if (!jacobi_sweep(matrix.data(), vectors.data(), n, threshold)) {
            break;
        }
    }
    for (std::size_t i = 0; i < size; ++i) {
        values[i] = matrix[i * size + i];
    }
    sort_descending(n, values, vectors);
}

} // namespace engine::ops
