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
#include "tests/engine/model/peft_data.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::expect_near;
using tests::kPeft;
using tests::tiny_llama;

// Of scaled products of a few float32 terms below 10 in size, against PEFT's own.
constexpr float kDeltaTolerance = 1e-5F;

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
        SCOPED_TRACE(path);
        expect_near(delta_of(matrix), tests::floats_of(golden, "delta." + path), kDeltaTolerance);
    }
}

INSTANTIATE_TEST_SUITE_P(Peft,
                         PeftGolden,
                         ::testing::ValuesIn(tests::kPeftAdapters),
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
        std::filesystem::path folder = m_folder.path() / "adapter";
        const Result<void> saved = save_adapter(m_backend, adapter, "tiny", folder);
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
    const Result<void> saved = save_adapter(m_backend, adapter, "", m_folder.path() / "adapter");
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
    const Result<void> saved = save_adapter(m_backend, adapter, "", m_folder.path() / "adapter");
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, ErrorCode::InvalidArgument);
}

} // namespace
} // namespace engine
