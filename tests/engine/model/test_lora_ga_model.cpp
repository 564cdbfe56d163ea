// LoRA-GA's initialisation of a whole model: unchanged output, averaged gradients, refusals.
#include <array>

#include "engine/model/lora_ga.h"
#include "engine/ops/elementwise.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/engine/model/tiny_model.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace {

using engine::DType;

class LoraGaModel : public lowrank_test::OnTestDevice<testing::Test>
{
protected:
    engine::Backend& m_backend = lowrank_test::test_backend();
    engine::BaseModel m_model = tests::tiny_model(m_backend, tests::tiny_config());
    engine::LoraConfig m_config = {.rank = 4, .alpha = 8.0, .use_rslora = true};
};

// Off the start the pair's two forms agree: with a dropout probability too small to drop anything
// they are applied one by one, otherwise through the differences.
TEST_F(LoraGaModel, DifferencesAreThePairsProduct)
{
    engine::LoraConfig config = {.rank = 4, .alpha = 8.0};
    const engine::MicroBatch batch = tests::random_batch({13, 8}, 50, 8);
    std::array<std::vector<float>, 2> gradients;
    std::array<double, 2> losses = {};
    for (const std::size_t i : {0U, 1U}) {
        config.dropout = i == 0 ? 0.0 : 1e-9;
        engine::LoraAdapter adapter = tests::random_adapter(m_backend, m_model.config(), config, 2);
        for (engine::LoraMatrix& matrix : adapter.matrices()) {
            adapter.freeze_init_pair(matrix);
            engine::ops::scale(m_backend, matrix.lora_a, 1.5F);
            engine::ops::scale(m_backend, matrix.lora_b, 0.5F);
        }
        engine::Transformer transformer(m_backend, m_model, tests::limits_for(batch), &config);
        engine::LoraGradients result(m_backend, adapter);
        losses[i] = transformer.run(batch, {.adapter = &adapter, .gradients = &result});
        for (const auto& pair : result.pairs) {
            for (const engine::Tensor* tensor : {&pair.lora_a, &pair.lora_b}) {
                const auto values = tests::floats_of(*tensor);
                gradients[i].insert(gradients[i].end(), values.begin(), values.end());
            }
        }
    }
    EXPECT_NEAR(losses[0], losses[1], tests::kReordered * losses[1]);
    EXPECT_LE(tests::relative_error(gradients[0], gradients[1]), tests::kReordered);
}

TEST_F(LoraGaModel, OutputAtTheStartIsTheBases)
{
    const std::vector<engine::MicroBatch> batches = {tests::random_batch({9, 12}, 50, 1),
                                                     tests::random_batch({20}, 50, 2)};
    engine::LoraAdapter adapter(m_backend, m_model.config(), m_config, DType::F32);
    double last = 0.0;
    const auto report =
        engine::lora_ga_initialize(m_backend, m_model, adapter, batches, {}, [&](double fraction) {
            EXPECT_GT(fraction, last);
            last = fraction;
        });
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(last, 1.0);
    ASSERT_EQ(report->matrices.size(), 21U);
    engine::Transformer transformer(
        m_backend, m_model, {.max_tokens = 32, .max_sequence_length = 32}, &m_config);
    const engine::MicroBatch probe = tests::random_batch({13, 5}, 50, 3);
    const auto with = tests::all_logits(transformer, m_model, probe, &adapter);
    const auto without = tests::all_logits(transformer, m_model, probe, nullptr);
    EXPECT_EQ(with, without);
    // ... although the trained pair is far from nothing.
    for (std::size_t i = 0; i < report->matrices.size(); ++i) {
        const engine::LoraMatrix& matrix = adapter.matrices()[i];
        EXPECT_EQ(report->matrices[i].layer, matrix.layer);
        EXPECT_EQ(report->matrices[i].target, matrix.target);
        EXPECT_TRUE(matrix.has_init_pair());
        const auto m = static_cast<double>(matrix.lora_b.shape()[0]);
        EXPECT_NEAR(report->matrices[i].offset_norm, 8.0 * std::sqrt(m) / 16.0, 1e-3);
        EXPECT_GT(report->matrices[i].captured, 0.0);
        EXPECT_LE(report->matrices[i].captured, 1.0 + 1e-6);
    }
}

// The averaged gradient of several batches is what one pass over all of them yields: the reported
// norms equal those of gradients formed batch by batch.
TEST_F(LoraGaModel, AveragesTheBatchesGradients)
{
    const std::vector<engine::MicroBatch> batches = {tests::random_batch({9, 12}, 50, 1, 3),
                                                     tests::random_batch({20}, 50, 2),
                                                     tests::random_batch({6}, 50, 4, 2)};
    engine::LoraAdapter adapter(m_backend, m_model.config(), m_config, DType::F32);
    const auto report = engine::lora_ga_initialize(m_backend, m_model, adapter, batches, {});
    ASSERT_TRUE(report.has_value());
    std::vector<std::vector<double>> sums(adapter.matrices().size());
    engine::Transformer transformer(
        m_backend,
        m_model,
        {.max_tokens = 32, .max_sequence_length = 32, .weight_sink = true},
        nullptr);
    const engine::WeightGradientSink sink =
        [&](std::int64_t layer, engine::Target target, engine::ConstTensorView gradient) {
            const auto index =
                static_cast<std::size_t>(adapter.find(layer, target) - adapter.matrices().data());
            const std::vector<float> values = lowrank_test::floats_on(gradient);
            sums[index].resize(values.size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                sums[index][i] += static_cast<double>(values[i]) / 3.0;
            }
        };
    for (const auto& batch : batches) {
        (void)transformer.run(batch, {.sink = &sink, .sink_targets = engine::kAllTargets});
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        double squares = 0.0;
        for (const double value : sums[i]) {
            squares += value * value;
        }
        EXPECT_NEAR(
            report->matrices[i].gradient_norm, std::sqrt(squares), 1e-4 * std::sqrt(squares));
    }
}

TEST_F(LoraGaModel, SubsetOfLayersAndBf16)
{
    m_config.layers = {1, 2};
    m_config.target_modules = {engine::Target::QProj, engine::Target::DownProj};
    const std::vector<engine::MicroBatch> batches = {tests::random_batch({20}, 50, 2)};
    engine::LoraAdapter adapter(m_backend, m_model.config(), m_config, DType::F32);
    const auto report = engine::lora_ga_initialize(m_backend, m_model, adapter, batches, {});
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->matrices.size(), 4U);

    const tests::GoldenCase golden("llama_tied");
    const engine::BaseModel bf16 = golden.load(m_backend, {.dtype = DType::BF16});
    engine::LoraConfig config = {.rank = 4, .alpha = 8.0, .use_rslora = true};
    engine::LoraAdapter low(m_backend, bf16.config(), config, DType::BF16);
    const std::vector<engine::MicroBatch> golden_batch = {golden.batch()};
    ASSERT_TRUE(engine::lora_ga_initialize(m_backend, bf16, low, golden_batch, {}).has_value());
    engine::Transformer transformer(m_backend, bf16, tests::limits_for(golden_batch[0]), &config);
    const auto with = tests::all_logits(transformer, bf16, golden_batch[0], &low);
    const auto without = tests::all_logits(transformer, bf16, golden_batch[0], nullptr);
    EXPECT_EQ(with, without);
}

TEST_F(LoraGaModel, RefusesAndStops)
{
    const std::vector<engine::MicroBatch> batches = {tests::random_batch({20}, 50, 2)};
    engine::LoraConfig large = m_config;
    large.rank = 9; // k_proj is 16 x 32
    engine::LoraAdapter adapter(m_backend, m_model.config(), large, DType::F32);
    auto report = engine::lora_ga_initialize(m_backend, m_model, adapter, batches, {});
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().message,
              "lora_ga: rank 9 needs 18 singular vectors, k_proj is 16 x 32");
    EXPECT_EQ(report.error().hint, "Use a rank of at most 8.");

    engine::LoraAdapter small(m_backend, m_model.config(), m_config, DType::F32);
    std::vector<engine::MicroBatch> masked = batches;
    masked[0].labels.assign(20, -1);
    report = engine::lora_ga_initialize(m_backend, m_model, small, masked, {});
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, engine::ErrorCode::InvalidArgument);

    engine::StopSource stop;
    const auto stop_at_half = [&](double fraction) {
        if (fraction >= 0.5) {
            stop.request_stop();
        }
    };
    report = engine::lora_ga_initialize(
        m_backend, m_model, small, batches, {}, stop_at_half, engine::StopToken(stop));
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, engine::ErrorCode::Cancelled);
}

// U diag(1, 0.7, 0.49, ...) V^T, tall and wide.
TEST_F(LoraGaModel, SvdFindsTheLeadingVectorsOnTheDevice)
{
    namespace reference = lowrank_test::reference;
    constexpr std::int64_t kRank = 40;
    constexpr std::int64_t kColumns = 20;
    const auto orthonormal = [](std::int64_t rows, std::uint64_t seed) {
        return reference::orthonormal_columns(
            lowrank_test::random_values(rows * kRank, seed), rows, kRank);
    };
    for (const auto& [m, n] : {std::pair<std::int64_t, std::int64_t>{150, 90}, {90, 150}}) {
        const reference::Values left = orthonormal(m, 5);
        const reference::Values right = orthonormal(n, 6);
        reference::Values scaled = left;
        for (std::int64_t i = 0; i < m * kRank; ++i) {
            reference::at(scaled, i) *= std::pow(0.7, i % kRank);
        }
        const reference::Values values =
            reference::matmul(scaled, right, {m, n, kRank, false, true});
        const std::vector<float> floats(values.begin(), values.end());
        engine::Tensor matrix = m_backend.tensor(DType::F32, {m, n});
        m_backend.upload(floats.data(), matrix);
        const engine::LowRankSvd svd = engine::svd_lowrank(m_backend, matrix, kColumns, 4, 3);
        const auto cosine =
            [&](const std::vector<float>& found, const reference::Values& wanted, std::int64_t k) {
                double sum = 0.0;
                const auto rows = static_cast<std::int64_t>(wanted.size()) / kRank;
                for (std::int64_t row = 0; row < rows; ++row) {
                    sum += static_cast<double>(found[static_cast<std::size_t>(row * kColumns + k)])
                           * reference::at(wanted, row * kRank + k);
                }
                return sum;
            };
        for (std::int64_t k = 0; k < 12; ++k) {
            const double value = std::pow(0.7, k);
            EXPECT_NEAR(svd.s[static_cast<std::size_t>(k)], value, tests::kLoraGa * value);
            const double left_cosine = cosine(svd.u, left, k);
            EXPECT_NEAR(std::abs(left_cosine), 1.0, tests::kLoraGa);
            EXPECT_NEAR(cosine(svd.v, right, k), left_cosine, tests::kLoraGa) << "one sign";
        }
    }
}

} // namespace
