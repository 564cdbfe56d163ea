// Logits and gradients of tiny models of every family and variant against PyTorch + transformers +
// PEFT.
#include <array>
#include <limits>

#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"

namespace {

using engine::Checkpointing;
using engine::Transformer;
using engine::TransformerLimits;
using tests::GoldenCase;

class Golden : public lowrank_test::OnTestDevice<testing::TestWithParam<std::string>>
{
protected:
    static TransformerLimits limits_for(const engine::MicroBatch& batch)
    {
        return {.max_tokens = batch.num_tokens(),
                .max_sequence_length = batch.max_sequence_length()};
    }

    void poison(engine::TensorView tensor)
    {
        const std::vector<float> values(static_cast<std::size_t>(tensor.numel()),
                                        std::numeric_limits<float>::quiet_NaN());
        m_backend.upload(values.data(), tensor);
    }

    engine::Backend& m_backend = lowrank_test::test_backend();
    GoldenCase m_golden{GetParam()};
};

TEST_P(Golden, BaseLogits)
{
    const engine::BaseModel model = m_golden.load(m_backend);
    const engine::MicroBatch batch = m_golden.batch();
    TransformerLimits limits = limits_for(batch);
    limits.backward = false;
    Transformer transformer(m_backend, model, limits, nullptr);
    const auto logits = tests::all_logits(transformer, model, batch, nullptr);
    const double difference = tests::max_abs_difference(logits, m_golden.floats("logits.base"));
    RecordProperty("max_abs_difference", std::to_string(difference));
    EXPECT_LE(difference, tests::kLogits);
    EXPECT_NEAR(transformer.run(batch, {}),
                m_golden.json.at("loss_base").get<double>(),
                tests::kLoss * m_golden.json.at("loss_base").get<double>());
}

TEST_P(Golden, AdapterLogits)
{
    const engine::BaseModel model = m_golden.load(m_backend);
    const engine::LoraAdapter adapter = m_golden.load_adapter(m_backend, model);
    const engine::MicroBatch batch = m_golden.batch();
    Transformer transformer(m_backend, model, limits_for(batch), &adapter.config());
    const auto logits = tests::all_logits(transformer, model, batch, &adapter);
    EXPECT_LE(tests::max_abs_difference(logits, m_golden.floats("logits.adapter")), tests::kLogits);
    // An adapter that changed nothing would pass with the base's logits.
    EXPECT_GT(tests::max_abs_difference(logits, m_golden.floats("logits.base")), 0.1);
}

TEST_P(Golden, AdapterGradients)
{
    const engine::BaseModel model = m_golden.load(m_backend);
    const engine::LoraAdapter adapter = m_golden.load_adapter(m_backend, model);
    const engine::MicroBatch batch = m_golden.batch();
    for (const Checkpointing checkpointing : {Checkpointing::None, Checkpointing::PerLayer}) {
        TransformerLimits limits = limits_for(batch);
        limits.checkpointing = checkpointing;
        Transformer transformer(m_backend, model, limits, &adapter.config());
        engine::LoraGradients gradients(m_backend, adapter);
        const double loss = transformer.run(batch, {.adapter = &adapter, .gradients = &gradients});
        const double wanted = m_golden.json.at("loss_adapter").get<double>();
        EXPECT_NEAR(loss, wanted, tests::kLoss * wanted);
        ASSERT_EQ(adapter.matrices().size(), 14U);
        for (std::size_t i = 0; i < adapter.matrices().size(); ++i) {
            const engine::LoraMatrix& matrix = adapter.matrices()[i];
            for (const std::string letter : {"A", "B"}) {
                const std::string key = tests::lora_key(matrix, letter);
                const engine::Tensor& gradient =
                    letter == "A" ? gradients.pairs[i].lora_a : gradients.pairs[i].lora_b;
                EXPECT_LE(tests::relative_error(tests::floats_of(gradient),
                                                m_golden.floats("lora." + key)),
                          tests::kGradient)
                    << key;
            }
        }
    }
}

// On a GPU the second pass becomes a graph; it and the later ones give the bits of the first, which
// was queued kernel by kernel.
TEST_P(Golden, APassThatComesAgainGivesTheSameBits)
{
    for (const engine::DType dtype : {engine::DType::F32, engine::DType::BF16}) {
        const engine::BaseModel model = m_golden.load(m_backend, {.dtype = dtype});
        const engine::LoraAdapter adapter = m_golden.load_adapter(m_backend, model);
        const engine::MicroBatch batch = m_golden.batch();
        Transformer transformer(m_backend, model, limits_for(batch), &adapter.config());
        engine::LoraGradients gradients(m_backend, adapter);
        double first_loss = 0.0;
        std::vector<std::vector<float>> first;
        for (int pass = 1; pass <= 4; ++pass) {
            SCOPED_TRACE(engine::concat(to_string(dtype), ", pass ", pass));
            std::vector<std::vector<float>> got;
            for (engine::LoraGradients::Pair& pair : gradients.pairs) {
                poison(pair.lora_a);
                poison(pair.lora_b);
            }
            const double loss =
                transformer.run(batch, {.adapter = &adapter, .gradients = &gradients});
            for (const engine::LoraGradients::Pair& pair : gradients.pairs) {
                got.push_back(tests::floats_of(pair.lora_a));
                got.push_back(tests::floats_of(pair.lora_b));
            }
            if (pass == 1) {
                first_loss = loss;
                first = got;
            }
            EXPECT_EQ(loss, first_loss);
            EXPECT_EQ(got, first); // not a number is equal to nothing
        }
    }
}

TEST_P(Golden, FullGradientsAndSink)
{
    if (m_golden.tensors.find("full.model.norm.weight") == nullptr) {
        GTEST_SKIP() << "this case records no gradients of the base";
    }
    engine::BaseModel model = m_golden.load(m_backend, {.trainable = true});
    const engine::MicroBatch batch = m_golden.batch();
    TransformerLimits limits = limits_for(batch);
    limits.full = true;
    limits.weight_sink = true;
    Transformer transformer(m_backend, model, limits, nullptr);
    engine::FullGradients gradients;
    for (const auto& named : model.tensors()) {
        gradients.push_back(m_backend.tensor(engine::DType::F32, named.tensor.shape()));
    }
    (void)transformer.run(batch, {.full_gradients = &gradients});
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        const std::string& name = model.tensors()[i].name;
        EXPECT_LE(
            tests::relative_error(tests::floats_of(gradients[i]), m_golden.floats("full." + name)),
            tests::kGradient)
            << name;
    }
    // The sink sees the same dL/dW of every projection, each once.
    int seen = 0;
    const engine::WeightGradientSink sink = [&](std::int64_t layer,
                                                engine::Target target,
                                                engine::ConstTensorView gradient) {
        ++seen;
        const std::string name = engine::concat("full.model.layers.",
                                                layer,
                                                ".",
                                                engine::parent_module(target),
                                                ".",
                                                engine::to_string(target),
                                                ".weight");
        EXPECT_LE(tests::relative_error(lowrank_test::floats_on(gradient), m_golden.floats(name)),
                  tests::kGradient)
            << name;
    };
    (void)transformer.run(batch, {.sink = &sink, .sink_targets = engine::kAllTargets});
    EXPECT_EQ(seen, 14);
}

INSTANTIATE_TEST_SUITE_P(Families,
                         Golden,
                         testing::ValuesIn(tests::golden_cases()),
                         [](const auto& family) { return family.param; });

} // namespace
