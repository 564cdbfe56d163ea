// Quantised bases: the numbers of bitsandbytes, PEFT's gradients and losses on an NF4 base, and
// what int8, odd sizes and bad weights give.
#include <cmath>

#include "engine/model/quantize.h"
#include "engine/ops/elementwise.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/engine/model/training_steps.h"
#include "tests/support/temporary_folder.h"

namespace {

using engine::MatrixQuantizer;
using engine::ops::QuantType;
using testing::Values;

std::filesystem::path quant_data()
{
    return tests::test_data() / "quant";
}

template <typename T>
std::vector<T> values_of(const engine::SafetensorsFile& file, const std::string& name)
{
    const engine::SafetensorsEntry* entry = file.find(name);
    EXPECT_NE(entry, nullptr) << name;
    std::vector<T> values(entry->bytes.size() / sizeof(T));
    std::memcpy(values.data(), entry->bytes.data(), entry->bytes.size());
    return values;
}

template <typename T>
std::vector<T> downloaded(engine::Backend& backend, const engine::Tensor& tensor)
{
    std::vector<T> values(static_cast<std::size_t>(tensor.numel()));
    backend.download(tensor, values.data());
    return values;
}

// The matrix of make_golden.py.
std::vector<float> golden_weight()
{
    std::vector<float> weight(150U * 139U);
    for (std::size_t i = 0; i < weight.size(); ++i) {
        const float u = static_cast<float>((i * 7919 + 104729) % 65536) / 32768.0F - 1.0F;
        const volatile float square = u * u;
        const volatile float cube = square * u;
        weight[i] = cube * static_cast<float>(1 + i / 1000 % 5);
    }
    return weight;
}

class Quantize : public lowrank_test::OnTestDevice<testing::Test>
{
protected:
    engine::QuantizedWeight quantized(QuantType type,
                                      const std::vector<float>& weight,
                                      std::int64_t rows,
                                      std::int64_t step)
    {
        const auto columns = static_cast<std::int64_t>(weight.size()) / rows;
        MatrixQuantizer quantizer(type, rows, columns);
        for (std::int64_t row = 0; row < rows; row += step) {
            quantizer.add(weight.data() + row * columns, std::min(step, rows - row));
        }
        return engine::value_or_throw(quantizer.finish(m_backend));
    }

    std::vector<float> dequantized(const engine::QuantizedWeight& weight,
                                   engine::DType dtype = engine::DType::F32)
    {
        const engine::QuantMaps maps(m_backend);
        engine::Tensor rounded = m_backend.tensor(dtype, weight.shape);
        engine::ops::dequantize(m_backend, weight.view(maps), rounded);
        engine::Tensor plain = m_backend.tensor(engine::DType::F32, weight.shape);
        engine::ops::copy(m_backend, rounded, plain);
        return lowrank_test::floats_on(plain);
    }

    engine::Backend& m_backend = lowrank_test::test_backend();
};

TEST_F(Quantize, MapsAreThoseOfBitsandbytes)
{
    const auto file =
        engine::value_or_throw(engine::SafetensorsFile::open(quant_data() / "nf4.safetensors"));
    const auto codes = values_of<float>(file, "quant_map");
    const auto nested = values_of<float>(file, "nested_quant_map");
    EXPECT_TRUE(std::equal(codes.begin(),
                           codes.end(),
                           engine::nf4_quant_map().begin(),
                           engine::nf4_quant_map().end()));
    EXPECT_TRUE(std::equal(nested.begin(),
                           nested.end(),
                           engine::nested_quant_map().begin(),
                           engine::nested_quant_map().end()));
}

TEST_F(Quantize, Nf4IsThatOfBitsandbytes)
{
    const auto file =
        engine::value_or_throw(engine::SafetensorsFile::open(quant_data() / "nf4.safetensors"));
    for (const std::int64_t step : {64, 128, 150}) {
        const engine::QuantizedWeight weight =
            quantized(QuantType::Nf4, golden_weight(), 150, step);
        EXPECT_EQ(downloaded<std::uint8_t>(m_backend, weight.codes),
                  values_of<std::uint8_t>(file, "codes"));
        EXPECT_EQ(downloaded<std::uint8_t>(m_backend, weight.absmax),
                  values_of<std::uint8_t>(file, "absmax"));
        // The offset is a mean, which torch sums in its own order.
        const float offset = values_of<float>(file, "nested_offset").at(0);
        EXPECT_NEAR(weight.nested_offset, offset, 1e-6F * offset);
        const auto nested = values_of<float>(file, "nested_absmax");
        const auto found = downloaded<float>(m_backend, weight.nested_absmax);
        ASSERT_EQ(found.size(), nested.size());
        for (std::size_t i = 0; i < nested.size(); ++i) {
            EXPECT_NEAR(found[i], nested[i], 1e-6F * nested[i]);
        }
        EXPECT_LE(tests::relative_error(dequantized(weight), values_of<float>(file, "dequantized")),
                  1e-6);
        std::vector<float> wanted;
        for (const auto half : values_of<engine::bfloat16_t>(file, "dequantized_bf16")) {
            wanted.push_back(engine::to_float(half));
        }
        // The offset's last bit may round a weight to the neighbour.
        EXPECT_LE(tests::relative_error(dequantized(weight, engine::DType::BF16), wanted), 1e-4);
    }
}

TEST_F(Quantize, Nf4OfABlockByHand)
{
    const std::vector<float> block = {
        2, -2, 0, 1, -1, .5F, -.5F, .1F, -.1F, 1.5F, -1.5F, .3F, -.3F, .75F, -.75F, 1.9F};
    const engine::QuantizedWeight weight = quantized(QuantType::Nf4, block, 1, 1);
    EXPECT_EQ(downloaded<std::uint8_t>(m_backend, weight.codes),
              (std::vector<std::uint8_t>{0xf0, 0x7c, 0x2a, 0x48, 0x6e, 0x19, 0x5b, 0x3f}));
    // clang-format off
    const std::vector<float> wanted = {
        2, -2, 0, .88141966F, -1.0501461F, .4922246F, -.56888276F, .1591606F, -.18210007F, 1.4459137F,
        -1.3923856F, .3218604F, -.36954686F, .67583048F, -.78983498F, 2};
    // clang-format on
    EXPECT_LE(tests::relative_error(dequantized(weight), wanted), 1e-6);
}

TEST_F(Quantize, ZerosStayZeroAndAnOddEndIsFilled)
{
    const engine::QuantizedWeight zeros =
        quantized(QuantType::Nf4, std::vector<float>(65, 0.0F), 1, 1);
    EXPECT_EQ(downloaded<std::uint8_t>(m_backend, zeros.codes),
              std::vector<std::uint8_t>(33, 0x77));
    EXPECT_EQ(dequantized(zeros), std::vector<float>(65, 0.0F));
    const engine::QuantizedWeight rows =
        quantized(QuantType::Int8, std::vector<float>(6, 0.0F), 2, 2);
    EXPECT_EQ(dequantized(rows), std::vector<float>(6, 0.0F));
}

TEST_F(Quantize, RowsTooSmallForALevelBecomeZero)
{
    const std::vector<float> weight = {1e-38F, -1e-40F, 0.0F, 2.0F, -2.0F, 1.0F};
    EXPECT_EQ(dequantized(quantized(QuantType::Int8, weight, 2, 2)),
              (std::vector<float>{0.0F, 0.0F, 0.0F, 2.0F, -2.0F, 2.0F / 127.0F * 64.0F}));
}

TEST_F(Quantize, Int8IsNearestOf255Levels)
{
    const std::vector<float> weight = golden_weight();
    const engine::QuantizedWeight rows = quantized(QuantType::Int8, weight, 150, 64);
    const std::vector<float> back = dequantized(rows);
    for (std::size_t row = 0; row < 150; ++row) {
        float absmax = 0.0F;
        for (std::size_t i = 0; i < 139; ++i) {
            absmax = std::max(absmax, std::abs(weight[row * 139 + i]));
        }
        for (std::size_t i = row * 139; i < (row + 1) * 139; ++i) {
            // Half a level, and a rounding of the product.
            ASSERT_LE(std::abs(back[i] - weight[i]), absmax / 127.0F * 0.5001F) << i;
        }
    }
}

TEST_F(Quantize, CountsItsBytes)
{
    for (const QuantType type : {QuantType::Nf4, QuantType::Int8}) {
        const engine::QuantizedWeight weight = quantized(type, golden_weight(), 150, 64);
        std::size_t bytes = 0;
        for (const engine::Tensor* tensor :
             {&weight.codes, &weight.absmax, &weight.nested_absmax, &weight.scale}) {
            bytes += tensor->defined() ? tensor->view().bytes() : 0;
        }
        EXPECT_EQ(engine::quantized_bytes(type, 150, 139), static_cast<std::int64_t>(bytes));
    }
    // 4.127 bits a weight.
    EXPECT_NEAR(static_cast<double>(engine::quantized_bytes(QuantType::Nf4, 4096, 4096)) * 8.0
                    / (4096.0 * 4096.0),
                4.127,
                1e-3);
}

TEST_F(Quantize, RefusesWhatIsNotFinite)
{
    for (const float bad : {INFINITY, -INFINITY, NAN}) {
        for (const QuantType type : {QuantType::Nf4, QuantType::Int8}) {
            std::vector<float> weight(130, 1.0F);
            weight[70] = bad;
            weight[71] = 2.0F; // a maximum must not forget a NaN
            MatrixQuantizer quantizer(type, 2, 65);
            quantizer.add(weight.data(), 2);
            const auto result = quantizer.finish(m_backend);
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code, engine::ErrorCode::Format);
        }
    }
}

// PEFT on the base of golden/llama_tied in NF4, and its ten AdamW steps.
TEST_F(Quantize, TrainsAsPeftOnAnNf4Base)
{
    const tests::GoldenCase golden("llama_tied");
    const auto file =
        engine::value_or_throw(engine::SafetensorsFile::open(quant_data() / "qlora.safetensors"));
    const engine::Json json =
        engine::value_or_throw(engine::read_json_file(quant_data() / "qlora.json"));
    const engine::BaseModel model = golden.load(m_backend, {.base_quant = QuantType::Nf4});
    ASSERT_EQ(model.base_quant(), QuantType::Nf4);
    engine::LoraAdapter adapter = golden.load_adapter(m_backend, model);
    const engine::MicroBatch batch = golden.batch();
    const engine::TransformerLimits limits = {.max_tokens = batch.num_tokens(),
                                              .max_sequence_length = batch.max_sequence_length()};
    engine::Transformer transformer(m_backend, model, limits, &adapter.config());

    const auto logits = tests::all_logits(transformer, model, batch, &adapter);
    EXPECT_LE(tests::max_abs_difference(logits, values_of<float>(file, "logits.adapter")),
              tests::kLogits);
    // The base as it was would not pass.
    EXPECT_GT(tests::max_abs_difference(logits, golden.floats("logits.adapter")), 0.01);

    engine::TrainConfig config;
    config.max_grad_norm = 0.0;
    tests::TrainingSteps steps(m_backend, config, adapter);
    const auto losses = json.at("losses").get<std::vector<double>>();
    for (std::size_t step = 0; step < losses.size(); ++step) {
        const auto numbers =
            steps.step(transformer, {&batch, 1}, json.at("learning_rate").get<double>());
        EXPECT_NEAR(numbers.loss, losses[step], tests::kCurve * losses[step]) << step;
        for (std::size_t i = 0; step == 0 && i < adapter.matrices().size(); ++i) {
            for (const std::string letter : {"A", "B"}) {
                const std::string key = tests::lora_key(adapter.matrices()[i], letter);
                const engine::LoraGradients::Pair& pair = steps.gradients().pairs[i];
                const engine::Tensor& gradient = letter == "A" ? pair.lora_a : pair.lora_b;
                EXPECT_LE(tests::relative_error(tests::floats_of(gradient),
                                                values_of<float>(file, "lora." + key)),
                          tests::kGradient)
                    << key;
            }
        }
    }
}

class QuantizedBase : public lowrank_test::OnTestDevice<testing::TestWithParam<QuantType>>
{
protected:
    engine::Backend& m_backend = lowrank_test::test_backend();
};

// A base of the dequantised weights computes the same bits.
TEST_P(QuantizedBase, IsTheBaseOfItsDequantisedWeights)
{
    const tests::GoldenCase golden("llama3");
    const engine::BaseModel quantized = golden.load(m_backend, {.base_quant = GetParam()});
    engine::BaseModel plain = golden.load(m_backend, {.trainable = true});
    for (std::size_t layer = 0; layer < plain.layers().size(); ++layer) {
        for (const engine::Target target : engine::kAllTargets) {
            const std::string name = engine::concat("model.layers.",
                                                    layer,
                                                    '.',
                                                    engine::parent_module(target),
                                                    '.',
                                                    to_string(target),
                                                    ".weight");
            const engine::LinearWeights& weights = quantized.layers()[layer][target];
            EXPECT_FALSE(weights.weight.defined());
            engine::ops::dequantize(m_backend, weights.quantized, plain.writable(name));
        }
    }
    const engine::MicroBatch batch = golden.batch();
    const engine::LoraAdapter adapter = golden.load_adapter(m_backend, plain);
    const engine::TransformerLimits limits = {.max_tokens = batch.num_tokens(),
                                              .max_sequence_length = batch.max_sequence_length()};
    const auto losses_and_gradients = [&](const engine::BaseModel& model) {
        engine::Transformer transformer(m_backend, model, limits, &adapter.config());
        engine::LoraGradients gradients(m_backend, adapter);
        std::vector<float> values = {static_cast<float>(
            transformer.run(batch, {.adapter = &adapter, .gradients = &gradients}))};
        for (const engine::LoraGradients::Pair& pair : gradients.pairs) {
            const std::vector<float> a = tests::floats_of(pair.lora_a);
            const std::vector<float> b = tests::floats_of(pair.lora_b);
            values.insert(values.end(), a.begin(), a.end());
            values.insert(values.end(), b.begin(), b.end());
        }
        return values;
    };
    EXPECT_EQ(losses_and_gradients(quantized), losses_and_gradients(plain));
}

TEST_P(QuantizedBase, TheArenaHasRoomForWhatIsDequantised)
{
    const tests::GoldenCase golden("qwen2");
    const engine::BaseModel model = golden.load(m_backend, {.base_quant = GetParam()});
    engine::TransformerLimits limits = {.max_tokens = 20, .max_sequence_length = 20};
    const auto bytes = [&] {
        return engine::Transformer::arena_bytes(
            m_backend, model.config(), model.dtype(), limits, nullptr);
    };
    limits.backward = false;
    const std::int64_t without = bytes();
    limits.quantized_base = true;
    const std::int64_t largest = 48 * 32 * 4; // gate_proj, float32
    EXPECT_GE(bytes(), without + m_backend.buffers_ahead() * largest);
    const std::int64_t before = m_backend.allocator().live_bytes();
    const engine::Transformer transformer(m_backend, model, limits, nullptr);
    EXPECT_EQ(m_backend.allocator().live_bytes() - before, bytes());
}

TEST_P(QuantizedBase, OwnsWhatItCounts)
{
    const tests::GoldenCase golden("qwen2");
    const engine::BaseModel model = golden.load(m_backend, {.base_quant = GetParam()});
    const engine::BaseModel plain = golden.load(m_backend);
    std::int64_t projections = 0;
    std::int64_t packed = 0;
    for (const engine::ExpectedTensor& tensor : engine::expected_tensors(model.config())) {
        EXPECT_EQ(tensor.projection, engine::is_projection(tensor.name)) << tensor.name;
        if (tensor.projection) {
            projections += tensor.shape.numel() * 4;
            packed += engine::quantized_bytes(GetParam(), tensor.shape[0], tensor.shape[1]);
        }
    }
    EXPECT_EQ(model.owned_bytes() + model.mapped_bytes(),
              plain.owned_bytes() + plain.mapped_bytes() - projections + packed);
    EXPECT_EQ(model.tensors().size(), plain.tensors().size() - 14);
}

TEST_P(QuantizedBase, IsRefusedWhereWeightsTrain)
{
    const tests::GoldenCase golden("qwen2");
    const auto model = engine::BaseModel::load(
        m_backend, golden.folder, {.trainable = true, .base_quant = GetParam()});
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, engine::ErrorCode::InvalidArgument);
    EXPECT_NE(model.error().message.find("base_quant"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Types,
                         QuantizedBase,
                         Values(QuantType::Nf4, QuantType::Int8),
                         [](const auto& type) { return std::string(to_string(type.param)); });

// A weight that is not finite is named with its file.
TEST_F(Quantize, NamesTheTensorThatIsNotFinite)
{
    const tests::GoldenCase golden("qwen2");
    const tests::TemporaryFolder folder;
    std::filesystem::copy(golden.folder, folder.path() / "model");
    const auto file =
        engine::value_or_throw(engine::SafetensorsFile::open(golden.folder / "model.safetensors"));
    std::vector<engine::SafetensorsSource> sources;
    for (const engine::SafetensorsEntry& entry : file.entries()) {
        engine::SafetensorsSource source;
        source.name = entry.name;
        source.dtype = entry.dtype;
        source.shape = entry.shape;
        source.write = [&entry](const auto& sink) {
            std::vector<std::byte> bytes(entry.bytes.begin(), entry.bytes.end());
            if (entry.name.find("layers.1.mlp.up_proj") != std::string::npos) {
                const float bad = NAN;
                std::memcpy(bytes.data() + 40, &bad, sizeof bad);
            }
            return sink(std::span<const std::byte>(bytes));
        };
        sources.push_back(std::move(source));
    }
    const std::filesystem::path weights = folder.path() / "model" / "model.safetensors";
    std::filesystem::remove(weights);
    ASSERT_TRUE(engine::write_safetensors(weights, std::move(sources)));
    const auto model =
        engine::BaseModel::load(m_backend, folder.path() / "model", {.base_quant = QuantType::Nf4});
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, engine::ErrorCode::Format);
    EXPECT_NE(model.error().message.find("model.layers.1.mlp.up_proj.weight"), std::string::npos)
        << model.error().message;
}

} // namespace
