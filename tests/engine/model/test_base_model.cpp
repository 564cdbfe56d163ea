// Loading base models: every tensor checked, in place where it can be, converted where it must.
#include <cmath>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "engine/model/base_model.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using ::testing::HasSubstr;

ModelConfig tiny_config(const std::string& model_type = "llama", bool tied = false)
{
    const Json json = {{"model_type", model_type},
                       {"hidden_size", 8},
                       {"intermediate_size", 12},
                       {"num_hidden_layers", 2},
                       {"num_attention_heads", 2},
                       {"num_key_value_heads", 1},
                       {"head_dim", 4},
                       {"vocab_size", 10},
                       {"tie_word_embeddings", tied}};
    return value_or_throw(ModelConfig::from_json(json));
}

// A model folder whose element i of tensor t is a small exact number, in a chosen dtype.
class BaseModelTest : public ::testing::Test
{
protected:
    struct FileTensor
    {
        std::string name;
        std::string dtype;
        std::vector<std::int64_t> shape;
    };

    void SetUp() override { use(tiny_config()); }

    void use(const ModelConfig& config, const std::string& dtype = "F32")
    {
        std::ofstream(m_folder.path() / "config.json") << config.to_json().dump();
        m_tensors.clear();
        for (const ExpectedTensor& expected : expected_tensors(config)) {
            std::vector<std::int64_t> shape;
            shape.reserve(static_cast<std::size_t>(expected.shape.rank()));
            for (int axis = 0; axis < expected.shape.rank(); ++axis) {
                shape.push_back(expected.shape[axis]);
            }
            m_tensors.push_back({expected.name, dtype, shape});
        }
    }

    FileTensor& tensor(const std::string& name)
    {
        for (FileTensor& candidate : m_tensors) {
            if (candidate.name == name) {
                return candidate;
            }
        }
        throw std::logic_error(name);
    }

    void write() const
    {
        std::vector<SafetensorsSource> sources;
        for (const FileTensor& file_tensor : m_tensors) {
            sources.push_back({file_tensor.name,
                               file_tensor.dtype,
                               file_tensor.shape,
                               [file_tensor](const auto& sink) {
                                   const std::vector<char> bytes = bytes_of(file_tensor);
                                   return sink(std::as_bytes(std::span(bytes)));
                               }});
        }
        ASSERT_TRUE(write_safetensors(m_folder.path() / "model.safetensors", std::move(sources)));
    }

    // Exact in every float type.
    static float value_at(const std::string& name, std::int64_t i)
    {
        return static_cast<float>((static_cast<std::int64_t>(name.size()) * 7 + i * 3) % 61 - 30)
               / 8.0F;
    }

    static std::vector<char> bytes_of(const FileTensor& file_tensor)
    {
        std::int64_t count = 1;
        for (const std::int64_t size : file_tensor.shape) {
            count *= size;
        }
        std::vector<char> bytes;
        for (std::int64_t i = 0; i < count; ++i) {
            const float value = value_at(file_tensor.name, i);
            const bfloat16_t brain = to_bfloat16(value);
            const float16_t half = to_float16(value);
            const void* source = file_tensor.dtype == "F32"    ? static_cast<const void*>(&value)
                                 : file_tensor.dtype == "BF16" ? static_cast<const void*>(&brain)
                                                               : static_cast<const void*>(&half);
            const std::size_t size = safetensors_dtype_size(file_tensor.dtype);
            bytes.insert(bytes.end(),
                         static_cast<const char*>(source),
                         static_cast<const char*>(source) + size);
        }
        return bytes;
    }

    Result<BaseModel> load(const LoadOptions& options = {})
    {
        return BaseModel::load(m_backend, m_folder.path(), options);
    }

    std::string message(const LoadOptions& options = {})
    {
        const Result<BaseModel> model = load(options);
        return model ? "loaded" : model.error().message;
    }

    static void expect_values(const BaseModel& model)
    {
        for (const BaseModel::NamedTensor& named : model.tensors()) {
            for (std::int64_t i = 0; i < named.tensor.numel(); ++i) {
                const float found = named.tensor.dtype() == DType::F32
                                        ? named.tensor.data<float>()[i]
                                        : to_float(named.tensor.data<bfloat16_t>()[i]);
                ASSERT_EQ(found, value_at(named.name, i)) << named.name << '[' << i << ']';
            }
        }
    }

    CpuBackend m_backend{1};
    tests::TemporaryFolder m_folder;
    std::vector<FileTensor> m_tensors;
};

TEST_F(BaseModelTest, EqualDtypeIsUsedInPlace)
{
    write();
    const Result<BaseModel> model = load();
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->owned_bytes(), 0);
    EXPECT_EQ(model->mapped_bytes(), 4 * model->config().parameter_count());
    expect_values(*model);
    EXPECT_EQ(model->layers().size(), 2U);
    EXPECT_EQ(model->layers()[1][Target::DownProj].weight.shape(), (Shape{8, 12}));
    EXPECT_FALSE(model->layers()[1][Target::DownProj].bias.defined());
    EXPECT_EQ(model->lm_head().shape(), (Shape{10, 8}));
    EXPECT_NE(model->lm_head().raw(), model->embed_tokens().raw());
}

TEST_F(BaseModelTest, EveryDtypeConvertsExactly)
{
    for (const char* stored : {"F32", "BF16", "F16"}) {
        for (const DType wanted : {DType::F32, DType::BF16}) {
            use(tiny_config(), stored);
            write();
            const Result<BaseModel> model = load({.dtype = wanted});
            ASSERT_TRUE(model) << model.error().message;
            EXPECT_EQ(model->dtype(), wanted);
            expect_values(*model);
            const bool in_place = stored == safetensors_name(wanted);
            EXPECT_EQ(model->owned_bytes() == 0, in_place) << stored;
        }
    }
}

TEST_F(BaseModelTest, MisalignedTensorsAreCopied)
{
    use(tiny_config(), "F32");
    write();
    // One more byte in the header moves every tensor off its alignment, as old writers did.
    std::ifstream in(m_folder.path() / "model.safetensors", std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    bytes.insert(8 + length, " ");
    ++length;
    std::memcpy(bytes.data(), &length, 8);
    std::ofstream(m_folder.path() / "model.safetensors", std::ios::binary) << bytes;
    const Result<BaseModel> model = load();
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->mapped_bytes(), 0);
    expect_values(*model);
    for (const BaseModel::NamedTensor& named : model->tensors()) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(named.tensor.raw()) % 4, 0U);
    }
}

TEST_F(BaseModelTest, FamiliesHaveTheirTensors)
{
    const auto names = [](const std::string& model_type) {
        std::set<std::string> found;
        for (const ExpectedTensor& expected : expected_tensors(tiny_config(model_type))) {
            found.insert(expected.name);
        }
        return found;
    };
    EXPECT_EQ(names("llama").size(), 2U * 9U + 3U);
    EXPECT_EQ(names("mistral"), names("llama"));
    EXPECT_EQ(names("qwen2").size(), 2U * 12U + 3U);
    EXPECT_TRUE(names("qwen2").contains("model.layers.1.self_attn.k_proj.bias"));
    EXPECT_FALSE(names("qwen2").contains("model.layers.1.self_attn.o_proj.bias"));
    EXPECT_TRUE(names("qwen3").contains("model.layers.0.self_attn.q_norm.weight"));
    EXPECT_EQ(names("qwen3").size(), 2U * 11U + 3U);
    for (const char* model_type : {"qwen2", "qwen3"}) {
        use(tiny_config(model_type));
        write();
        const Result<BaseModel> model = load();
        ASSERT_TRUE(model) << model.error().message;
        EXPECT_EQ(model->layers()[0][Target::KProj].bias.defined(),
                  model_type == std::string("qwen2"));
        EXPECT_EQ(model->layers()[0].k_norm.defined(), model_type == std::string("qwen3"));
        expect_values(*model);
    }
}

TEST_F(BaseModelTest, TiedModelsShareTheEmbedding)
{
    use(tiny_config("llama", true));
    write();
    Result<BaseModel> model = load();
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->lm_head().raw(), model->embed_tokens().raw());
    // A head that a tied file carries all the same is not used.
    m_tensors.push_back({"lm_head.weight", "F32", {10, 8}});
    model = Error{}; // Windows replaces no file that is mapped
    write();
    model = load();
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->lm_head().raw(), model->embed_tokens().raw());
    EXPECT_EQ(model->config().parameter_count() * 4, model->mapped_bytes());
}

TEST_F(BaseModelTest, AnUntiedConfigWithoutAHeadIsTied)
{
    std::erase_if(m_tensors, [](const FileTensor& t) { return t.name == "lm_head.weight"; });
    write();
    const Result<BaseModel> model = load();
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_TRUE(model->config().tie_word_embeddings);
    EXPECT_EQ(model->lm_head().raw(), model->embed_tokens().raw());
}

TEST_F(BaseModelTest, OldRotaryBuffersAreIgnored)
{
    m_tensors.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {2}});
    write();
    EXPECT_EQ(message(), "loaded");
}

TEST_F(BaseModelTest, NamesWhatIsMissingExtraOrMisshapen)
{
    std::erase_if(m_tensors, [](const FileTensor& t) { return t.name == "model.norm.weight"; });
    m_tensors.push_back({"model.layers.0.self_attn.q_proj.qweight", "F32", {2}});
    write();
    EXPECT_THAT(message(),
                HasSubstr("1 tensor is missing: model.norm.weight; 1 tensor is not of "
                          "this architecture: model.layers.0.self_attn.q_proj.qweight"));
    use(tiny_config());
    tensor("model.layers.1.mlp.up_proj.weight").shape = {8, 12};
    write();
    EXPECT_THAT(
        message(),
        HasSubstr("model.layers.1.mlp.up_proj.weight is [8, 12], config.json wants [12, 8]"));
    use(tiny_config());
    tensor("model.norm.weight").dtype = "I16";
    write();
    EXPECT_THAT(message(), HasSubstr("dtype I16, wanted F32, BF16 or F16"));
}

TEST_F(BaseModelTest, ManyMissingTensorsAreCounted)
{
    m_tensors.resize(1);
    m_tensors.push_back({"lm_head.weight", "F32", {10, 8}});
    write();
    EXPECT_THAT(message(), HasSubstr("19 tensors are missing"));
    EXPECT_THAT(message(), HasSubstr("and 16 more"));
}

TEST_F(BaseModelTest, LoadingCanBeCancelledAndReportsProgress)
{
    use(tiny_config(), "BF16");
    write();
    double last = 0.0;
    int calls = 0;
    const LoadOptions reporting = {.progress = [&](double fraction) {
        EXPECT_GE(fraction, last);
        last = fraction;
        ++calls;
    }};
    ASSERT_TRUE(load(reporting));
    EXPECT_EQ(last, 1.0);
    EXPECT_GE(calls, 2);
    StopSource source;
    source.request_stop();
    const Result<BaseModel> model = load({.stop = StopToken(source)});
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::Cancelled);
}

TEST_F(BaseModelTest, TrainableModelsOwnWritableFloats)
{
    use(tiny_config(), "BF16");
    write();
    Result<BaseModel> model = load({.dtype = DType::BF16, .trainable = true});
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->dtype(), DType::F32);
    EXPECT_EQ(model->mapped_bytes(), 0);
    expect_values(*model);
    for (const BaseModel::NamedTensor& named : model->tensors()) {
        EXPECT_EQ(model->writable(named.name).raw(), named.tensor.raw());
    }
    EXPECT_THROW((void)model->writable("nothing"), EngineError);
    Result<BaseModel> frozen = load();
    ASSERT_TRUE(frozen);
    EXPECT_THROW((void)frozen->writable("model.norm.weight"), EngineError);
}

TEST_F(BaseModelTest, OtherComputeDtypesAreRefused)
{
    write();
    EXPECT_THAT(message({.dtype = DType::F16}), HasSubstr("dtype is f16, wanted f32 or bf16"));
}

TEST(BaseModelRandom, HasTheStatedDistributionAndNeedsNoThreadCount)
{
    ModelConfig config = tiny_config("qwen2");
    config.vocab_size = 5000;
    CpuBackend one(1);
    const BaseModel a = BaseModel::random(one, config, 7);
    CpuBackend two(2);
    const BaseModel b = BaseModel::random(two, config, 7);
    const BaseModel c = BaseModel::random(two, config, 8);
    EXPECT_TRUE(a.trainable());
    const auto* values = a.embed_tokens().data<float>();
    const std::int64_t count = a.embed_tokens().numel();
    double sum = 0.0;
    double squares = 0.0;
    for (std::int64_t i = 0; i < count; ++i) {
        sum += values[i];
        squares += static_cast<double>(values[i]) * values[i];
    }
    const auto n = static_cast<double>(count);
    EXPECT_NEAR(sum / n, 0.0, 4 * 0.02 / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n), 0.02, 4 * 0.02 / std::sqrt(2 * n));
    EXPECT_EQ(std::memcmp(values, b.embed_tokens().raw(), a.embed_tokens().bytes()), 0);
    EXPECT_NE(std::memcmp(values, c.embed_tokens().raw(), a.embed_tokens().bytes()), 0);
    EXPECT_EQ(a.norm().data<float>()[3], 1.0F);
    EXPECT_EQ(a.layers()[0][Target::QProj].bias.data<float>()[3], 0.0F);
}

TEST(BaseModelConformance, Stories260KLoadsInPlace)
{
    LOWRANK_REQUIRE_SHARED(shared);
    CpuBackend backend(1);
    const Result<BaseModel> model =
        BaseModel::load(backend, shared / "conformance/models/stories260K");
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->config().num_layers, 5);
    EXPECT_EQ(model->config().parameter_count(), 260032);
    EXPECT_EQ(model->owned_bytes(), 0);
}

TEST(BaseModelConformance, OtherArchitecturesAreRefusedByName)
{
    LOWRANK_REQUIRE_SHARED(shared);
    CpuBackend backend(1);
    const Result<BaseModel> model =
        BaseModel::load(backend, shared / "conformance/models/tiny-gpt2-16d");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(model.error().message, HasSubstr("model_type is \"gpt2\""));
}

} // namespace
} // namespace engine
