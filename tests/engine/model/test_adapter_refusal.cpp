// Adapters that are not exactly plain LoRA on this base: each refused by the name of the reason.
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "engine/core/json.h"
#include "engine/io/safetensors.h"
#include "engine/model/lora_adapter.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/peft_data.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::HasSubstr;
using tests::kPeft;

// Loads the "plain" golden after a change to its config or its tensors.
class AdapterRefusal : public ::testing::Test
{
protected:
    std::string
    message(const std::string& config_changes,
            const std::function<void(std::vector<SafetensorsSource>&)>& change_tensors = {})
    {
        Json config = value_or_throw(read_json_file(kPeft / "plain" / "adapter_config.json"));
        config.update(Json::parse(config_changes));
        std::ofstream(m_folder.path() / "adapter_config.json") << config.dump();
        const SafetensorsFile file =
            value_or_throw(SafetensorsFile::open(kPeft / "plain" / "adapter_model.safetensors"));
        std::vector<SafetensorsSource> tensors;
        for (const SafetensorsEntry& entry : file.entries()) {
            tensors.push_back({entry.name, entry.dtype, entry.shape, [&entry](const auto& sink) {
                                   return sink(entry.bytes);
                               }});
        }
        if (change_tensors) {
            change_tensors(tensors);
        }
        EXPECT_TRUE(write_safetensors(m_folder.path() / "adapter_model.safetensors", tensors));
        const Result<LoraAdapter> adapter =
            load_adapter(m_backend, m_model, m_folder.path(), DType::F32);
        m_code = adapter ? std::nullopt : std::optional(adapter.error().code);
        return adapter ? "loaded" : adapter.error().message;
    }

    static SafetensorsSource floats(std::string name, std::vector<std::int64_t> shape)
    {
        std::int64_t count = 1;
        for (const std::int64_t size : shape) {
            count *= size;
        }
        return {std::move(name), "F32", std::move(shape), [count](const auto& sink) {
                    const std::vector<float> zeros(static_cast<std::size_t>(count));
                    return sink(std::as_bytes(std::span(zeros)));
                }};
    }

    CpuBackend m_backend{1};
    ModelConfig m_model = tests::tiny_llama();
    tests::TemporaryFolder m_folder;
    std::optional<ErrorCode> m_code;
};

TEST_F(AdapterRefusal, NothingChangedLoads)
{
    EXPECT_EQ(message("{}"), "loaded");
    EXPECT_EQ(message(R"({"some_key_of_a_later_peft":null,"loftq_config":{}})"), "loaded");
}

TEST_F(AdapterRefusal, OtherMethodsAreNamed)
{
    const std::vector<std::pair<const char*, const char*>> cases = {
        {R"({"peft_type":"IA3"})", "peft_type is \"IA3\""},
        {R"({"use_dora":true})", "use_dora is true"},
        {R"({"lora_bias":true})", "lora_bias is true"},
        {R"({"fan_in_fan_out":true})", "fan_in_fan_out is true"},
        {R"({"bias":"lora_only"})", "bias is \"lora_only\""},
        {R"({"modules_to_save":["lm_head"]})", "modules_to_save is [\"lm_head\"]"},
        {R"({"layer_replication":[[0,1]]})", "layer_replication is [[0,1]]"},
        {R"({"trainable_token_indices":[3]})", "trainable_token_indices is [3]"},
        {R"({"target_parameters":["experts.down"]})", "target_parameters is"},
        {R"({"init_lora_weights":"pissa"})", "init_lora_weights is \"pissa\""},
        {R"({"init_lora_weights":"lora_ga"})", "init_lora_weights is \"lora_ga\""},
        {R"({"layers_pattern":"h"})", "layers_pattern is \"h\""},
        {R"({"target_modules":["q_proj","lm_head"]})", "targets lm_head"},
        {R"({"target_modules":["q_proj","embed_tokens"]})", "targets model.embed_tokens"},
        {R"({"target_modules":["c_attn"]})",
         "target_modules is [\"c_attn\"], which matches no projection"},
        {R"({"target_modules":null})", "target_modules is missing"},
    };
    for (const auto& [changes, expected] : cases) {
        EXPECT_THAT(message(changes), HasSubstr(expected));
        EXPECT_EQ(m_code, ErrorCode::Unsupported) << changes;
    }
}

TEST_F(AdapterRefusal, WrongValuesAreNamed)
{
    const std::vector<std::pair<const char*, const char*>> cases = {
        {R"({"r":0})", "r is 0"},
        {R"({"r":"4"})", "r is \"4\""},
        {R"({"r":99999999})", "r is 99999999"},
        {R"({"lora_alpha":"8"})", "lora_alpha is \"8\""},
        {R"({"lora_dropout":1.5})", "lora_dropout is 1.5"},
        {R"({"target_modules":"(q_proj"})", "target_modules is a pattern \"(q_proj\""},
        {R"({"target_modules":[1]})", "target_modules holds 1"},
        {R"({"rank_pattern":{"q_proj":0}})", "rank_pattern holds \"q_proj\": 0"},
        {R"({"rank_pattern":{"(":4}})", "no regular expression"},
        {R"({"rank_pattern":[4]})", "rank_pattern is [4]"},
        {R"({"layers_to_transform":["1"]})", "layers_to_transform is [\"1\"]"},
    };
    for (const auto& [changes, expected] : cases) {
        EXPECT_THAT(message(changes), HasSubstr(expected));
        EXPECT_EQ(m_code, ErrorCode::InvalidConfig) << changes;
    }
}

TEST_F(AdapterRefusal, AHostilePatternEnds)
{
    EXPECT_THAT(message(R"({"target_modules":"(.*)*(.*)*(.*)*(.*)*(.*)*x"})"),
                HasSubstr("matches no projection"));
}

TEST_F(AdapterRefusal, TensorsMustBeWhatTheConfigAnnounces)
{
    const std::string prefix = "base_model.model.model.layers.0.self_attn.q_proj.";
    const auto erase = [&](const std::string& name) {
        return [name](std::vector<SafetensorsSource>& tensors) {
            std::erase_if(tensors, [&](const SafetensorsSource& t) { return t.name == name; });
        };
    };
    const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        return [name, shape](std::vector<SafetensorsSource>& tensors) {
            tensors.push_back(floats(name, shape));
        };
    };
    EXPECT_THAT(message("{}", erase(prefix + "lora_B.weight")),
                HasSubstr("q_proj.lora_B.weight is missing"));
    EXPECT_THAT(message("{}", erase(prefix + "lora_A.weight")),
                HasSubstr("q_proj.lora_A.weight is missing"));
    EXPECT_THAT(message(R"({"r":3})"), HasSubstr("is [4, 16], adapter_config.json states rank 3"));
    EXPECT_THAT(message(R"({"target_modules":["q_proj"]})"),
                HasSubstr("v_proj.lora_A.weight is not among the matrices"));
    EXPECT_THAT(message(R"({"target_modules":["q_proj","v_proj","k_proj"]})"),
                HasSubstr("k_proj.lora_A.weight is missing"));
    EXPECT_THAT(message("{}", add(prefix + "lora_magnitude_vector", {16})),
                HasSubstr("is a DoRA magnitude"));
    EXPECT_THAT(message("{}", add(prefix + "lora_B.bias", {16})), HasSubstr("lora_bias"));
    EXPECT_THAT(message("{}", add("base_model.model.lm_head.weight", {32, 16})),
                HasSubstr("lm_head.weight is a full weight"));
    EXPECT_THAT(message("{}", add("base_model.model.model.embed_tokens.lora_embedding_A", {4, 32})),
                HasSubstr("an adapter of an embedding"));
    const auto swap_b = [&](std::vector<SafetensorsSource>& tensors) {
        erase(prefix + "lora_B.weight")(tensors);
        add(prefix + "lora_B.weight", {4, 16})(tensors);
    };
    EXPECT_THAT(message("{}", swap_b),
                HasSubstr("lora_B.weight is [4, 16], the base and rank 4 want [16, 4]"));
}

TEST_F(AdapterRefusal, PatternsKeepTheFilesOrder)
{
    // ".*" sorts before "q_proj" and stands after it in the file: the file's order decides.
    const std::string changes = R"({"alpha_pattern":{"q_proj":40,".*":4}})";
    ASSERT_EQ(message(changes), "loaded");
    const LoraAdapter adapter =
        value_or_throw(load_adapter(m_backend, m_model, m_folder.path(), DType::F32));
    EXPECT_EQ(adapter.find(0, Target::QProj)->scaling, 10.0F);
    EXPECT_EQ(adapter.find(0, Target::VProj)->scaling, 1.0F);
}

TEST_F(AdapterRefusal, AFolderThatIsNoAdapterIsDescribed)
{
    const auto load_message = [&](const std::filesystem::path& folder) {
        const Result<LoraAdapter> adapter = load_adapter(m_backend, m_model, folder, DType::F32);
        return adapter ? std::string("loaded") : adapter.error().message;
    };
    EXPECT_THAT(load_message(m_folder.path()), HasSubstr("no adapter_config.json"));
    std::filesystem::copy(kPeft / "plain" / "adapter_config.json", m_folder.path());
    EXPECT_THAT(load_message(m_folder.path()), HasSubstr("no adapter_model.safetensors"));
    std::ofstream(m_folder.path() / "adapter_model.bin") << "PK";
    EXPECT_THAT(load_message(m_folder.path()), HasSubstr("adapter_model.bin (a pickle"));
}

TEST_F(AdapterRefusal, ConformanceAdaptersAreRefusedByName)
{
    LOWRANK_REQUIRE_SHARED(shared);
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"gpt2-c_attn-c_proj", "fan_in_fan_out is true"},
        {"mlx-discollama", "an MLX adapter"},
        {"t5-lora", "no adapter_config.json"},
        {"misc", "no adapter_config.json"},
        // Trained on a wider model: the first tensor that does not fit is named.
        {"llama-added-tokens", "lora_A.weight"},
    };
    for (const auto& [name, expected] : cases) {
        const Result<LoraAdapter> adapter =
            load_adapter(m_backend, m_model, shared / "conformance/adapters" / name, DType::F32);
        ASSERT_FALSE(adapter) << name;
        EXPECT_THAT(adapter.error().message, HasSubstr(expected));
    }
    // On a model of its own shape: the file was cut down and lacks what its config announces.
    m_model.hidden_size = 64;
    m_model.num_layers = 8;
    m_model.num_heads = 16;
    m_model.num_kv_heads = 16;
    m_model.head_dim = 4;
    const Result<LoraAdapter> adapter = load_adapter(
        m_backend, m_model, shared / "conformance/adapters/llama-added-tokens", DType::F32);
    ASSERT_FALSE(adapter);
    EXPECT_THAT(adapter.error().message,
                HasSubstr("layers.0.self_attn.v_proj.lora_A.weight is missing"));
}

} // namespace
} // namespace engine
