// Fifty steps of the shipped optimizer against PyTorch + PEFT, for each family: LoRA, LoRA+ and
// LoRA-GA with and without rsLoRA, weight decay, clipping, accumulation, masks and packing.
#include <tuple>

#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/engine/model/training_steps.h"

namespace {

using engine::DType;
using engine::LoraAdapter;
using engine::LoraMatrix;
using engine::MicroBatch;
using engine::Tensor;

const std::vector<std::string> kFamilies = {"llama3", "llama_tied", "mistral", "qwen2", "qwen3"};
const std::vector<std::string> kMethods = {"lora",
                                           "rslora",
                                           "loraplus",
                                           "loraplus_rslora",
                                           "lora_ga",
                                           "lora_ga_rslora",
                                           "accumulation",
                                           "masked",
                                           "packed"};

const engine::Json& curves()
{
    static const engine::Json json = engine::value_or_throw(
        engine::read_json_file(tests::test_data() / "golden" / "curves.json"));
    return json;
}

class Curve : public lowrank_test::OnTestDevice<
                  testing::TestWithParam<std::tuple<std::string, std::string>>>
{
protected:
    // The golden adapter's A and B under this method's scaling; LoRA-GA's recorded start instead.
    LoraAdapter start(const engine::BaseModel& model)
    {
        const LoraAdapter saved = m_golden.load_adapter(m_backend, model);
        engine::LoraConfig config = saved.config();
        config.use_rslora = m_method.at("use_rslora").get<bool>();
        LoraAdapter adapter(m_backend, model.config(), config, DType::F32);
        const bool ga = m_method.at("init") == "lora_ga";
        const auto file = engine::value_or_throw(engine::SafetensorsFile::open(
            ga ? m_golden.folder / "lora_ga.safetensors"
               : m_golden.folder / "adapter" / "adapter_model.safetensors"));
        for (LoraMatrix& matrix : adapter.matrices()) {
            for (const std::string letter : {"A", "B"}) {
                const engine::SafetensorsEntry* entry = file.find(tests::lora_key(matrix, letter));
                EXPECT_NE(entry, nullptr) << tests::lora_key(matrix, letter);
                const std::vector<float> values = tests::floats_of(*entry);
                Tensor& tensor = letter == "A" ? matrix.lora_a : matrix.lora_b;
                m_backend.upload(values.data(), tensor);
            }
            if (ga) {
                adapter.freeze_init_pair(matrix);
            }
        }
        return adapter;
    }

    [[nodiscard]] engine::TrainConfig train_config() const
    {
        engine::TrainConfig config;
        config.loraplus_ratio = m_method.at("loraplus_ratio").get<double>();
        config.weight_decay = m_method.at("weight_decay").get<double>();
        config.max_grad_norm = m_curve.at("max_grad_norm").get<double>();
        return config;
    }

    // The micro-batches of a step, their weights over all its targets.
    [[nodiscard]] std::vector<MicroBatch> batches_of(std::size_t step) const
    {
        const auto count = m_method.at("grad_accum_steps").get<std::size_t>();
        const engine::Json& all =
            curves().at("batches").at(m_method.at("batches").get<std::string>());
        const auto batch = [&](std::size_t j) { return all.at((step * count + j) % all.size()); };
        double targets = 0.0;
        for (std::size_t j = 0; j < count; ++j) {
            targets += static_cast<double>(tests::micro_batch(batch(j), 1.0).num_targets());
        }
        std::vector<MicroBatch> batches;
        for (std::size_t j = 0; j < count; ++j) {
            batches.push_back(tests::micro_batch(batch(j), targets));
        }
        return batches;
    }

    engine::Backend& m_backend = lowrank_test::test_backend();
    tests::GoldenCase m_golden{std::get<0>(GetParam())};
    const engine::Json& m_method = curves().at("methods").at(std::get<1>(GetParam()));
    const engine::Json& m_curve =
        curves().at("curves").at(std::get<0>(GetParam())).at(std::get<1>(GetParam()));
};

TEST_P(Curve, FollowsPeft)
{
    const engine::BaseModel model = m_golden.load(m_backend);
    LoraAdapter adapter = start(model);
    const engine::TrainConfig config = train_config();
    tests::TrainingSteps steps(m_backend, config, adapter);
    engine::Transformer transformer(
        m_backend, model, {.max_tokens = 64, .max_sequence_length = 64}, &adapter.config());
    const auto wanted = m_curve.at("losses").get<std::vector<double>>();
    const auto learning_rate = m_method.at("learning_rate").get<double>();
    ASSERT_EQ(wanted.size(), 50U);
    double worst = 0.0;
    std::size_t clipped = 0;
    for (std::size_t step = 0; step < wanted.size(); ++step) {
        const auto numbers = steps.step(transformer, batches_of(step), learning_rate);
        worst = std::max(worst, std::abs(numbers.loss - wanted[step]) / wanted[step]);
        ASSERT_NEAR(numbers.loss, wanted[step], tests::kCurve * wanted[step]) << "step " << step;
        if (step == 0) {
            const auto norm = m_curve.at("first_grad_norm").get<double>();
            EXPECT_NEAR(numbers.grad_norm, norm, tests::kGradient * norm);
        }
        clipped += numbers.grad_scale < 1.0 ? 1 : 0;
    }
    // The run learns: a frozen adapter would repeat its first losses.
    EXPECT_LT(wanted.back(), 0.8 * wanted.front());
    // Under AdamW a factor shows only where it changes from step to step.
    const bool clips = config.max_grad_norm > 0.0;
    EXPECT_EQ(clipped > 0, clips);
    EXPECT_LT(clipped, wanted.size());
    RecordProperty("largest_relative_difference", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(Families,
                         Curve,
                         testing::Combine(testing::ValuesIn(kFamilies),
                                          testing::ValuesIn(kMethods)),
                         [](const auto& curve) {
                             return std::get<0>(curve.param) + "_" + std::get<1>(curve.param);
                         });

// The file holds no curve that nothing follows.
TEST(Curves, AreAllFollowed)
{
    EXPECT_EQ(curves().at("methods").size(), kMethods.size());
    EXPECT_EQ(curves().at("curves").size(), kFamilies.size());
    for (const auto& [family, recorded] : curves().at("curves").items()) {
        EXPECT_EQ(recorded.size(), kMethods.size()) << family;
    }
}

} // namespace
