// Inverse frequencies of every rope scaling against transformers' (head_dim 16, trained length 64).
#include <cmath>
#include <gtest/gtest.h>

#include "engine/model/rope_table.h"

namespace {

using engine::ModelConfig;
using engine::RopeType;

ModelConfig config_of(RopeType type)
{
    ModelConfig config;
    config.head_dim = 16;
    config.max_position_embeddings = 64;
    config.rope.type = type;
    return config;
}

void expect_frequencies(const ModelConfig& config, const std::vector<double>& wanted)
{
    const std::vector<float> found = engine::rope_inverse_frequencies(config);
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(found[i]), wanted[i], 3e-7 * wanted[i]) << i;
    }
}

TEST(RopeTable, Default)
{
    expect_frequencies(
        config_of(RopeType::Default),
        {1.0, 0.316227764, 0.1, 0.0316227786, 0.01, 0.00316227786, 0.001, 0.000316227786});
}

TEST(RopeTable, Linear)
{
    ModelConfig config = config_of(RopeType::Linear);
    config.rope.factor = 4.0;
    expect_frequencies(
        config,
        {0.25, 0.079056941, 0.025, 0.00790569466, 0.0025, 0.000790569466, 0.00025, 7.90569466e-05});
}

TEST(RopeTable, Llama3KeepsShortWavesSlowsLongOnes)
{
    ModelConfig config = config_of(RopeType::Llama3);
    config.rope.theta = 500.0;
    config.rope.factor = 8.0;
    config.rope.low_freq_factor = 1.0;
    config.rope.high_freq_factor = 4.0;
    config.rope.original_max_position_embeddings = 256;
    expect_frequencies(config,
                       {1.0,
                        0.459863275,
                        0.21147424,
                        0.0961796418,
                        0.0163135789,
                        0.0025707141,
                        0.00118217699,
                        0.000543639821});
}

TEST(RopeTable, YarnBlendsAndScalesTheTable)
{
    ModelConfig config = config_of(RopeType::Yarn);
    config.max_position_embeddings = 256;
    config.rope.factor = 4.0;
    config.rope.original_max_position_embeddings = 64;
    config.rope.attention_factor = 1.138629436111989; // 0.1 ln 4 + 1
    expect_frequencies(
        config,
        {1.0, 0.237170815, 0.05, 0.00790569466, 0.0025, 0.000790569466, 0.00025, 7.90569466e-05});
    std::vector<float> cos_table(3U * 8U);
    std::vector<float> sin_table(3U * 8U);
    engine::fill_rope_table(config, 3, cos_table, sin_table);
    EXPECT_NEAR(cos_table[0], 1.138629436F, 1e-6F);
    EXPECT_NEAR(sin_table[0], 0.0F, 1e-7F);
    EXPECT_NEAR(cos_table[2 * 8 + 1], 1.138629436 * std::cos(0.47434163), 1e-6);
    EXPECT_NEAR(sin_table[2 * 8 + 1], 1.138629436 * std::sin(0.47434163), 1e-6);
}

TEST(RopeTable, YarnBlendsFromAndToWholeDimensionsWhereTruncated)
{
    ModelConfig config = config_of(RopeType::Yarn);
    config.rope.factor = 4.0;
    config.rope.original_max_position_embeddings = 4096;
    expect_frequencies(config,
                       {1.0,
                        0.316227764,
                        0.100000001,
                        0.025693506,
                        0.00624999963,
                        0.00138349656,
                        0.000250000012,
                        7.90569466e-05});
    config.rope.truncate = false;
    expect_frequencies(config,
                       {1.0,
                        0.316227764,
                        0.100000001,
                        0.0286136102,
                        0.006556971,
                        0.00128563191,
                        0.000250000012,
                        7.90569466e-05});
}

} // namespace
