// config.json of each family: defaults of its class, both spellings, refusals by name.
// One file because every test changes the same smallest config.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/model_config.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json minimal(const std::string& model_type)
{
    return {{"model_type", model_type},
            {"hidden_size", 64},
            {"intermediate_size", 96},
            {"num_hidden_layers", 4},
            {"num_attention_heads", 8},
            {"num_key_value_heads", 4},
            {"vocab_size", 100}};
}

Json with(Json json, const std::string& changes)
{
    json.update(Json::parse(changes));
    return json;
}

ModelConfig parse(const Json& json)
{
    return value_or_throw(ModelConfig::from_json(json));
}

TEST(ModelConfig, LlamaDefaultsAreItsClassDefaults)
{
    const ModelConfig config = parse(minimal("llama"));
    EXPECT_EQ(config.head_dim, 8);
    EXPECT_EQ(config.max_position_embeddings, 2048);
    EXPECT_EQ(config.rms_norm_eps, 1e-6);
    EXPECT_EQ(config.rope.type, RopeType::Default);
    EXPECT_EQ(config.rope.theta, 10000.0);
    EXPECT_FALSE(config.attention_bias || config.o_bias || config.mlp_bias || config.qk_norm);
    EXPECT_FALSE(config.tie_word_embeddings);
    EXPECT_THAT(config.sliding_window, ElementsAre(0, 0, 0, 0));
    EXPECT_EQ(config.bos_token_id, 1);
    EXPECT_THAT(config.eos_token_ids, ElementsAre(2));
}

TEST(ModelConfig, KeyValueHeadsFollowTheClass)
{
    Json json = minimal("llama");
    json.erase("num_key_value_heads");
    EXPECT_EQ(parse(json).num_kv_heads, 8);
    json["model_type"] = "mistral";
    EXPECT_EQ(parse(json).num_kv_heads, 8); // the class says 8, whatever num_attention_heads is
    json["num_attention_heads"] = 16;
    EXPECT_EQ(parse(json).num_kv_heads, 8);
    json["num_key_value_heads"] = nullptr;
    EXPECT_EQ(parse(json).num_kv_heads, 16);
}

TEST(ModelConfig, MistralSlidesUnlessToldNotTo)
{
    EXPECT_THAT(parse(minimal("mistral")).sliding_window, Each(4096));
    EXPECT_THAT(parse(with(minimal("mistral"), R"({"sliding_window":null})")).sliding_window,
                Each(0));
    EXPECT_THAT(parse(with(minimal("mistral"), R"({"sliding_window":7})")).sliding_window, Each(7));
}

TEST(ModelConfig, Qwen2HasHiddenBiases)
{
    const ModelConfig config = parse(minimal("qwen2"));
    EXPECT_TRUE(config.attention_bias);
    EXPECT_FALSE(config.o_bias);
    EXPECT_EQ(config.max_position_embeddings, 32768);
    EXPECT_EQ(config.bos_token_id, -1);
    EXPECT_TRUE(config.eos_token_ids.empty());
}

TEST(ModelConfig, QwenSlidesOnlyWhenAsked)
{
    const Json off = with(minimal("qwen2"), R"({"sliding_window":16,"max_window_layers":2})");
    EXPECT_THAT(parse(off).sliding_window, Each(0));
    const Json on = with(off, R"({"use_sliding_window":true})");
    EXPECT_THAT(parse(on).sliding_window, ElementsAre(0, 0, 16, 16));
    EXPECT_THAT(parse(with(on, R"({"max_window_layers":28})")).sliding_window, Each(0));
    const Json types = with(on,
                            R"({"layer_types":["sliding_attention","full_attention",)"
                            R"("sliding_attention","full_attention"]})");
    EXPECT_THAT(parse(types).sliding_window, ElementsAre(16, 0, 16, 0));
}

TEST(ModelConfig, Qwen3HasNormsAndItsOwnHeadDim)
{
    const ModelConfig config = parse(minimal("qwen3"));
    EXPECT_TRUE(config.qk_norm);
    EXPECT_EQ(config.head_dim, 128);
    EXPECT_EQ(config.out_features(Target::QProj), 1024);
    EXPECT_EQ(config.in_features(Target::OProj), 1024);
    EXPECT_EQ(config.out_features(Target::KProj), 512);
    const ModelConfig biased = parse(with(minimal("qwen3"), R"({"attention_bias":true})"));
    EXPECT_TRUE(biased.attention_bias && biased.o_bias);
}

TEST(ModelConfig, ExplicitHeadDimNeedsNoDivisibleHidden)
{
    const ModelConfig config = parse(with(minimal("llama"), R"({"hidden_size":60,"head_dim":16})"));
    EXPECT_EQ(config.head_dim, 16);
    EXPECT_EQ(config.attention_width(), 128);
}

TEST(ModelConfig, OldAndNewRopeSpellingsAgree)
{
    const char* scaling =
        R"({"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,
        "low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}})";
    const char* parameters =
        R"({"rope_parameters":{"rope_theta":500000.0,"rope_type":"llama3","factor":8.0,
        "low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}})";
    for (const char* text : {scaling, parameters}) {
        const RopeConfig rope = parse(with(minimal("llama"), text)).rope;
        EXPECT_EQ(rope.type, RopeType::Llama3);
        EXPECT_EQ(rope.theta, 500000.0);
        EXPECT_EQ(rope.factor, 8.0);
        EXPECT_EQ(rope.low_freq_factor, 1.0);
        EXPECT_EQ(rope.high_freq_factor, 4.0);
        EXPECT_EQ(rope.original_max_position_embeddings, 8192);
    }
    const char* old_type = R"({"rope_scaling":{"type":"linear","factor":2.5}})";
    EXPECT_EQ(parse(with(minimal("llama"), old_type)).rope.type, RopeType::Linear);
    EXPECT_EQ(parse(with(minimal("llama"), old_type)).rope.factor, 2.5);
    const char* plain = R"({"rope_parameters":{"rope_theta":1000000.0,"rope_type":"default"}})";
    EXPECT_EQ(parse(with(minimal("qwen3"), plain)).rope.theta, 1000000.0);
    EXPECT_EQ(parse(with(minimal("llama"), R"({"dtype":"bfloat16"})")).torch_dtype, "bfloat16");
    EXPECT_EQ(parse(with(minimal("llama"), R"({"torch_dtype":"float16"})")).torch_dtype, "float16");
}

TEST(ModelConfig, YarnTakesWhatTransformersTakes)
{
    const auto yarn = [](const std::string& more) {
        const std::string text = R"({"rope_scaling":{"type":"yarn","factor":4.0)" + more + "}}";
        return parse(with(minimal("qwen2"), text.c_str())).rope;
    };
    const RopeConfig usual = yarn(R"(,"original_max_position_embeddings":32768)");
    EXPECT_EQ(usual.type, RopeType::Yarn);
    EXPECT_EQ(usual.factor, 4.0);
    EXPECT_EQ(usual.original_max_position_embeddings, 32768);
    EXPECT_DOUBLE_EQ(usual.attention_factor, 1.138629436111989);
    EXPECT_EQ(usual.beta_fast, 32.0);
    EXPECT_EQ(usual.beta_slow, 1.0);
    EXPECT_TRUE(usual.truncate);
    EXPECT_EQ(yarn("").original_max_position_embeddings,
              parse(minimal("qwen2")).max_position_embeddings);
    EXPECT_DOUBLE_EQ(yarn(R"(,"mscale":1.0,"mscale_all_dim":0.5)").attention_factor,
                     1.0648216253695715);
    const RopeConfig stated =
        yarn(R"(,"attention_factor":1.5,"beta_fast":4,"beta_slow":2,"truncate":false)");
    EXPECT_EQ(stated.attention_factor, 1.5);
    EXPECT_EQ(stated.beta_fast, 4.0);
    EXPECT_EQ(stated.beta_slow, 2.0);
    EXPECT_FALSE(stated.truncate);
}

TEST(ModelConfig, EndOfTextMayBeAList)
{
    const Json json = with(minimal("llama"), R"({"eos_token_id":[7,8,9],"bos_token_id":3})");
    EXPECT_THAT(parse(json).eos_token_ids, ElementsAre(7, 8, 9));
    EXPECT_EQ(parse(json).bos_token_id, 3);
    EXPECT_TRUE(parse(with(minimal("llama"), R"({"eos_token_id":null})")).eos_token_ids.empty());
}

struct Refusal
{
    const char* name;
    const char* changes;
    const char* expected;
    ErrorCode code = ErrorCode::Unsupported;
    const char* model_type = "llama";
};

class ModelConfigRefusal : public ::testing::TestWithParam<Refusal>
{};

TEST_P(ModelConfigRefusal, NamesTheKey)
{
    const Refusal& refusal = GetParam();
    const Result<ModelConfig> config =
        ModelConfig::from_json(with(minimal(refusal.model_type), refusal.changes));
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, refusal.code) << config.error().message;
    EXPECT_THAT(config.error().message,
                AllOf(HasSubstr("config.json: "), HasSubstr(refusal.expected)));
}

constexpr ErrorCode kInvalid = ErrorCode::InvalidConfig;

INSTANTIATE_TEST_SUITE_P(
    Keys,
    ModelConfigRefusal,
    ::testing::Values(
        Refusal{
            "Gemma", R"({"model_type":"gemma2"})", "wanted one of llama, mistral, qwen2, qwen3"},
        Refusal{"NoModelType", R"({"model_type":null})", "model_type is missing", kInvalid},
        Refusal{"ModelTypeIsANumber", R"({"model_type":3})", "model_type is 3", kInvalid},
        Refusal{"Gelu", R"({"hidden_act":"gelu"})", "hidden_act is \"gelu\""},
        Refusal{"TensorParallel", R"({"pretraining_tp":2})", "pretraining_tp is 2"},
        Refusal{
            "PartialRotary", R"({"partial_rotary_factor":0.5})", "partial_rotary_factor is 0.5"},
        Refusal{"Quantized",
                R"({"quantization_config":{"quant_method":"gptq"}})",
                "quantization_config is {\"quant_method\":\"gptq\"}"},
        Refusal{"AttentionDropout", R"({"attention_dropout":0.1})", "attention_dropout is 0.1"},
        Refusal{"SoftCap", R"({"final_logit_softcapping":30.0})", "final_logit_softcapping is 30"},
        Refusal{"Experts", R"({"num_local_experts":8})", "num_local_experts is 8"},
        Refusal{
            "Classifier",
            R"({"architectures":["LlamaForSequenceClassification"]})",
            "architectures is [\"LlamaForSequenceClassification\"], wanted [\"LlamaForCausalLM\"]"},
        Refusal{"YarnUnknownKey",
                R"({"rope_scaling":{"type":"yarn","factor":4.0,"finetuned":true}})",
                "rope_scaling holds \"finetuned\": true"},
        Refusal{"YarnWithoutWaves",
                R"({"rope_theta":1.0,"rope_scaling":{"type":"yarn","factor":4.0}})",
                "rope_theta is 1, wanted more than 1",
                kInvalid},
        Refusal{"LongRope",
                R"({"rope_parameters":{"rope_type":"longrope","rope_theta":1e4}})",
                "rope_parameters has rope_type \"longrope\""},
        Refusal{"DynamicRope",
                R"({"rope_scaling":{"type":"dynamic","factor":4.0}})",
                "rope_scaling has rope_type \"dynamic\""},
        Refusal{"NestedRope",
                R"({"rope_parameters":{"full_attention":{"rope_type":"default"}}})",
                "rope_parameters holds \"full_attention\""},
        Refusal{"RopePartialRotary",
                R"({"rope_parameters":{"rope_type":"default","partial_rotary_factor":0.25}})",
                "rope_parameters holds \"partial_rotary_factor\": 0.25"},
        Refusal{"RopeNoFactor",
                R"({"rope_scaling":{"type":"linear"}})",
                "rope_scaling factor is missing",
                kInvalid},
        Refusal{"RopeZeroFactor",
                R"({"rope_scaling":{"type":"linear","factor":0}})",
                "rope_scaling factor is 0",
                kInvalid},
        Refusal{"Llama3NoLow",
                R"({"rope_scaling":{"rope_type":"llama3","factor":8,"high_freq_factor":4}})",
                "low_freq_factor is missing",
                kInvalid},
        Refusal{
            "Llama3Reversed",
            R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4}})",
            "high_freq_factor is 4, wanted more than low_freq_factor 4",
            kInvalid},
        Refusal{"RopeIsAList", R"({"rope_scaling":[1]})", "rope_scaling is [1]", kInvalid},
        Refusal{"ThetaTooSmall", R"({"rope_theta":0.5})", "rope_theta is 0.5", kInvalid},
        Refusal{"OddHeadDim", R"({"head_dim":7})", "head_dim is 7"},
        Refusal{"HeadsDoNotDivide",
                R"({"num_key_value_heads":3})",
                "num_attention_heads is 8, not a multiple of num_key_value_heads 3",
                kInvalid},
        Refusal{"HiddenDoesNotDivide",
                R"({"hidden_size":60})",
                "hidden_size is 60, not a multiple of num_attention_heads 8",
                kInvalid},
        Refusal{"NoHiddenSize", R"({"hidden_size":null})", "hidden_size is missing", kInvalid},
        Refusal{
            "NegativeLayers", R"({"num_hidden_layers":-1})", "num_hidden_layers is -1", kInvalid},
        Refusal{"ZeroHeads", R"({"num_attention_heads":0})", "num_attention_heads is 0", kInvalid},
        Refusal{
            "HugeVocab", R"({"vocab_size":99999999999})", "vocab_size is 99999999999", kInvalid},
        Refusal{"BeyondInt64",
                R"({"hidden_size":18446744073709551615})",
                "hidden_size is 18446744073709551615",
                kInvalid},
        Refusal{"SizeIsText", R"({"hidden_size":"64"})", "hidden_size is \"64\"", kInvalid},
        Refusal{"SizeIsFraction", R"({"hidden_size":64.5})", "hidden_size is 64.5", kInvalid},
        Refusal{
            "TieIsANumber", R"({"tie_word_embeddings":1})", "tie_word_embeddings is 1", kInvalid},
        Refusal{"EpsIsText", R"({"rms_norm_eps":"1e-5"})", "rms_norm_eps is \"1e-5\"", kInvalid},
        Refusal{"EosIsText", R"({"eos_token_id":"</s>"})", "eos_token_id is \"</s>\"", kInvalid},
        Refusal{"LlamaSlides", R"({"sliding_window":128})", "sliding_window is 128"},
        Refusal{"UnknownLayerType",
                R"({"use_sliding_window":true,"layer_types":["a","a","a","a"]})",
                "layer_types holds \"a\"",
                ErrorCode::Unsupported,
                "qwen2"},
        Refusal{"ThreeLayerTypes",
                R"({"layer_types":["full_attention"]})",
                "wanted one name per layer",
                kInvalid,
                "qwen2"},
        Refusal{
            "SlidingWithoutWindow",
            R"({"layer_types":["full_attention","full_attention","full_attention","sliding_attention"]})",
            "layer 3 slides, and no sliding_window is set",
            kInvalid,
            "qwen3"},
        Refusal{
            "MistralMixes",
            R"({"layer_types":["full_attention","full_attention","full_attention","sliding_attention"]})",
            "the mistral class slides in every layer or in none",
            ErrorCode::Unsupported,
            "mistral"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ModelConfig, NeutralValuesPass)
{
    EXPECT_TRUE(ModelConfig::from_json(
        with(minimal("llama"),
             R"({"pretraining_tp":1,"partial_rotary_factor":1,"attention_dropout":0,
                 "quantization_config":null,"hidden_act":"silu","sliding_window":null,
                 "rope_scaling":null,"architectures":["LlamaForCausalLM"],"use_cache":true,
                 "some_key_of_a_training_tool":{"a":1}})")));
}

TEST(ModelConfig, NotAnObject)
{
    for (const char* text : {"[]", "1", "null", "\"x\""}) {
        const Result<ModelConfig> config = ModelConfig::from_json(Json::parse(text));
        ASSERT_FALSE(config) << text;
        EXPECT_THAT(config.error().message, HasSubstr("wanted a JSON object"));
    }
}

TEST(ModelConfig, RoundTripsThroughItsOwnJson)
{
    const std::vector<Json> sources = {
        minimal("llama"),
        with(minimal("llama"), R"({"attention_bias":true,"mlp_bias":true,"tie_word_embeddings":true,
            "torch_dtype":"bfloat16","rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3",
            "factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
            "original_max_position_embeddings":8192},"eos_token_id":[5,6]})"),
        minimal("mistral"),
        with(minimal("mistral"), R"({"sliding_window":null,"head_dim":16})"),
        with(minimal("qwen2"),
             R"({"use_sliding_window":true,"sliding_window":16,"max_window_layers":2})"),
        with(minimal("qwen3"),
             R"({"attention_bias":true,"rope_scaling":{"type":"linear","factor":2.0}})"),
        with(minimal("qwen3"), R"({"rope_scaling":{"type":"yarn","factor":2.5,"mscale":2.0,
            "mscale_all_dim":1.0,"beta_slow":3,"truncate":false}})"),
    };
    for (const Json& source : sources) {
        const ModelConfig first = parse(source);
        const ModelConfig second = parse(first.to_json());
        EXPECT_EQ(second.to_json(), first.to_json());
        EXPECT_EQ(second.sliding_window, first.sliding_window);
        EXPECT_EQ(second.rope.type, first.rope.type);
        EXPECT_EQ(second.rope.factor, first.rope.factor);
        EXPECT_EQ(second.rope.attention_factor, first.rope.attention_factor);
        EXPECT_EQ(second.head_dim, first.head_dim);
        EXPECT_EQ(second.attention_bias, first.attention_bias);
        EXPECT_EQ(second.o_bias, first.o_bias);
        EXPECT_EQ(second.mlp_bias, first.mlp_bias);
        EXPECT_EQ(second.tie_word_embeddings, first.tie_word_embeddings);
        EXPECT_EQ(second.eos_token_ids, first.eos_token_ids);
        EXPECT_EQ(second.torch_dtype, first.torch_dtype);
    }
}

TEST(ModelConfig, CountsParametersOfPublishedModels)
{
    // TinyLlama-1.1B and Qwen2.5-0.5B by their published sizes.
    const ModelConfig tiny = parse(Json::parse(
        R"({"model_type":"llama","hidden_size":2048,"intermediate_size":5632,"num_hidden_layers":22,
            "num_attention_heads":32,"num_key_value_heads":4,"vocab_size":32000})"));
    EXPECT_EQ(tiny.parameter_count(), 1'100'048'384);
    const ModelConfig qwen = parse(Json::parse(
        R"({"model_type":"qwen2","hidden_size":896,"intermediate_size":4864,"num_hidden_layers":24,
            "num_attention_heads":14,"num_key_value_heads":2,"vocab_size":151936,
            "tie_word_embeddings":true})"));
    EXPECT_EQ(qwen.parameter_count(), 494'032'768);
}

TEST(ModelConfig, GenerationConfigDecidesTheStop)
{
    const tests::TemporaryFolder folder;
    std::ofstream(folder.path() / "config.json") << minimal("llama").dump();
    EXPECT_THAT(value_or_throw(ModelConfig::load(folder.path())).eos_token_ids, ElementsAre(2));
    std::ofstream(folder.path() / "generation_config.json") << R"({"eos_token_id":[11,12]})";
    EXPECT_THAT(value_or_throw(ModelConfig::load(folder.path())).eos_token_ids,
                ElementsAre(11, 12));
    std::ofstream(folder.path() / "generation_config.json") << R"({"temperature":0.6})";
    EXPECT_THAT(value_or_throw(ModelConfig::load(folder.path())).eos_token_ids, ElementsAre(2));
    std::ofstream(folder.path() / "generation_config.json") << R"({"eos_token_id":"x"})";
    EXPECT_THAT(ModelConfig::load(folder.path()).error().message,
                HasSubstr("generation_config.json: eos_token_id is \"x\""));
}

TEST(ModelConfig, AFolderWithoutConfigIsNotFound)
{
    const tests::TemporaryFolder folder;
    EXPECT_EQ(ModelConfig::load(folder.path()).error().code, ErrorCode::NotFound);
}

TEST(ModelConfig, ReadsTheConformanceModel)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const ModelConfig config =
        value_or_throw(ModelConfig::load(shared / "conformance/models/stories260K"));
    EXPECT_EQ(config.rms_norm_eps, 1e-5);
    EXPECT_TRUE(config.tie_word_embeddings);
    EXPECT_EQ(config.torch_dtype, "float32");
}

} // namespace
} // namespace engine
