// Spectra and similarities against matrices whose answer is known by hand.
#include <cmath>
#include <gtest/gtest.h>

#include "engine/tensor/cpu_backend.h"
#include "engine/train/adapter_analysis.h"
#include "tests/support/tiny_run.h"

namespace {

using engine::CpuBackend;
using engine::LoraAdapter;

constexpr double kTolerance = 1e-5;

class AdapterAnalysis : public testing::Test
{
protected:
    // Rank 2 on layer 0's q_proj [32, 32], scaling alpha / r = 2.
    LoraAdapter make_adapter()
    {
        engine::LoraConfig config;
        config.rank = 2;
        config.alpha = 4.0;
        config.target_modules = {engine::Target::QProj};
        config.layers = {0};
        return {m_backend, m_model.config(), config, engine::DType::F32};
    }

    // A's row i is the unit vector e_{a_i} times a length; B's column i is e_i.
    void set(LoraAdapter& adapter, int first, int second, float length_1, float length_2)
    {
        engine::LoraMatrix& matrix = adapter.matrices()[0];
        matrix.lora_a.data<float>()[first] = length_1;
        matrix.lora_a.data<float>()[32 + second] = length_2;
        matrix.lora_b.data<float>()[0] = 1.0F;     // row 0, column 0
        matrix.lora_b.data<float>()[2 + 1] = 1.0F; // row 1, column 1
    }

    CpuBackend m_backend{1};
    engine::BaseModel m_model = engine::BaseModel::random(m_backend, tests::tiny_config(), 3);
};

TEST_F(AdapterAnalysis, SingularValuesNormAndEffectiveRank)
{
    LoraAdapter adapter = make_adapter();
    set(adapter, 5, 9, 3.0F, 1.0F);
    const auto all = engine::analyze_adapter(m_backend, m_model, adapter);
    ASSERT_EQ(all.size(), 1U);
    ASSERT_EQ(all[0].singular_values.size(), 2U);
    EXPECT_NEAR(all[0].singular_values[0], 6.0, kTolerance);
    EXPECT_NEAR(all[0].singular_values[1], 2.0, kTolerance);
    EXPECT_NEAR(all[0].delta_norm, std::sqrt(40.0), kTolerance);
    // Shares 3/4 and 1/4: exp of their entropy.
    const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
    EXPECT_NEAR(all[0].effective_rank, std::exp(entropy), kTolerance);
    EXPECT_GT(all[0].weight_norm, 0.0);
}

TEST_F(AdapterAnalysis, AnAdapterThatChangesNothingHasRankZero)
{
    LoraAdapter adapter = make_adapter();
    const auto all = engine::analyze_adapter(m_backend, m_model, adapter);
    EXPECT_EQ(all[0].delta_norm, 0.0);
    EXPECT_EQ(all[0].effective_rank, 0.0);
}

TEST_F(AdapterAnalysis, SimilarityIsOneForTheSameAndZeroForForeignDirections)
{
    LoraAdapter first = make_adapter();
    LoraAdapter second = make_adapter();
    LoraAdapter third = make_adapter();
    set(first, 5, 9, 3.0F, 1.0F);
    set(second, 9, 5, 2.0F, 1.0F); // the same plane, the other direction first
    set(third, 11, 12, 2.0F, 1.0F);
    const auto same = engine::compare_adapters(m_backend, first, second);
    ASSERT_EQ(same.size(), 1U);
    ASSERT_EQ(same[0].phi.size(), 4U);
    EXPECT_NEAR(same[0].phi[0], 0.0, kTolerance); // e5 against e9
    EXPECT_NEAR(same[0].phi[1], 1.0, kTolerance); // e5 within the plane
    EXPECT_NEAR(same[0].phi[3], 1.0, kTolerance); // the planes
    const auto foreign = engine::compare_adapters(m_backend, first, third);
    for (const double value : foreign[0].phi) {
        EXPECT_NEAR(value, 0.0, kTolerance);
    }
}

} // namespace
