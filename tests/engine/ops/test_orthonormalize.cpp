// CholeskyQR against Gram-Schmidt in double and against the host's Householder QR; Gram matrices.
#include "engine/core/parallel_for.h"
#include "engine/ops/linear_algebra.h"
#include "engine/ops/orthonormalize.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

using reference::at;

struct OrthonormalizeTest : OnTestDevice<testing::Test>
{
    engine::Backend& backend = test_backend();
};

Values random_columns(std::int64_t rows, std::int64_t q, std::uint64_t seed)
{
    return random_values(rows * q, seed);
}

// What the device holds of the numbers.
Values rounded(const Values& values)
{
    Values result(values.size());
    std::transform(values.begin(), values.end(), result.begin(), [](double value) {
        return static_cast<double>(static_cast<float>(value));
    });
    return result;
}

Values with_scaled_columns(Values matrix, const Values& factors)
{
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        matrix[i] *= factors[i % factors.size()];
    }
    return matrix;
}

// From 1 down to `last` in equal ratios.
Values geometric(std::int64_t count, double last)
{
    Values values(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const double share =
            count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0.0;
        at(values, i) = std::pow(last, share);
    }
    return values;
}

// U diag(1, ..., 1 / condition) V^T with random orthogonal U and V.
Values matrix_of_condition(std::int64_t rows, std::int64_t q, double condition)
{
    const Values u = reference::orthonormal_columns(random_columns(rows, q, 11), rows, q);
    const Values v = reference::orthonormal_columns(random_columns(q, q, 12), q, q);
    const Values scaled = with_scaled_columns(u, geometric(q, 1.0 / condition));
    return rounded(reference::matmul(scaled, v, {rows, q, q, false, true}));
}

// Largest difference of Q^T Q from the identity.
double orthogonality_error(const Values& q, std::int64_t rows, std::int64_t columns)
{
    Values product = reference::matmul(q, q, {columns, columns, rows, true, false});
    double worst = 0.0;
    for (std::int64_t i = 0; i < columns * columns; ++i) {
        const double wanted = i % (columns + 1) == 0 ? 1.0 : 0.0;
        const double error = std::abs(at(product, i) - wanted);
        worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
    }
    return worst;
}

constexpr double kOrthogonal = 1e-6;

Values orthonormalized(const Values& matrix, std::int64_t rows, std::int64_t q)
{
    GuardedTensor tensor(DType::F32, {rows, q}, matrix);
    poison_scratch();
    engine::ops::orthonormalize(test_backend(), tensor.view());
    EXPECT_TRUE(tensor.guards_unharmed()) << "orthonormalize wrote outside its memory";
    return tensor.values();
}

void expect_thin_q(const Values& matrix, std::int64_t rows, std::int64_t q)
{
    SCOPED_TRACE(engine::concat(rows, " x ", q));
    const Values got = orthonormalized(matrix, rows, q);
    EXPECT_LT(orthogonality_error(got, rows, q), kOrthogonal);
    expect_close("Q", got, reference::orthonormal_columns(matrix, rows, q), DType::F32);
    std::vector<float> host(matrix.begin(), matrix.end());
    engine::ops::orthonormalize_columns(host, rows, q);
    expect_close("Q", got, Values(host.begin(), host.end()), DType::F32);
}

// Orthonormal columns whose span has every column of the matrix in it, to float32's rounding.
void expect_completion(const Values& matrix, std::int64_t rows, std::int64_t q)
{
    SCOPED_TRACE(engine::concat(rows, " x ", q));
    const Values got = orthonormalized(matrix, rows, q);
    EXPECT_LT(orthogonality_error(got, rows, q), kOrthogonal);
    const Values r = reference::matmul(got, matrix, {q, q, rows, true, false});
    const Values again = reference::matmul(got, r, {rows, q, q, false, false});
    for (std::int64_t j = 0; j < q; ++j) {
        double difference = 0.0;
        double length = 0.0;
        for (std::int64_t i = j; i < rows * q; i += q) {
            difference += (at(again, i) - at(matrix, i)) * (at(again, i) - at(matrix, i));
            length += at(matrix, i) * at(matrix, i);
        }
        EXPECT_LE(std::sqrt(difference), kOrthogonal * std::sqrt(length)) << "column " << j;
    }
}

TEST_F(OrthonormalizeTest, AgreesWithGramSchmidtAndHouseholder)
{
    for (const std::int64_t rows : kAwkwardSizes) {
        for (const std::int64_t q : {std::int64_t{1}, std::int64_t{31}, std::int64_t{64}, rows}) {
            if (q <= std::min<std::int64_t>(rows, 127)) {
                expect_thin_q(rounded(random_columns(rows, q, 1)), rows, q);
            }
        }
    }
    expect_thin_q(rounded(random_columns(1500, 33, 2)), 1500, 33);
}

TEST_F(OrthonormalizeTest, HandlesBadlyScaledColumns)
{
    for (const std::int64_t q : {33, 64}) {
        Values factors = geometric(q, 1e-15);
        std::swap(factors.front(), factors.back());
        const Values matrix = with_scaled_columns(random_columns(257, q, 3), factors);
        expect_thin_q(rounded(matrix), 257, q);
    }
}

TEST_F(OrthonormalizeTest, HandlesBadConditions)
{
    expect_thin_q(matrix_of_condition(257, 33, 1e6), 257, 33);
    expect_thin_q(matrix_of_condition(300, 64, 1e6), 300, 64);
    expect_thin_q(matrix_of_condition(33, 33, 1e6), 33, 33);
    expect_completion(matrix_of_condition(257, 64, 1e7), 257, 64);
    expect_completion(matrix_of_condition(257, 64, 1e9), 257, 64);
}

TEST_F(OrthonormalizeTest, CompletesDependentColumns)
{
    // Of rank 5, exactly and to rounding.
    for (const std::int64_t q : {6, 33, 64}) {
        Values left = random_columns(127, 5, 4);
        Values right = random_columns(5, q, 5);
        expect_completion(
            rounded(reference::matmul(left, right, {127, q, 5, false, false})), 127, q);
        std::transform(
            left.begin(), left.end(), left.begin(), [](double x) { return std::round(4.0 * x); });
        std::transform(right.begin(), right.end(), right.begin(), [](double x) {
            return std::round(4.0 * x);
        });
        expect_completion(reference::matmul(left, right, {127, q, 5, false, false}), 127, q);
    }
}

TEST_F(OrthonormalizeTest, CompletesColumnsOfZeros)
{
    for (const std::int64_t rows : kAwkwardSizes) {
        expect_completion(reference::zeros(rows), rows, 1);
        const std::int64_t q = std::min<std::int64_t>(rows, 64);
        expect_completion(reference::zeros(rows * q), rows, q);
    }
    // One column in two.
    Values factors(33, 1.0);
    for (std::size_t i = 0; i < factors.size(); i += 2) {
        factors[i] = 0.0;
    }
    expect_completion(rounded(with_scaled_columns(random_columns(127, 33, 6), factors)), 127, 33);
    // No room is left for what is not orthogonal.
    expect_completion(with_scaled_columns(rounded(random_columns(33, 33, 7)), factors), 33, 33);
}

// a, a + x e and e: how far the third is from the others' span is lost in rounding, half of the
// time it looks far, and only what is left of it shows that it was not.
TEST_F(OrthonormalizeTest, CompletesWhatOnlyTheSecondTimeShows)
{
    for (int i = 1; i <= 20; ++i) {
        const double x = 1e-6 * i;
        expect_completion(rounded({1, 1, 0, 0, x, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 5, 3);
    }
}

TEST_F(OrthonormalizeTest, DoesNotHideWhatIsNotFinite)
{
    for (const double bad : {std::nan(""), HUGE_VAL}) {
        Values matrix = random_columns(257, 40, 8);
        at(matrix, 100 * 40 + 35) = bad;
        const Values got = orthonormalized(matrix, 257, 40);
        EXPECT_TRUE(std::isnan(at(got, 100 * 40 + 35)));
    }
}

TEST_F(OrthonormalizeTest, RepeatsBitForBit)
{
    const Values matrix = random_columns(1500, 40, 9);
    GuardedTensor tensor(DType::F32, {1500, 40}, matrix);
    const auto gram = [&] {
        Values product = reference::zeros(std::int64_t{40} * 40);
        engine::ops::gram(backend, tensor.view(), product);
        return product;
    };
    const Values once = orthonormalized(matrix, 1500, 40);
    const Values product = gram();
    const int threads = engine::num_threads();
    for (const int other : {threads, 1, 3}) {
        engine::set_num_threads(other);
        EXPECT_EQ(orthonormalized(matrix, 1500, 40), once) << other << " threads";
        EXPECT_EQ(gram(), product) << other << " threads";
    }
    engine::set_num_threads(threads);
}

TEST_F(OrthonormalizeTest, GramAgreesWithReference)
{
    for (const std::int64_t rows : {0, 1, 31, 257, 1500}) {
        for (const std::int64_t q : {1, 33, 64}) {
            GuardedTensor x = random_tensor(DType::F32, {rows, q}, 10);
            Values got(static_cast<std::size_t>(q * q), std::nan(""));
            poison_scratch();
            engine::ops::gram(backend, x.view(), got);
            const Values wanted =
                reference::matmul(x.values(), x.values(), {q, q, rows, true, false});
            const Deviation found = deviation(got, wanted);
            EXPECT_LT(found.max_abs, 1e-13) << rows << " x " << q;
            EXPECT_TRUE(x.guards_unharmed());
        }
    }
}

TEST_F(OrthonormalizeTest, RefusesBadArguments)
{
    GuardedTensor wide = random_tensor(DType::F32, {2, 3}, 1);
    expect_refusal("orthonormalize", [&] { engine::ops::orthonormalize(backend, wide.view()); });
    GuardedTensor line = random_tensor(DType::F32, {6}, 1);
    expect_refusal("orthonormalize", [&] { engine::ops::orthonormalize(backend, line.view()); });
    GuardedTensor half = random_tensor(DType::BF16, {3, 2}, 1);
    expect_refusal("orthonormalize", [&] { engine::ops::orthonormalize(backend, half.view()); });
    Values product(4);
    expect_refusal("gram", [&] { engine::ops::gram(backend, half.view(), product); });
    expect_refusal("gram", [&] { engine::ops::gram(backend, wide.view(), product); });
}

} // namespace

} // namespace lowrank_test
