// LoraConfig: scales, counts, validation, and PEFT's matching of module names.
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/lora_config.h"
#include "engine/model/module_pattern.h"
#include "tests/engine/model/peft_data.h"

namespace engine {
namespace {

using ::testing::HasSubstr;
using tests::tiny_llama;

TEST(LoraConfigTest, ScalesAndCountsAsPublished)
{
    ModelConfig model;
    model.num_layers = 32;
    model.hidden_size = 4096;
    model.intermediate_size = 11008;
    model.num_heads = 32;
    model.num_kv_heads = 32;
    model.head_dim = 128;
    // Algorithms reference T3: Llama-2-7B, all seven and q, v at rank 8.
    EXPECT_EQ((LoraConfig{.rank = 8}.parameter_count(model)), 19'988'480);
    EXPECT_EQ(
        (LoraConfig{.rank = 8, .target_modules = {Target::QProj, Target::VProj}}.parameter_count(
            model)),
        4'194'304);
    // T2: alpha 16, r 64.
    EXPECT_EQ((LoraConfig{.rank = 64, .alpha = 16.0}.scaling_of(0, Target::QProj)), 0.25);
    EXPECT_EQ(
        (LoraConfig{.rank = 64, .alpha = 16.0, .use_rslora = true}.scaling_of(0, Target::QProj)),
        2.0);
}

TEST(LoraConfigTest, ValidationNamesTheField)
{
    const ModelConfig model = tiny_llama();
    const auto message = [&](const LoraConfig& config) {
        const Result<void> checked = config.validate(model);
        return checked ? std::string("valid") : checked.error().message;
    };
    EXPECT_EQ(message({.rank = 8}), "valid"); // the smallest side of k_proj is 8
    EXPECT_THAT(message({.rank = 9}),
                HasSubstr("rank is 9 for model.layers.0.self_attn.k_proj, wanted 1 to 8"));
    EXPECT_THAT(message({.rank = 0}), HasSubstr("rank is 0"));
    EXPECT_THAT(message({.rank = 2, .target_modules = {}}), HasSubstr("target_modules is empty"));
    EXPECT_THAT(message({.rank = 2, .layers = {2}}),
                HasSubstr("layers holds 2, the model has 0 to 1"));
    EXPECT_THAT(message({.rank = 2, .dropout = 1.0}), HasSubstr("dropout is 1"));
    EXPECT_THAT(message({.rank = 2, .dropout = std::nan("")}), HasSubstr("dropout is nan"));
    EXPECT_THAT(message({.rank = 2, .alpha = std::nan("")}), HasSubstr("alpha gives"));
    EXPECT_THAT(message({.rank = 2, .rank_pattern = {{"[", 2}}}),
                HasSubstr("rank_pattern: pattern"));
    EXPECT_THAT(message({.rank = 2, .rank_pattern = {{"(.*)(.*)(.*)(.*)(.*)(.*)[zQ]", 2}}}),
                HasSubstr("steps to match"));
    EXPECT_THAT(message({.rank = 2, .modules = {"model.layers.9.mlp.up_proj"}}),
                HasSubstr("no matrix of the model is targeted"));
}

TEST(ModulePatternTest, APatternThatTakesTooMuchWorkIsRefusedByName)
{
    // Six stars in a row: steps grow with the sixth power of the path's length.
    const std::string costly = "(.*)(.*)(.*)(.*)(.*)(.*)[zQ]";
    const Result<ModulePattern> pattern = ModulePattern::compile(costly);
    ASSERT_TRUE(pattern);
    const Result<void> checked = pattern->check(2);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::InvalidConfig);
    EXPECT_THAT(checked.error().message, HasSubstr(costly));
    EXPECT_THAT(checked.error().message, HasSubstr("20000 steps"));
    EXPECT_FALSE(check_pattern_key(costly, 2));
    // What PEFT writes is far below the bound, for the deepest of models too.
    const Result<ModulePattern> usual =
        ModulePattern::compile(".*layers\\.(\\d+)\\.(self_attn|mlp)\\..*_proj");
    ASSERT_TRUE(usual);
    EXPECT_TRUE(usual->check(200));
    EXPECT_TRUE(check_pattern_key("q_proj", 2));
    EXPECT_FALSE(check_pattern_key("(", 2));
}

TEST(ModulePatternTest, MatchesAsPeftDoes)
{
    const std::string path = "model.layers.3.self_attn.q_proj";
    EXPECT_EQ(module_path(3, Target::QProj), path);
    EXPECT_EQ(module_path(0, Target::DownProj), "model.layers.0.mlp.down_proj");
    EXPECT_TRUE(matches_name(path, "q_proj"));
    EXPECT_TRUE(matches_name(path, "self_attn.q_proj"));
    EXPECT_TRUE(matches_name(path, path));
    EXPECT_FALSE(matches_name(path, "proj"));
    EXPECT_FALSE(matches_name(path, "x.model.layers.3.self_attn.q_proj"));
    EXPECT_TRUE(matches_pattern_key(path, "q_proj"));
    EXPECT_TRUE(matches_pattern_key(path, "layers\\.3\\.self_attn\\.[qk]_proj"));
    EXPECT_TRUE(matches_pattern_key(path, "[qk]_proj"));
    EXPECT_FALSE(matches_pattern_key(path, "_proj"));
    EXPECT_FALSE(matches_pattern_key(path, "layers"));
    EXPECT_TRUE(matches_pattern_key(path, "k_proj|q_proj"));
    EXPECT_FALSE(matches_pattern_key(path, "("));
}

} // namespace
} // namespace engine
