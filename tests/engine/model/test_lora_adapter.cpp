// Adapters: targets, ranks and scales by PEFT's rules, initialisation, and PEFT's folder both ways.
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "engine/core/json.h"
#include "engine/io/safetensors.h"
#include "engine/model/lora_adapter.h"
#include "engine/model/module_pattern.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kPeft = std::filesystem::path(LOWRANK_TEST_DATA) / "peft";

// Of scaled products of a few float32 terms below 10 in size, against PEFT's own.
constexpr float kDeltaTolerance = 1e-5F;

ModelConfig tiny_llama()
{
    return value_or_throw(ModelConfig::load(kPeft / "base"));
}

// s B A of one matrix, or s (B A - B0 A0).
std::vector<float> delta_of(const LoraMatrix& matrix)
{
    const std::int64_t out = matrix.lora_b.shape()[0];
    const std::int64_t in = matrix.lora_a.shape()[1];
    std::vector<float> delta(static_cast<std::size_t>(out * in));
    for (std::int64_t row = 0; row < out; ++row) {
        for (std::int64_t column = 0; column < in; ++column) {
            double sum = 0.0;
            for (std::int64_t k = 0; k < matrix.rank; ++k) {
                sum += static_cast<double>(matrix.lora_b.data<float>()[row * matrix.rank + k])
                       * matrix.lora_a.data<float>()[k * in + column];
                if (matrix.has_init_pair()) {
                    sum -= static_cast<double>(matrix.init_b.data<float>()[row * matrix.rank + k])
                           * matrix.init_a.data<float>()[k * in + column];
                }
            }
            delta[static_cast<std::size_t>(row * in + column)] =
                static_cast<float>(matrix.scaling * sum);
        }
    }
    return delta;
}

void fill(Tensor& tensor, std::uint64_t stream)
{
    Random random(99, stream);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        tensor.data<float>()[i] = static_cast<float>(random.normal());
    }
}

void expect_near(const std::vector<float>& found, const std::vector<float>& wanted, float tolerance)
{
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(found[i], wanted[i], tolerance) << i;
    }
}

class PeftGolden : public ::testing::TestWithParam<const char*>
{};

TEST_P(PeftGolden, EveryMatrixHasPeftsDelta)
{
    CpuBackend backend(1);
    const Result<LoraAdapter> adapter =
        load_adapter(backend, tiny_llama(), kPeft / GetParam(), DType::F32);
    ASSERT_TRUE(adapter) << adapter.error().message;
    const SafetensorsFile golden =
        value_or_throw(SafetensorsFile::open(kPeft / GetParam() / "golden.safetensors"));
    ASSERT_EQ(adapter->matrices().size(), golden.entries().size() - 1); // and the logits
    for (const LoraMatrix& matrix : adapter->matrices()) {
        const std::string path = module_path(matrix.layer, matrix.target);
        const SafetensorsEntry* entry = golden.find("delta." + path);
        ASSERT_NE(entry, nullptr) << path;
        std::vector<float> wanted(static_cast<std::size_t>(entry->numel()));
        std::memcpy(wanted.data(), entry->bytes.data(), entry->bytes.size());
        SCOPED_TRACE(path);
        expect_near(delta_of(matrix), wanted, kDeltaTolerance);
    }
}

INSTANTIATE_TEST_SUITE_P(Peft,
                         PeftGolden,
                         ::testing::Values("plain", "rslora_patterns", "by_layer", "regex"),
                         [](const auto& test) { return std::string(test.param); });

class LoraAdapterTest : public ::testing::Test
{
protected:
    LoraAdapter make(const LoraConfig& config, DType dtype = DType::F32)
    {
        return {m_backend, m_model, config, dtype};
    }

    // Random A and B, and frozen ones when asked.
    LoraAdapter make_trained(const LoraConfig& config, bool lora_ga)
    {
        LoraAdapter adapter = make(config);
        std::uint64_t stream = 0;
        for (LoraMatrix& matrix : adapter.matrices()) {
            fill(matrix.lora_a, stream++);
            fill(matrix.lora_b, stream++);
            if (lora_ga) {
                adapter.freeze_init_pair(matrix);
                fill(matrix.lora_a, stream++);
                fill(matrix.lora_b, stream++);
            }
        }
        return adapter;
    }

    std::filesystem::path save(const LoraAdapter& adapter)
    {
        const std::filesystem::path folder = m_folder.path() / "adapter";
        const Result<void> saved = save_adapter(m_backend, adapter, m_model, "tiny", folder);
        EXPECT_TRUE(saved) << saved.error().message;
        return folder;
    }

    LoraAdapter load(const std::filesystem::path& folder)
    {
        return value_or_throw(load_adapter(m_backend, m_model, folder, DType::F32));
    }

    CpuBackend m_backend{2};
    ModelConfig m_model = tiny_llama();
    tests::TemporaryFolder m_folder;
};

TEST_F(LoraAdapterTest, KaimingIsUniformWithinOneOverRootIn)
{
    // Algorithms reference T2: max |A| <= 1/sqrt(n), variance 1/(3 n).
    m_model.hidden_size = 400;
    LoraConfig config;
    config.rank = 64;
    config.target_modules = {Target::QProj};
    m_model.num_heads = 100;
    LoraAdapter adapter = make(config);
    adapter.initialize(LoraInit::Lora, 5);
    const LoraMatrix& matrix = adapter.matrices()[0];
    const double bound = 1.0 / std::sqrt(400.0);
    double squares = 0.0;
    float largest = 0.0F;
    for (std::int64_t i = 0; i < matrix.lora_a.numel(); ++i) {
        const float value = matrix.lora_a.data<float>()[i];
        largest = std::max(largest, std::abs(value));
        squares += static_cast<double>(value) * value;
    }
    EXPECT_LE(largest, bound);
    EXPECT_GT(largest, 0.99 * bound);
    EXPECT_NEAR(squares / static_cast<double>(matrix.lora_a.numel()), 1.0 / 1200.0, 0.03 / 1200.0);
    for (std::int64_t i = 0; i < matrix.lora_b.numel(); ++i) {
        ASSERT_EQ(matrix.lora_b.data<float>()[i], 0.0F);
    }
}

TEST_F(LoraAdapterTest, GaussianHasDeviationOneOverRank)
{
    m_model.hidden_size = 4000;
    m_model.num_heads = 1000;
    LoraConfig config;
    config.rank = 8;
    config.target_modules = {Target::QProj};
    LoraAdapter adapter = make(config);
    adapter.initialize(LoraInit::Gaussian, 5);
    const LoraMatrix& matrix = adapter.matrices()[0];
    double squares = 0.0;
    for (std::int64_t i = 0; i < matrix.lora_a.numel(); ++i) {
        squares += std::pow(matrix.lora_a.data<float>()[i], 2.0);
    }
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(matrix.lora_a.numel())), 0.125, 0.002);
}

TEST_F(LoraAdapterTest, ASubsetOfTargetsStartsTheSame)
{
    LoraAdapter all = make({.rank = 4});
    LoraAdapter some = make({.rank = 4, .target_modules = {Target::VProj}, .layers = {1}});
    LoraAdapter other_seed = make({.rank = 4, .target_modules = {Target::VProj}, .layers = {1}});
    all.initialize(LoraInit::Lora, 3);
    some.initialize(LoraInit::Lora, 3);
    other_seed.initialize(LoraInit::Lora, 4);
    ASSERT_EQ(all.matrices().size(), 14U);
    ASSERT_EQ(some.matrices().size(), 1U);
    const LoraMatrix* from_all = all.find(1, Target::VProj);
    ASSERT_NE(from_all, nullptr);
    const std::size_t bytes = from_all->lora_a.view().bytes();
    const void* values = from_all->lora_a.view().raw();
    EXPECT_EQ(std::memcmp(values, some.matrices()[0].lora_a.view().raw(), bytes), 0);
    EXPECT_NE(std::memcmp(values, other_seed.matrices()[0].lora_a.view().raw(), bytes), 0);
    EXPECT_NE(std::memcmp(values, all.find(0, Target::VProj)->lora_a.view().raw(), bytes), 0);
    EXPECT_EQ(some.find(0, Target::VProj), nullptr);
    EXPECT_EQ(some.find(7, Target::VProj), nullptr);
    EXPECT_EQ(some.lowest_layer(), 1);
}

TEST_F(LoraAdapterTest, Bfloat16CopiesFollowTheMasters)
{
    LoraAdapter adapter = make({.rank = 2, .target_modules = {Target::QProj}}, DType::BF16);
    adapter.initialize(LoraInit::Lora, 1);
    LoraMatrix& matrix = adapter.matrices()[0];
    EXPECT_EQ(matrix.a().dtype(), DType::BF16);
    const float master = matrix.lora_a.data<float>()[5];
    EXPECT_EQ(matrix.a().data<bfloat16_t>()[5].bits, to_bfloat16(master).bits);
    adapter.freeze_init_pair(matrix);
    matrix.lora_a.data<float>()[5] = 3.0F;
    adapter.refresh_copies();
    EXPECT_EQ(to_float(matrix.a().data<bfloat16_t>()[5]), 3.0F);
    EXPECT_EQ(matrix.a0().data<bfloat16_t>()[5].bits, to_bfloat16(master).bits);
}

TEST_F(LoraAdapterTest, SavedAndLoadedIsBitForBitTheSame)
{
    const LoraConfig config = {.rank = 3,
                               .alpha = 7.5,
                               .use_rslora = true,
                               .dropout = 0.25,
                               .target_modules = {Target::KProj, Target::DownProj},
                               .layers = {1},
                               .rank_pattern = {{"down_proj", 5}},
                               .alpha_pattern = {{"k_proj", 2.5}}};
    const LoraAdapter saved = make_trained(config, false);
    const std::filesystem::path folder = save(saved);
    const LoraAdapter loaded = load(folder);
    ASSERT_EQ(loaded.matrices().size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        const LoraMatrix& a = saved.matrices()[i];
        const LoraMatrix& b = loaded.matrices()[i];
        EXPECT_EQ(a.rank, b.rank);
        EXPECT_EQ(a.scaling, b.scaling);
        EXPECT_EQ(
            std::memcmp(a.lora_a.view().raw(), b.lora_a.view().raw(), a.lora_a.view().bytes()), 0);
        EXPECT_EQ(
            std::memcmp(a.lora_b.view().raw(), b.lora_b.view().raw(), a.lora_b.view().bytes()), 0);
    }
    EXPECT_EQ(loaded.config().dropout, 0.25);
    EXPECT_EQ(loaded.config().alpha, 7.5);
    EXPECT_EQ(loaded.config().layers, (std::vector<std::int64_t>{1}));
    // T16: the data is exactly the parameters.
    const SafetensorsFile file =
        value_or_throw(SafetensorsFile::open(folder / "adapter_model.safetensors"));
    std::size_t bytes = 0;
    for (const SafetensorsEntry& entry : file.entries()) {
        EXPECT_EQ(entry.dtype, "F32");
        bytes += entry.bytes.size();
    }
    EXPECT_EQ(bytes, 4 * static_cast<std::size_t>(saved.parameter_count()));
    EXPECT_EQ(config.parameter_count(m_model), saved.parameter_count());
    EXPECT_EQ(file.metadata().at("format"), "pt");
    EXPECT_NE(file.find("base_model.model.model.layers.1.mlp.down_proj.lora_A.weight"), nullptr);
}

TEST_F(LoraAdapterTest, TheConfigHasTheClassicKeysSorted)
{
    const std::filesystem::path folder =
        save(make_trained({.rank = 4, .alpha = 8.0, .target_modules = {Target::QProj}}, false));
    const Json json = value_or_throw(read_json_file(folder / "adapter_config.json"));
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) {
        keys.push_back(key);
    }
    EXPECT_THAT(keys,
                ElementsAre("alpha_pattern",
                            "base_model_name_or_path",
                            "bias",
                            "fan_in_fan_out",
                            "inference_mode",
                            "init_lora_weights",
                            "layers_pattern",
                            "layers_to_transform",
                            "lora_alpha",
                            "lora_dropout",
                            "modules_to_save",
                            "peft_type",
                            "r",
                            "rank_pattern",
                            "revision",
                            "target_modules",
                            "task_type",
                            "use_dora",
                            "use_rslora"));
    EXPECT_EQ(json["r"], 4);
    EXPECT_TRUE(json["lora_alpha"].is_number_integer());
    EXPECT_EQ(json["init_lora_weights"], true);
    EXPECT_EQ(json["target_modules"], Json(std::vector<std::string>{"q_proj"}));
}

class LoraGaConversion : public LoraAdapterTest, public ::testing::WithParamInterface<bool>
{};

TEST_P(LoraGaConversion, IsTheSameChangeAsPlainLoraOfTwiceTheRank)
{
    const LoraConfig config = {.rank = 3,
                               .alpha = 5.0,
                               .use_rslora = GetParam(),
                               .rank_pattern = {{"o_proj", 2}},
                               .alpha_pattern = {{"mlp\\..*", 9.0}}};
    const LoraAdapter trained = make_trained(config, true);
    const LoraAdapter loaded = load(save(trained));
    ASSERT_EQ(loaded.matrices().size(), trained.matrices().size());
    for (std::size_t i = 0; i < loaded.matrices().size(); ++i) {
        const LoraMatrix& matrix = loaded.matrices()[i];
        EXPECT_EQ(matrix.rank, 2 * trained.matrices()[i].rank);
        EXPECT_FALSE(matrix.has_init_pair());
        EXPECT_NEAR(matrix.scaling, trained.matrices()[i].scaling, 1e-6);
        SCOPED_TRACE(i);
        expect_near(delta_of(matrix), delta_of(trained.matrices()[i]), 1e-4F);
    }
    const double factor = GetParam() ? std::sqrt(2.0) : 2.0;
    EXPECT_DOUBLE_EQ(loaded.config().alpha, 5.0 * factor);
    EXPECT_EQ(loaded.config().rank, 6);
    EXPECT_EQ(loaded.config().rank_pattern.at("o_proj"), 4);
    EXPECT_DOUBLE_EQ(loaded.config().alpha_pattern.at("mlp\\..*"), 9.0 * factor);
}

INSTANTIATE_TEST_SUITE_P(Scaling, LoraGaConversion, ::testing::Bool(), [](const auto& test) {
    return test.param ? "rslora" : "plain";
});

TEST_F(LoraAdapterTest, HalfFrozenAdaptersAreRefused)
{
    LoraAdapter adapter = make_trained({.rank = 2}, false);
    adapter.freeze_init_pair(adapter.matrices()[0]);
    const Result<void> saved =
        save_adapter(m_backend, adapter, m_model, "", m_folder.path() / "adapter");
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().message, HasSubstr("1 of 14 matrices have a frozen pair"));
    EXPECT_TRUE(std::filesystem::is_empty(m_folder.path()));
}

TEST_F(LoraAdapterTest, SavingAgainReplacesTheFolder)
{
    save(make_trained({.rank = 2}, false));
    const std::filesystem::path folder = save(make_trained({.rank = 3}, false));
    EXPECT_EQ(load(folder).config().rank, 3);
    int entries = 0;
    for (const auto& item : std::filesystem::directory_iterator(m_folder.path())) {
        EXPECT_EQ(item.path().filename(), "adapter");
        ++entries;
    }
    EXPECT_EQ(entries, 1);
}

TEST_F(LoraAdapterTest, AFileInTheWayIsRefused)
{
    std::ofstream(m_folder.path() / "adapter") << "x";
    const LoraAdapter adapter = make_trained({.rank = 2}, false);
    const Result<void> saved =
        save_adapter(m_backend, adapter, m_model, "", m_folder.path() / "adapter");
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, ErrorCode::InvalidArgument);
}

// Loads the "plain" golden after a change to its config or its tensors.
class AdapterRefusal : public LoraAdapterTest
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
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
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
    const LoraAdapter adapter = load(m_folder.path());
    EXPECT_EQ(adapter.find(0, Target::QProj)->scaling, 10.0F);
    EXPECT_EQ(adapter.find(0, Target::VProj)->scaling, 1.0F);
}

TEST_F(LoraAdapterTest, AFolderThatIsNoAdapterIsDescribed)
{
    const auto message = [&](const std::filesystem::path& folder) {
        const Result<LoraAdapter> adapter = load_adapter(m_backend, m_model, folder, DType::F32);
        return adapter ? std::string("loaded") : adapter.error().message;
    };
    EXPECT_THAT(message(m_folder.path()), HasSubstr("no adapter_config.json"));
    std::filesystem::copy(kPeft / "plain" / "adapter_config.json", m_folder.path());
    EXPECT_THAT(message(m_folder.path()), HasSubstr("no adapter_model.safetensors"));
    std::ofstream(m_folder.path() / "adapter_model.bin") << "PK";
    EXPECT_THAT(message(m_folder.path()), HasSubstr("adapter_model.bin (a pickle"));
}

TEST_F(LoraAdapterTest, ConformanceAdaptersAreRefusedByName)
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
    EXPECT_THAT(message({.rank = 2, .modules = {"model.layers.9.mlp.up_proj"}}),
                HasSubstr("no matrix of the model is targeted"));
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
