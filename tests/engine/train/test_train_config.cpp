// Settings: defaults, round trip, spellings, refusals, ranges, warnings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/train/config_text.h"
#include "engine/train/train_config.h"

namespace {

using engine::ErrorCode;
using engine::Json;
using engine::Target;
using engine::TrainConfig;
using testing::ElementsAre;
using testing::HasSubstr;

TrainConfig parsed(const Json& json)
{
    return engine::value_or_throw(TrainConfig::from_json(json));
}

TrainConfig sound()
{
    return parsed({{"base", "model"}, {"data", "data.jsonl"}});
}

std::string problem_of(const std::string& key, const Json& value)
{
    TrainConfig config = parsed({{"base", "model"}, {"data", "data.jsonl"}, {key, value}});
    for (const TrainConfig::FieldError& problem : config.validate()) {
        if (problem.field == key) {
            return problem.message;
        }
    }
    return {};
}

TEST(TrainConfig, DefaultsAreTheProducts)
{
    const TrainConfig config = sound();
    EXPECT_EQ(config.lora.rank, 16);
    EXPECT_EQ(config.lora.alpha, 32.0);
    EXPECT_EQ(config.lora.target_modules.size(), 7U);
    EXPECT_EQ(config.learning_rate, 2e-4);
    EXPECT_EQ(config.schedule, engine::Schedule::Cosine);
    EXPECT_EQ(config.warmup_ratio, 0.05);
    EXPECT_EQ(config.save_every, 50);
    EXPECT_EQ(config.keep, 3);
    EXPECT_TRUE(config.packing);
    EXPECT_TRUE(config.mask_prompt);
    EXPECT_THAT(config.validate(), testing::IsEmpty());
}

TEST(TrainConfig, EverySettingSurvivesTheRoundTrip)
{
    Json json = sound().to_json();
    json["targets"] = {"q_proj", "down_proj"};
    json["layers"] = {0, 3};
    json["rank_pattern"] = {{"q_proj", 8}};
    json["alpha_pattern"] = {{"q_proj", 4.5}};
    json["map"] = {{"question", "prompt"}};
    json["init"] = "lora-ga";
    json["lora_ga_direction"] = "A2rBr";
    json["method"] = "full";
    json["optimizer"] = "sgd";
    json["schedule"] = "linear";
    json["dtype"] = "bf16";
    json["sample_prompts"] = {"one", "two"};
    json["seed"] = 123456789012345;
    json["rslora"] = true;
    EXPECT_EQ(parsed(json).to_json(), json);
}

TEST(TrainConfig, TableAndJsonNameTheSameKeys)
{
    const Json json = sound().to_json();
    ASSERT_EQ(json.size(), engine::train_fields().size());
    for (const engine::TrainField& field : engine::train_fields()) {
        EXPECT_TRUE(json.contains(std::string(field.key))) << field.key;
        EXPECT_FALSE(field.help.empty()) << field.key;
    }
}

TEST(TrainConfig, ShortSpellingsAreUnderstood)
{
    const TrainConfig config = parsed({{"targets", "attention"},
                                       {"layers", "0-2,7"},
                                       {"rank_pattern", "q_proj=8,down_proj=32"},
                                       {"packing", "off"},
                                       {"learning_rate", "1e-3"},
                                       {"max_steps", "12"},
                                       {"eval_data", 0.1}});
    EXPECT_THAT(config.lora.target_modules,
                ElementsAre(Target::QProj, Target::KProj, Target::VProj, Target::OProj));
    EXPECT_THAT(config.lora.layers, ElementsAre(0, 1, 2, 7));
    EXPECT_EQ(config.lora.rank_pattern.at("down_proj"), 32);
    EXPECT_FALSE(config.packing);
    EXPECT_EQ(config.learning_rate, 1e-3);
    EXPECT_EQ(config.max_steps, 12);
    EXPECT_EQ(config.eval_data, "0.1");
}

TEST(TrainConfig, UnknownKeyIsRefusedByName)
{
    const auto result = TrainConfig::from_json({{"learning_rat", 1e-3}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::InvalidConfig);
    EXPECT_THAT(result.error().message, HasSubstr("learning_rat"));
}

TEST(TrainConfig, FactsAreSkipped)
{
    EXPECT_TRUE(TrainConfig::from_json({{"facts", {{"anything", 1}}}}));
}

struct Refusal
{
    const char* key;
    Json value;
    ErrorCode code;
    const char* says;
};

class TrainConfigRefuses : public testing::TestWithParam<Refusal>
{};

TEST_P(TrainConfigRefuses, ByName)
{
    const Refusal& refusal = GetParam();
    const auto result = TrainConfig::from_json({{refusal.key, refusal.value}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, refusal.code);
    EXPECT_THAT(result.error().message, HasSubstr(refusal.key));
    EXPECT_THAT(result.error().message, HasSubstr(refusal.says));
}

INSTANTIATE_TEST_SUITE_P(
    Values,
    TrainConfigRefuses,
    testing::Values(Refusal{"method", "dora", ErrorCode::Unsupported, "supported: lora, full"},
                    Refusal{"method", "bogus", ErrorCode::InvalidConfig, "lora, full"},
                    Refusal{"init", "pissa", ErrorCode::Unsupported, "lora-ga"},
                    Refusal{"base_quant", "int4", ErrorCode::InvalidConfig, "none, nf4, int8"},
                    Refusal{"schedule", 3, ErrorCode::InvalidConfig, "cosine"},
                    Refusal{"rank", "four", ErrorCode::InvalidConfig, "whole number"},
                    Refusal{"rank", 1.5, ErrorCode::InvalidConfig, "whole number"},
                    Refusal{"seed", -1, ErrorCode::InvalidConfig, "range"},
                    Refusal{"packing", "maybe", ErrorCode::InvalidConfig, "on or off"},
                    Refusal{"layers", "3-1", ErrorCode::InvalidConfig, "range"},
                    Refusal{"layers", "0-99999999999", ErrorCode::InvalidConfig, "range"},
                    Refusal{"targets", "q_proj,x", ErrorCode::InvalidConfig, "gate_proj"}),
    [](const auto& parameter) {
        return std::string(parameter.param.key) + "_" + std::to_string(parameter.index);
    });

TEST(TrainConfig, RangesAreChecked)
{
    EXPECT_THAT(problem_of("rank", 0), HasSubstr("0"));
    EXPECT_THAT(problem_of("alpha", 0.0), HasSubstr("above 0"));
    EXPECT_THAT(problem_of("dropout", 1.0), HasSubstr("0.99"));
    EXPECT_THAT(problem_of("learning_rate", -1.0), HasSubstr("-1"));
    EXPECT_THAT(problem_of("loraplus_ratio", 0.5), HasSubstr("0.5"));
    EXPECT_THAT(problem_of("eval_data", "1.5"), HasSubstr("fraction"));
    EXPECT_THAT(problem_of("early_stopping", 2), HasSubstr("eval_data"));
    EXPECT_THAT(problem_of("device", "cuda:99"), HasSubstr("cpu"));
    EXPECT_EQ(problem_of("rank", 4096), "");
}

TEST(TrainConfig, EveryProblemIsListedAtOnce)
{
    const TrainConfig config = parsed({{"rank", 0}, {"dropout", 2.0}});
    EXPECT_EQ(config.validate().size(), 4U); // base, data, rank, dropout
}

std::vector<std::string> warned_of(const Json& settings, std::int64_t base_parameters)
{
    std::vector<std::string> messages;
    for (const auto& each :
         parsed(settings).warnings(engine::usual_learning_rate(base_parameters))) {
        messages.push_back(each.message);
    }
    return messages;
}

constexpr std::int64_t kLarge = 1'000'000'000;
constexpr std::int64_t kSmall = 1'200'000; // the sample's

TEST(TrainConfig, WarnsAboutAHotLoraPlus)
{
    const Json hot = {{"learning_rate", 2e-4}, {"loraplus_ratio", 16}};
    EXPECT_THAT(warned_of(hot, kLarge), ElementsAre(HasSubstr("so try 5e-05")));
    EXPECT_THAT(warned_of(hot, 0), testing::SizeIs(1)); // of a base that nobody knows
    EXPECT_THAT(warned_of(hot, kSmall), testing::IsEmpty());
    const Json hotter = {{"learning_rate", 2e-3}, {"loraplus_ratio", 16}};
    EXPECT_THAT(warned_of(hotter, kSmall), ElementsAre(HasSubstr("so try 0.0005")));
    EXPECT_THAT(warned_of({{"learning_rate", 12}}, kSmall), ElementsAre(HasSubstr("so try 0.002")));
    EXPECT_THAT(warned_of(Json::object(), kLarge), testing::IsEmpty());
}

TEST(TrainConfig, WarnsAboutAHotLoraGa)
{
    const Json hot = {{"learning_rate", 5e-4}, {"init", "lora-ga"}, {"rslora", true}};
    EXPECT_THAT(warned_of(hot, kLarge), ElementsAre(HasSubstr("try 5e-05")));
    EXPECT_THAT(warned_of(hot, kSmall), testing::IsEmpty());
}

TEST(TrainConfig, TheRateToTryFirstIsNotWarnedOf)
{
    for (const std::int64_t parameters : {kSmall, kLarge}) {
        const double usual = engine::usual_learning_rate(parameters);
        for (const double ratio : {1.0, 2.0, 16.0, 64.0, 1000.0}) {
            for (const engine::Init init : {engine::Init::Lora, engine::Init::LoraGa}) {
                TrainConfig config = sound();
                config.init = init;
                config.lora.use_rslora = true;
                config.loraplus_ratio = ratio;
                config.learning_rate = engine::first_learning_rate(init, ratio, usual);
                EXPECT_THAT(config.warnings(usual), testing::IsEmpty()) << ratio;
            }
        }
    }
}

TEST(ConfigText, Layers)
{
    EXPECT_THAT(*engine::parse_layers("7, 0-2,1"), ElementsAre(0, 1, 2, 7));
    EXPECT_TRUE(engine::parse_layers("")->empty());
    EXPECT_FALSE(engine::parse_layers("-1"));
    EXPECT_FALSE(engine::parse_layers("1-"));
}

TEST(ConfigText, Pairs)
{
    EXPECT_EQ(engine::parse_pairs("map", "a=b, c=d=e")->at("c"), "d=e");
    EXPECT_FALSE(engine::parse_pairs("map", "a"));
    EXPECT_FALSE(engine::parse_pairs("map", "=b"));
}

} // namespace
