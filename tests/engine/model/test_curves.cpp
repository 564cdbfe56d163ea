// Fifty AdamW steps of LoRA, rsLoRA, LoRA+, accumulation, packing and LoRA-GA against PyTorch +
// PEFT.
#include "tests/engine/model/adapter_adamw.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"

namespace {

using engine::DType;
using engine::LoraAdapter;
using engine::LoraMatrix;
using engine::MicroBatch;
using engine::Tensor;

class Curve : public lowrank_test::OnTestDevice<testing::TestWithParam<std::string>>
{
protected:
    // The golden adapter's A and B under this curve's scaling; LoRA-GA's recorded start instead.
    LoraAdapter start(const engine::BaseModel& model, const engine::Json& curve)
    {
        const LoraAdapter saved = m_golden.load_adapter(m_backend, model);
        engine::LoraConfig config = saved.config();
        config.use_rslora = curve.at("use_rslora").get<bool>();
        LoraAdapter adapter(m_backend, model.config(), config, DType::F32);
        const bool ga = GetParam() == "lora_ga";
        const auto file = engine::value_or_throw(engine::SafetensorsFile::open(
            ga ? m_golden.folder / "curves.safetensors"
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

    engine::Backend& m_backend = lowrank_test::test_backend();
    tests::GoldenCase m_golden{"llama3"};
};

TEST_P(Curve, FollowsPeft)
{
    const engine::Json& curve = m_golden.json.at("curves").at(GetParam());
    const engine::BaseModel model = m_golden.load(m_backend);
    LoraAdapter adapter = start(model, curve);
    engine::LoraGradients gradients(m_backend, adapter);
    tests::AdapterAdamW optimizer(m_backend, adapter, gradients);
    engine::Transformer transformer(
        m_backend, model, {.max_tokens = 64, .max_sequence_length = 64}, &adapter.config());
    const auto wanted = curve.at("losses").get<std::vector<double>>();
    const auto& batches = curve.at("batches");
    const auto accumulate = curve.at("grad_accum_steps").get<std::size_t>();
    ASSERT_EQ(wanted.size(), 50U);
    double worst = 0.0;
    for (std::size_t step = 0; step < wanted.size(); ++step) {
        std::vector<engine::Json> micro;
        double targets = 0.0;
        for (std::size_t j = 0; j < accumulate; ++j) {
            micro.push_back(batches.at((step * accumulate + j) % batches.size()));
            targets += static_cast<double>(tests::micro_batch(micro.back(), 1.0).num_targets());
        }
        double loss = 0.0;
        for (std::size_t j = 0; j < accumulate; ++j) {
            loss += transformer.run(
                tests::micro_batch(micro[j], targets),
                {.adapter = &adapter, .gradients = &gradients, .accumulate = j > 0});
        }
        worst = std::max(worst, std::abs(loss - wanted[step]) / wanted[step]);
        ASSERT_NEAR(loss, wanted[step], tests::kCurve * wanted[step]) << "step " << step;
        optimizer.step(curve.at("learning_rate").get<double>(),
                       curve.at("loraplus_ratio").get<double>(),
                       curve.at("weight_decay").get<double>());
    }
    // The run learns: a frozen adapter would repeat its first losses.
    EXPECT_LT(wanted.back(), 0.8 * wanted.front());
    std::cout << GetParam() << ": largest relative difference of 50 losses " << worst << "\n";
}

INSTANTIATE_TEST_SUITE_P(
    Methods,
    Curve,
    testing::Values(
        "lora", "rslora", "loraplus", "loraplus_rslora", "accumulation", "packed", "lora_ga"),
    [](const auto& method) { return method.param; });

} // namespace
