// Orthonormal columns and symmetric eigenvectors.
#include "engine/ops/linear_algebra.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

using reference::at;

// Largest difference of Q^T Q from the identity.
double orthogonality_error(const std::vector<float>& q, std::int64_t rows, std::int64_t columns)
{
    double worst = 0.0;
    for (std::int64_t a = 0; a < columns; ++a) {
        for (std::int64_t b = 0; b < columns; ++b) {
            double sum = a == b ? -1.0 : 0.0;
            for (std::int64_t i = 0; i < rows; ++i) {
                sum += static_cast<double>(q[static_cast<std::size_t>(i * columns + a)])
                       * static_cast<double>(q[static_cast<std::size_t>(i * columns + b)]);
            }
            worst = std::max(worst, std::abs(sum));
        }
    }
    return worst;
}

std::vector<float> random_matrix(std::int64_t count, std::uint64_t seed)
{
    const Values values = random_values(count, seed);
    return {values.begin(), values.end()};
}

TEST(OrthonormalizeColumns, IsOrthonormalSpansTheColumnsAndHasPositiveDiagonal)
{
    constexpr std::int64_t kRows = 127;
    constexpr std::int64_t kColumns = 33;
    const std::vector<float> before = random_matrix(kRows * kColumns, 1);
    std::vector<float> q = before;
    engine::ops::orthonormalize_columns(q, kRows, kColumns);
    EXPECT_LT(orthogonality_error(q, kRows, kColumns), 1e-6);
    const Values qd(q.begin(), q.end());
    const Values bd(before.begin(), before.end());
    const Values r = reference::matmul(qd, bd, {kColumns, kColumns, kRows, true, false});
    for (std::int64_t i = 0; i < kColumns; ++i) {
        EXPECT_GT(at(r, i * kColumns + i), 0.0);
        for (std::int64_t j = 0; j < i; ++j) {
            EXPECT_NEAR(at(r, i * kColumns + j), 0.0, 1e-5) << "R is upper triangular";
        }
    }
    const Values product = reference::matmul(qd, r, {kRows, kColumns, kColumns, false, false});
    expect_close("Q R", product, bd, DType::F32);
}

TEST(OrthonormalizeColumns, CompletesDependentColumns)
{
    // The third column is the sum of the first two, the fourth is zero.
    std::vector<float> q = {1, 0, 1, 0, 0, 1, 1, 0, 2, 0, 2, 0, 0, 0, 0, 0, 1, 1, 2, 0};
    engine::ops::orthonormalize_columns(q, 5, 4);
    EXPECT_LT(orthogonality_error(q, 5, 4), 1e-6);
}

TEST(OrthonormalizeColumns, RefusesMoreColumnsThanRows)
{
    std::vector<float> q(6);
    expect_refusal("orthonormalize_columns", [&] { engine::ops::orthonormalize_columns(q, 2, 3); });
}

TEST(SymmetricEigen, ReconstructsTheMatrixInDescendingOrder)
{
    for (const std::int64_t n : {1, 2, 31, 64}) {
        const Values x = random_values(n * n, 7);
        Values matrix = reference::matmul(x, x, {n, n, n, true, false});
        at(matrix, 0) -= 1.0; // not only positive values
        const Values before = matrix;
        Values values = reference::zeros(n);
        Values vectors = reference::zeros(n * n);
        engine::ops::symmetric_eigen(matrix, n, values, vectors);
        Values scaled = vectors;
        for (std::int64_t j = 0; j < n; ++j) {
            if (j > 0) {
                EXPECT_GE(at(values, j - 1), at(values, j));
            }
            for (std::int64_t i = 0; i < n; ++i) {
                at(scaled, i * n + j) *= at(values, j);
            }
        }
        const Values again = reference::matmul(scaled, vectors, {n, n, n, false, true});
        EXPECT_LT(deviation(again, before).max_abs, 1e-12);
        Values gram = reference::matmul(vectors, vectors, {n, n, n, true, false});
        for (std::int64_t i = 0; i < n; ++i) {
            at(gram, i * n + i) -= 1.0;
        }
        for (const double value : gram) {
            EXPECT_NEAR(value, 0.0, 1e-12);
        }
    }
}

TEST(SymmetricEigen, KnownValues)
{
    // [[2 1] [1 2]] has 3 with (1, 1) / sqrt 2 and 1 with (1, -1) / sqrt 2.
    Values matrix = {2, 1, 1, 2};
    Values values(2);
    Values vectors(4);
    engine::ops::symmetric_eigen(matrix, 2, values, vectors);
    EXPECT_NEAR(values[0], 3.0, 1e-14);
    EXPECT_NEAR(values[1], 1.0, 1e-14);
    EXPECT_NEAR(std::abs(vectors[0]), std::sqrt(0.5), 1e-14);
    EXPECT_NEAR(vectors[0], vectors[2], 1e-14);
    EXPECT_NEAR(vectors[1], -vectors[3], 1e-14);
}

} // namespace

} // namespace lowrank_test
