// LoRA-GA's identities on one matrix: exact cases, norms of the start, the first step's direction,
// scale invariance.
#include "engine/model/lora_ga.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/engine/model/tiny_model.h"

namespace {

using engine::DType;
using engine::LoraGaConfig;
using engine::LoraGaDirection;
using engine::LoraGaScale;
using engine::LoraMatrix;
using engine::Tensor;

// A dense double matrix, for expectations.
struct Dense
{
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<double> data;

    Dense(std::int64_t r, std::int64_t c)
        : rows(r)
        , columns(c)
        , data(static_cast<std::size_t>(r * c), 0.0)
    {}

    explicit Dense(const Tensor& tensor)
        : Dense(tensor.shape()[0], tensor.shape()[1])
    {
        const auto values = tests::floats_of(tensor);
        std::copy(values.begin(), values.end(), data.begin());
    }

    double& at(std::int64_t r, std::int64_t c)
    {
        return data[static_cast<std::size_t>(r * columns + c)];
    }

    [[nodiscard]] double at(std::int64_t r, std::int64_t c) const
    {
        return data[static_cast<std::size_t>(r * columns + c)];
    }
};

Dense operator*(const Dense& a, const Dense& b)
{
    Dense c(a.rows, b.columns);
    for (std::int64_t i = 0; i < a.rows; ++i) {
        for (std::int64_t k = 0; k < a.columns; ++k) {
            for (std::int64_t j = 0; j < b.columns; ++j) {
                c.at(i, j) += a.at(i, k) * b.at(k, j);
            }
        }
    }
    return c;
}

Dense operator+(Dense a, const Dense& b)
{
    for (std::size_t i = 0; i < a.data.size(); ++i) {
        a.data[i] += b.data[i];
    }
    return a;
}

Dense transposed(const Dense& a)
{
    Dense t(a.columns, a.rows);
    for (std::int64_t i = 0; i < a.rows; ++i) {
        for (std::int64_t j = 0; j < a.columns; ++j) {
            t.at(j, i) = a.at(i, j);
        }
    }
    return t;
}

double frobenius(const Dense& a)
{
    double sum = 0.0;
    for (const double value : a.data) {
        sum += value * value;
    }
    return std::sqrt(sum);
}

double distance(const Dense& a, const Dense& b)
{
    Dense difference = a;
    for (std::size_t i = 0; i < a.data.size(); ++i) {
        difference.data[i] -= b.data[i];
    }
    return frobenius(difference);
}

Dense scaled_identity(std::int64_t n, double value)
{
    Dense result(n, n);
    for (std::int64_t i = 0; i < n; ++i) {
        result.at(i, i) = value;
    }
    return result;
}

class LoraGa : public testing::Test
{
protected:
    LoraMatrix make_matrix(std::int64_t m, std::int64_t n, std::int64_t rank, double scaling)
    {
        LoraMatrix matrix;
        matrix.rank = rank;
        matrix.scaling = static_cast<float>(scaling);
        matrix.lora_a = m_backend.tensor(DType::F32, {rank, n});
        matrix.lora_b = m_backend.tensor(DType::F32, {m, rank});
        return matrix;
    }

    Tensor diagonal(std::vector<float> values)
    {
        const auto n = static_cast<std::int64_t>(values.size());
        Tensor tensor = m_backend.tensor(DType::F32, {n, n});
        engine::ops::zero(m_backend, tensor);
        for (std::int64_t i = 0; i < n; ++i) {
            tensor.data<float>()[i * n + i] = values[static_cast<std::size_t>(i)];
        }
        return tensor;
    }

    Tensor random_matrix(std::int64_t m, std::int64_t n, std::uint64_t seed)
    {
        Tensor tensor = m_backend.tensor(DType::F32, {m, n});
        engine::Random random(seed);
        for (std::int64_t i = 0; i < tensor.numel(); ++i) {
            tensor.data<float>()[i] = static_cast<float>(random.normal());
        }
        return tensor;
    }

    engine::LoraGaReport::Matrix
    initialize(const Tensor& gradient, const LoraGaConfig& config, LoraMatrix& matrix)
    {
        return engine::lora_ga_initialize_matrix(m_backend, gradient, gradient, config, matrix);
    }

    engine::CpuBackend m_backend{1};
};

TEST_F(LoraGa, SvdOfAKnownMatrix)
{
    // Singular values 5, 3, 1 between orthonormal bases of 6 and 4 dimensions (columns of Hadamard
    // matrices and of the identity).
    Tensor matrix = m_backend.tensor(DType::F32, {6, 4});
    engine::ops::zero(m_backend, matrix);
    const float values[3] = {3.0F, 5.0F, 1.0F};
    for (std::int64_t k = 0; k < 3; ++k) {
        for (std::int64_t j = 0; j < 4; ++j) {
            const float sign = (k == 1 && j % 2 == 1) || (k == 2 && j >= 2) ? -0.5F : 0.5F;
            matrix.data<float>()[(k + 2) * 4 + j] = values[k] * sign;
        }
    }
    const engine::LowRankSvd svd = engine::svd_lowrank(m_backend, matrix, 4, 4, 1);
    EXPECT_NEAR(svd.s[0], 5.0F, 1e-5F);
    EXPECT_NEAR(svd.s[1], 3.0F, 1e-5F);
    EXPECT_NEAR(svd.s[2], 1.0F, 1e-5F);
    EXPECT_NEAR(svd.s[3], 0.0F, 1e-3F);
    // u_0 is row 3's unit vector, v_0 alternates; the largest entry of v is positive.
    EXPECT_NEAR(std::abs(svd.u[3 * 4 + 0]), 1.0F, 1e-5F);
    EXPECT_NEAR(svd.v[0 * 4 + 0] * svd.v[1 * 4 + 0], -0.25F, 1e-5F);
    // u s v^T gives the matrix back.
    for (std::int64_t i = 0; i < 6; ++i) {
        for (std::int64_t j = 0; j < 4; ++j) {
            float sum = 0.0F;
            for (std::size_t k = 0; k < 4; ++k) {
                sum += svd.u[static_cast<std::size_t>(i) * 4 + k] * svd.s[k]
                       * svd.v[static_cast<std::size_t>(j) * 4 + k];
            }
            EXPECT_NEAR(sum, matrix.data<float>()[i * 4 + j], 1e-5F);
        }
    }
}

TEST_F(LoraGa, WideAndTallAgree)
{
    const Tensor tall = random_matrix(23, 9, 4);
    Tensor wide = m_backend.tensor(DType::F32, {9, 23});
    for (std::int64_t i = 0; i < 23; ++i) {
        for (std::int64_t j = 0; j < 9; ++j) {
            wide.data<float>()[j * 23 + i] = tall.data<float>()[i * 9 + j];
        }
    }
    const engine::LowRankSvd a = engine::svd_lowrank(m_backend, tall, 9, 4, 1);
    const engine::LowRankSvd b = engine::svd_lowrank(m_backend, wide, 9, 4, 1);
    for (std::size_t k = 0; k < 9; ++k) {
        EXPECT_NEAR(a.s[k], b.s[k], 1e-4F * a.s[0]);
    }
    EXPECT_THROW((void)engine::svd_lowrank(m_backend, wide, 10, 4, 1), engine::EngineError);
}

// G = diag(4, 3, 2, 1), rank 1, no scale: two vectors cover the leading rank-2 part of G.
TEST_F(LoraGa, ExactCaseOfEachDirection)
{
    const Tensor gradient = diagonal({4, 3, 2, 1});
    const Dense g(gradient);

    struct Case
    {
        LoraGaDirection direction;
        std::int64_t a; // where A's entry stands
        std::int64_t b;
    };

    for (const Case& c : {Case{LoraGaDirection::ArB2r, 0, 1},
                          Case{LoraGaDirection::A2rBr, 1, 0},
                          Case{LoraGaDirection::ArBr, 1, 0}}) {
        LoraMatrix matrix = make_matrix(4, 4, 1, 1.0);
        const auto report =
            initialize(gradient, {.direction = c.direction, .scale = LoraGaScale::Unit}, matrix);
        const Dense a(matrix.lora_a);
        const Dense b(matrix.lora_b);
        for (std::int64_t i = 0; i < 4; ++i) {
            EXPECT_NEAR(std::abs(a.at(0, i)), i == c.a ? 1.0 : 0.0, 1e-5);
            EXPECT_NEAR(std::abs(b.at(i, 0)), i == c.b ? 1.0 : 0.0, 1e-5);
        }
        const Dense covered = b * transposed(b) * g + g * transposed(a) * a;
        EXPECT_LE(distance(covered, Dense(diagonal({4, 3, 0, 0}))), 1e-4);
        EXPECT_NEAR(distance(covered, g), 2.2360679775, 1e-5);
        EXPECT_NEAR(report.gradient_norm, std::sqrt(30.0), 1e-5);
        EXPECT_NEAR(report.captured, 25.0 / 30.0, 1e-5);
        ASSERT_EQ(report.singular_values.size(), 2U);
        EXPECT_NEAR(report.singular_values[0], 4.0F, 1e-5F);
        EXPECT_NEAR(report.singular_values[1], 3.0F, 1e-5F);
    }
}

TEST_F(LoraGa, StableScaleOfTheExactCase)
{
    const Tensor gradient = diagonal({4, 3, 2, 1});
    for (const double s : {1.0, 16.0}) {
        LoraMatrix matrix = make_matrix(4, 4, 1, s);
        const auto report = initialize(gradient, {}, matrix); // ArB2r, stable, gamma 16
        EXPECT_NEAR(std::abs(matrix.lora_a.data<float>()[0]), 0.3535533906F, 1e-6F);
        EXPECT_NEAR(std::abs(matrix.lora_b.data<float>()[1]), 0.3535533906F, 1e-6F);
        EXPECT_NEAR(report.offset_norm, 0.125 * s, 1e-5 * s);
    }
}

TEST_F(LoraGa, GdAndWeightScales)
{
    const Tensor gradient = random_matrix(12, 10, 5);
    LoraMatrix gd = make_matrix(12, 10, 2, 4.0);
    (void)initialize(gradient, {.scale = LoraGaScale::Gd}, gd);
    const Dense a(gd.lora_a);
    EXPECT_LE(distance(a * transposed(a), scaled_identity(2, 1.0 / 16.0)), 1e-6);

    // sigma(W) / s = (8, 2) / 2: the factor is (sqrt 4 + sqrt 1) / 2 = 1.5.
    const Tensor weight = diagonal({8, 2, 0.5F, 0.25F, 0.125F, 0.1F});
    LoraMatrix matrix = make_matrix(6, 6, 2, 2.0);
    (void)engine::lora_ga_initialize_matrix(
        m_backend, random_matrix(6, 6, 8), weight, {.scale = LoraGaScale::WeightSvd}, matrix);
    const Dense scaled(matrix.lora_a);
    EXPECT_LE(distance(scaled * transposed(scaled), scaled_identity(2, 2.25)), 1e-4);
}

// A0 A0^T = B0^T B0 = sqrt(m) / gamma I; with rsLoRA ||s B0 A0||_F = alpha sqrt(m) / gamma.
TEST_F(LoraGa, NormsOfTheStart)
{
    for (const auto direction : {LoraGaDirection::ArB2r,
                                 LoraGaDirection::A2rBr,
                                 LoraGaDirection::ArBr,
                                 LoraGaDirection::Random}) {
        for (const std::int64_t rank : {1, 4, 8}) {
            const double alpha = 16.0;
            const double gamma = 24.0;
            const double s = alpha / std::sqrt(static_cast<double>(rank));
            LoraMatrix matrix = make_matrix(48, 20, rank, s);
            const auto report = initialize(random_matrix(48, 20, 6),
                                           {.direction = direction, .gamma = gamma, .seed = 9},
                                           matrix);
            const Dense a(matrix.lora_a);
            const Dense b(matrix.lora_b);
            const double wanted = std::sqrt(48.0) / gamma;
            EXPECT_LE(distance(a * transposed(a), scaled_identity(rank, wanted)), tests::kLoraGa);
            EXPECT_LE(distance(transposed(b) * b, scaled_identity(rank, wanted)), tests::kLoraGa);
            EXPECT_NEAR(report.offset_norm, alpha * std::sqrt(48.0) / gamma, 1e-4);
            EXPECT_NEAR(s * frobenius(b * a), report.offset_norm, 1e-4);
        }
    }
}

// The mean of ||s B0 A0 x||^2 / m over x ~ N(0, I) is (alpha / gamma)^2, whatever r, m, n.
TEST_F(LoraGa, OutputOfTheOffsetHasStableSize)
{
    const double alpha = 16.0;
    const std::int64_t rank = 4;
    const double s = alpha / 2.0;
    LoraMatrix matrix = make_matrix(40, 24, rank, s);
    (void)initialize(random_matrix(40, 24, 7), {.gamma = 32.0}, matrix);
    const Dense offset = Dense(matrix.lora_b) * Dense(matrix.lora_a);
    engine::Random random(12);
    double sum = 0.0;
    const int samples = 4000;
    for (int i = 0; i < samples; ++i) {
        Dense x(24, 1);
        for (double& value : x.data) {
            value = random.normal();
        }
        const double length = s * frobenius(offset * x);
        sum += length * length / 40.0;
    }
    EXPECT_NEAR(sum / samples, 0.25, 0.02);
}

// The first SGD step moves W along -G_2r: cosine 1 with the rank-2r truncation of G.
TEST_F(LoraGa, FirstStepFollowsTheBestRank2r)
{
    const Tensor gradient = random_matrix(30, 18, 3);
    const Dense g(gradient);
    const engine::LowRankSvd svd = engine::svd_lowrank(m_backend, gradient, 18, 8, 77);
    for (const auto direction : {LoraGaDirection::ArB2r,
                                 LoraGaDirection::A2rBr,
                                 LoraGaDirection::ArBr,
                                 LoraGaDirection::Random}) {
        const std::int64_t rank = 3;
        LoraMatrix matrix = make_matrix(30, 18, rank, 2.0);
        (void)initialize(gradient, {.direction = direction, .gamma = 16.0, .seed = 1}, matrix);
        const Dense a(matrix.lora_a);
        const Dense b(matrix.lora_b);
        // dA = s B^T G, dB = s G A^T; to first order dW = -s (B dA + dB A).
        const Dense step = b * transposed(b) * g + g * transposed(a) * a;
        Dense truncated(30, 18);
        for (std::int64_t k = 0; k < 2 * rank; ++k) {
            for (std::int64_t i = 0; i < 30; ++i) {
                for (std::int64_t j = 0; j < 18; ++j) {
                    truncated.at(i, j) +=
                        static_cast<double>(svd.s[static_cast<std::size_t>(k)])
                        * static_cast<double>(svd.u[static_cast<std::size_t>(i * 18 + k)])
                        * static_cast<double>(svd.v[static_cast<std::size_t>(j * 18 + k)]);
                }
            }
        }
        double dot = 0.0;
        for (std::size_t i = 0; i < step.data.size(); ++i) {
            dot += step.data[i] * truncated.data[i];
        }
        EXPECT_NEAR(dot / (frobenius(step) * frobenius(truncated)), 1.0, 1e-4);
        EXPECT_NEAR(frobenius(step) / frobenius(truncated), std::sqrt(30.0) / 16.0, 1e-3);
    }
}

TEST_F(LoraGa, ScaleOfTheGradientDoesNotMatter)
{
    const Tensor gradient = random_matrix(16, 12, 3);
    Tensor larger = m_backend.tensor(DType::F32, {16, 12});
    engine::ops::copy(m_backend, gradient, larger);
    engine::ops::scale(m_backend, larger, 1024.0F);
    LoraMatrix one = make_matrix(16, 12, 3, 2.0);
    LoraMatrix other = make_matrix(16, 12, 3, 2.0);
    (void)initialize(gradient, {}, one);
    (void)initialize(larger, {}, other);
    EXPECT_LE(tests::relative_error(tests::floats_of(other.lora_a), tests::floats_of(one.lora_a)),
              tests::kLoraGa);
    EXPECT_LE(tests::relative_error(tests::floats_of(other.lora_b), tests::floats_of(one.lora_b)),
              tests::kLoraGa);
}

TEST_F(LoraGa, ZeroGradientStillGivesAnOrthonormalStart)
{
    Tensor gradient = m_backend.tensor(DType::F32, {12, 8});
    engine::ops::zero(m_backend, gradient);
    LoraMatrix matrix = make_matrix(12, 8, 2, 1.0);
    const auto report = initialize(gradient, {}, matrix);
    EXPECT_EQ(report.captured, 0.0);
    const Dense a(matrix.lora_a);
    EXPECT_LE(distance(a * transposed(a), scaled_identity(2, std::sqrt(12.0) / 16.0)), 1e-5);
}

} // namespace
