// What must hold for any model: packing, recomputation, accumulation, partial adapters, dropout,
// bfloat16, memory, and refusals. One file because the invariants share their tiny models.
#include <array>

#include "engine/model/transformer.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/optimizer_step.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/engine/model/golden_case.h"
#include "tests/engine/model/model_tolerances.h"
#include "tests/engine/model/tiny_model.h"

namespace {

using engine::Checkpointing;
using engine::DType;
using engine::LoraAdapter;
using engine::LoraConfig;
using engine::LoraGradients;
using engine::MicroBatch;
using engine::Target;
using engine::Transformer;
using engine::TransformerLimits;

class TransformerTest : public testing::Test
{
protected:
    static std::vector<float> flat(const LoraGradients& gradients)
    {
        std::vector<float> all;
        for (const auto& pair : gradients.pairs) {
            for (const engine::Tensor* tensor : {&pair.lora_a, &pair.lora_b}) {
                const auto values = tests::floats_of(*tensor);
                all.insert(all.end(), values.begin(), values.end());
            }
        }
        return all;
    }

    engine::CpuBackend m_backend{2};
    engine::BaseModel m_model = tests::tiny_model(m_backend, tests::tiny_config());
    LoraConfig m_config = {.rank = 4, .alpha = 8.0};
    LoraAdapter m_adapter = tests::random_adapter(m_backend, m_model.config(), m_config, 2);
};

TEST_F(TransformerTest, PackedEqualsSeparate)
{
    const MicroBatch packed = tests::random_batch({9, 1, 17, 4}, 50, 7, 2);
    Transformer transformer(m_backend, m_model, tests::limits_for(packed), &m_config);
    LoraGradients together(m_backend, m_adapter);
    const double loss = transformer.run(packed, {.adapter = &m_adapter, .gradients = &together});
    LoraGradients apart(m_backend, m_adapter);
    double sum = 0.0;
    for (std::size_t s = 0; s + 1 < packed.offsets.size(); ++s) {
        sum += transformer.run(tests::sequence_of(packed, s),
                               {.adapter = &m_adapter, .gradients = &apart, .accumulate = s > 0});
    }
    EXPECT_NEAR(loss, sum, tests::kReordered * sum);
    EXPECT_LE(tests::relative_error(flat(together), flat(apart)), tests::kReordered);
}

TEST_F(TransformerTest, RecomputationIsBitForBit)
{
    m_config.dropout = 0.2; // the second forward must draw the same masks
    const LoraAdapter adapter = tests::random_adapter(m_backend, m_model.config(), m_config, 2);
    const MicroBatch batch = tests::random_batch({13, 8}, 50, 8);
    const auto loss_and_gradients = [&](const TransformerLimits& limits) {
        Transformer transformer(m_backend, m_model, limits, &m_config);
        LoraGradients result(m_backend, adapter);
        const double loss = transformer.run(
            batch,
            {.adapter = &adapter, .gradients = &result, .dropout_seed = 3, .dropout_stream = 40});
        return std::pair(loss, flat(result));
    };
    TransformerLimits limits = tests::limits_for(batch);
    const auto wanted = loss_and_gradients(limits);
    limits.checkpointing = Checkpointing::PerLayer;
    for (limits.kept_layers = 0; limits.kept_layers <= 4; ++limits.kept_layers) {
        EXPECT_EQ(loss_and_gradients(limits), wanted) << limits.kept_layers;
    }
}

TEST_F(TransformerTest, AccumulationAdds)
{
    const MicroBatch first = tests::random_batch({12}, 50, 1);
    const MicroBatch second = tests::random_batch({5, 7}, 50, 2);
    Transformer transformer(m_backend, m_model, tests::limits_for(first), &m_config);
    LoraGradients a(m_backend, m_adapter);
    LoraGradients b(m_backend, m_adapter);
    LoraGradients both(m_backend, m_adapter);
    (void)transformer.run(first, {.adapter = &m_adapter, .gradients = &a});
    (void)transformer.run(second, {.adapter = &m_adapter, .gradients = &b});
    (void)transformer.run(first, {.adapter = &m_adapter, .gradients = &both});
    (void)transformer.run(second, {.adapter = &m_adapter, .gradients = &both, .accumulate = true});
    std::vector<float> sum = flat(a);
    const std::vector<float> other = flat(b);
    std::transform(sum.begin(), sum.end(), other.begin(), sum.begin(), std::plus<>());
    EXPECT_LE(tests::relative_error(flat(both), sum), tests::kReordered);
}

// An adapter on some matrices gets the gradients that the full adapter gets there when its other
// matrices do nothing: skipping work below and beside them loses nothing.
TEST_F(TransformerTest, PartialAdaptersGetTheSameGradients)
{
    const MicroBatch batch = tests::random_batch({14, 3}, 50, 4);

    struct Part
    {
        std::vector<std::int64_t> layers;
        std::vector<Target> targets;
    };

    const std::vector<Part> parts = {{{2}, {Target::DownProj}},
                                     {{1}, {Target::GateProj}},
                                     {{1, 2}, {Target::OProj}},
                                     {{0}, {Target::VProj}},
                                     {{1}, {Target::QProj, Target::DownProj}},
                                     {{0, 2}, {Target::KProj, Target::UpProj}}};
    for (const Part& part : parts) {
        LoraConfig config = m_config;
        config.layers = part.layers;
        config.target_modules = part.targets;
        const LoraAdapter adapter = tests::random_adapter(m_backend, m_model.config(), config, 2);
        LoraAdapter whole = tests::random_adapter(m_backend, m_model.config(), m_config, 2);
        for (engine::LoraMatrix& matrix : whole.matrices()) {
            if (adapter.find(matrix.layer, matrix.target) == nullptr) {
                engine::ops::zero(m_backend, matrix.lora_b);
            }
        }
        for (const Checkpointing checkpointing : {Checkpointing::None, Checkpointing::PerLayer}) {
            TransformerLimits limits = tests::limits_for(batch);
            limits.checkpointing = checkpointing;
            Transformer partial(m_backend, m_model, limits, &config);
            Transformer complete(m_backend, m_model, limits, &m_config);
            LoraGradients some(m_backend, adapter);
            LoraGradients all(m_backend, whole);
            const double loss = partial.run(batch, {.adapter = &adapter, .gradients = &some});
            EXPECT_NEAR(complete.run(batch, {.adapter = &whole, .gradients = &all}),
                        loss,
                        tests::kReordered * loss);
            for (std::size_t i = 0; i < some.pairs.size(); ++i) {
                const engine::LoraMatrix& matrix = adapter.matrices()[i];
                const auto index = static_cast<std::size_t>(whole.find(matrix.layer, matrix.target)
                                                            - whole.matrices().data());
                EXPECT_LE(tests::relative_error(tests::floats_of(some.pairs[i].lora_a),
                                                tests::floats_of(all.pairs[index].lora_a)),
                          tests::kReordered)
                    << matrix.layer << " " << to_string(matrix.target);
                EXPECT_LE(tests::relative_error(tests::floats_of(some.pairs[i].lora_b),
                                                tests::floats_of(all.pairs[index].lora_b)),
                          tests::kReordered);
            }
        }
    }
}

TEST_F(TransformerTest, ZeroBChangesNoLogits)
{
    LoraAdapter fresh(m_backend, m_model.config(), m_config, DType::F32);
    fresh.initialize(engine::LoraInit::Lora, 11);
    const MicroBatch batch = tests::random_batch({10}, 50, 5);
    Transformer transformer(m_backend, m_model, tests::limits_for(batch), &m_config);
    EXPECT_EQ(tests::all_logits(transformer, m_model, batch, &fresh),
              tests::all_logits(transformer, m_model, batch, nullptr));
    LoraGradients gradients(m_backend, fresh);
    (void)transformer.run(batch, {.adapter = &fresh, .gradients = &gradients});
    for (const auto& pair : gradients.pairs) {
        EXPECT_EQ(tests::norm(tests::floats_of(pair.lora_a)), 0.0);
        EXPECT_GT(tests::norm(tests::floats_of(pair.lora_b)), 0.0);
    }
}

TEST_F(TransformerTest, OverfitsOneBatch)
{
    const MicroBatch batch = tests::random_batch({12, 12}, 50, 6);
    Transformer transformer(m_backend, m_model, tests::limits_for(batch), &m_config);
    LoraAdapter adapter = tests::random_adapter(m_backend, m_model.config(), m_config, 2);
    LoraGradients gradients(m_backend, adapter);
    std::vector<engine::Tensor> moments;
    std::vector<engine::ops::ParameterStep> parameters;
    const auto add = [&](engine::Tensor& value, const engine::Tensor& grad) {
        engine::TensorView views[2];
        for (engine::TensorView& view : views) {
            view = moments.emplace_back(m_backend.tensor(DType::F32, value.shape())).view();
            engine::ops::zero(m_backend, view);
        }
        parameters.push_back(
            {.value = value, .grad = grad, .m = views[0], .v = views[1], .learning_rate = 1e-2F});
    };
    for (std::size_t i = 0; i < gradients.pairs.size(); ++i) {
        add(adapter.matrices()[i].lora_a, gradients.pairs[i].lora_a);
        add(adapter.matrices()[i].lora_b, gradients.pairs[i].lora_b);
    }
    double first = 0.0;
    double loss = 0.0;
    for (int step = 1; step <= 150; ++step) {
        loss = transformer.run(batch, {.adapter = &adapter, .gradients = &gradients});
        first = step == 1 ? loss : first;
        engine::ops::adamw_step(m_backend, parameters, {.step = step});
    }
    EXPECT_GT(first, 3.0);
    EXPECT_LT(loss, 0.25); // the final norm bounds the logits: about 0.2 is this head's least
}

TEST_F(TransformerTest, MaskedBatchHasNoGradient)
{
    MicroBatch batch = tests::random_batch({8}, 50, 6);
    batch.labels.assign(8, -1);
    batch.weights.assign(8, 0.0F);
    Transformer transformer(m_backend, m_model, tests::limits_for(batch), &m_config);
    LoraGradients gradients(m_backend, m_adapter);
    for (auto& pair : gradients.pairs) {
        std::fill_n(pair.lora_a.data<float>(), pair.lora_a.numel(), 1.0F);
        std::fill_n(pair.lora_b.data<float>(), pair.lora_b.numel(), 1.0F);
    }
    const std::vector<float> before = flat(gradients);
    EXPECT_EQ(transformer.run(batch,
                              {.adapter = &m_adapter, .gradients = &gradients, .accumulate = true}),
              0.0);
    EXPECT_EQ(flat(gradients), before);
    EXPECT_EQ(transformer.run(batch, {.adapter = &m_adapter, .gradients = &gradients}), 0.0);
    EXPECT_EQ(tests::norm(flat(gradients)), 0.0);
    EXPECT_TRUE(transformer.last_losses().empty());
}

TEST_F(TransformerTest, QueueLeavesTheLossAndTheGradientsOfRun)
{
    const MicroBatch batch = tests::random_batch({9, 6}, 50, 9, 1);
    Transformer transformer(m_backend, m_model, tests::limits_for(batch), &m_config);
    LoraGradients ran(m_backend, m_adapter);
    LoraGradients queued(m_backend, m_adapter);
    const double wanted = transformer.run(batch, {.adapter = &m_adapter, .gradients = &ran});
    float loss = NAN;
    transformer.queue(
        batch, {.adapter = &m_adapter, .gradients = &queued}, {&loss, DType::F32, {1}});
    EXPECT_EQ(loss, static_cast<float>(wanted));
    EXPECT_EQ(flat(queued), flat(ran));
    EXPECT_TRUE(transformer.last_losses().empty());
}

TEST_F(TransformerTest, LossIsTheWeightedSumOfLastLosses)
{
    MicroBatch batch = tests::random_batch({9, 6}, 50, 9, 1);
    for (std::size_t i = 0; i < batch.weights.size(); ++i) {
        batch.weights[i] *= static_cast<float>(i % 3);
    }
    Transformer transformer(m_backend, m_model, tests::limits_for(batch), &m_config);
    const double loss = transformer.run(batch, {.adapter = &m_adapter});
    const auto logits = tests::all_logits(transformer, m_model, batch, &m_adapter);
    (void)transformer.run(batch, {.adapter = &m_adapter});
    const auto losses = transformer.last_losses();
    ASSERT_EQ(static_cast<std::int64_t>(losses.size()), batch.num_targets());
    double sum = 0.0;
    std::size_t target = 0;
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        if (batch.labels[i] < 0) {
            continue;
        }
        const float* row = logits.data() + i * 50;
        double total = 0.0;
        for (int id = 0; id < 50; ++id) {
            total += std::exp(static_cast<double>(row[id]));
        }
        const double nll = std::log(total) - static_cast<double>(row[batch.labels[i]]);
        EXPECT_NEAR(static_cast<double>(losses[target]), nll, 1e-4);
        sum += static_cast<double>(batch.weights[i]) * nll;
        ++target;
    }
    EXPECT_NEAR(loss, sum, 1e-4);
}

// With a fixed mask the loss is a smooth function of A and B: its slope is the gradient.
TEST_F(TransformerTest, DropoutGradientIsTheSlope)
{
    m_config.dropout = 0.3;
    LoraAdapter adapter = tests::random_adapter(m_backend, m_model.config(), m_config, 2);
    const MicroBatch batch = tests::random_batch({11}, 50, 10);
    Transformer transformer(m_backend, m_model, tests::limits_for(batch), &m_config);
    LoraGradients gradients(m_backend, adapter);
    LoraGradients unused(m_backend, adapter);
    const auto loss_of = [&](LoraGradients& into, std::uint64_t stream) {
        return transformer.run(
            batch,
            {.adapter = &adapter, .gradients = &into, .dropout_seed = 1, .dropout_stream = stream});
    };
    const double loss = loss_of(gradients, 500);
    EXPECT_EQ(loss, loss_of(unused, 500));
    EXPECT_NE(loss, loss_of(unused, 900)); // another micro-batch, other masks
    EXPECT_NE(loss, transformer.run(batch, {.adapter = &adapter})); // evaluation drops nothing
    for (const std::size_t i : {0U, 3U, 6U, 13U, 20U}) {
        engine::LoraMatrix& matrix = adapter.matrices()[i];
        for (auto [value, grad] : {std::pair{&matrix.lora_a, &gradients.pairs[i].lora_a},
                                   std::pair{&matrix.lora_b, &gradients.pairs[i].lora_b}}) {
            // The slope along the gradient itself is its norm.
            const auto g = tests::floats_of(*grad);
            const double length = tests::norm(g);
            const double step = 2e-3;
            const auto move = [&](double distance) {
                for (std::int64_t k = 0; k < value->numel(); ++k) {
                    value->data<float>()[k] += static_cast<float>(
                        distance / length * static_cast<double>(g[static_cast<std::size_t>(k)]));
                }
            };
            move(step);
            const double above = loss_of(unused, 500);
            move(-2.0 * step);
            const double below = loss_of(unused, 500);
            move(step);
            EXPECT_NEAR((above - below) / (2.0 * step), length, 5e-3 * length) << "matrix " << i;
        }
    }
}

TEST_F(TransformerTest, ArenaBytesAreWhatTheConstructorTakes)
{
    const auto live = [&] { return m_backend.allocator().live_bytes(); };
    const std::array<const LoraConfig*, 2> configs = {nullptr, &m_config};
    for (const Checkpointing checkpointing : {Checkpointing::None, Checkpointing::PerLayer}) {
        for (const bool backward : {false, true}) {
            for (const LoraConfig* lora : configs) {
                const TransformerLimits limits = {.max_tokens = 37,
                                                  .max_sequence_length = 21,
                                                  .backward = backward,
                                                  .full = lora == nullptr,
                                                  .checkpointing = checkpointing,
                                                  .kept_layers = 1};
                const std::int64_t before = live();
                const Transformer transformer(m_backend, m_model, limits, lora);
                EXPECT_EQ(live() - before,
                          Transformer::arena_bytes(
                              m_backend, m_model.config(), DType::F32, limits, lora));
            }
        }
    }
}

// Adapting only upper layers keeps less; recomputation keeps less still.
TEST_F(TransformerTest, KeepsOnlyWhatBackwardNeeds)
{
    const auto bytes = [&](const TransformerLimits& limits, const LoraConfig& lora) {
        return Transformer::arena_bytes(m_backend, m_model.config(), DType::F32, limits, &lora);
    };
    TransformerLimits limits = {.max_tokens = 64, .max_sequence_length = 64};
    LoraConfig top = m_config;
    top.layers = {2};
    const std::int64_t all_layers = bytes(limits, m_config);
    EXPECT_LT(bytes(limits, top), all_layers);
    limits.checkpointing = Checkpointing::PerLayer;
    const std::int64_t recomputed = bytes(limits, m_config);
    EXPECT_LT(recomputed, all_layers);
    // Between the two, a layer more is some bytes more; all of them are no recomputation at all.
    std::int64_t before = recomputed;
    for (limits.kept_layers = 1; limits.kept_layers < 3; ++limits.kept_layers) {
        const std::int64_t some = bytes(limits, m_config);
        EXPECT_GT(some, before) << limits.kept_layers;
        before = some;
    }
    EXPECT_EQ(bytes(limits, m_config), all_layers);
    limits.kept_layers = 0;
    limits.backward = false;
    EXPECT_LT(bytes(limits, m_config), recomputed);
}

TEST_F(TransformerTest, RefusesWhatDoesNotFit)
{
    const MicroBatch good = tests::random_batch({8}, 50, 1);
    Transformer transformer(m_backend, m_model, tests::limits_for(good), &m_config);
    const auto message = [&](const MicroBatch& batch, const engine::TrainPass& pass) {
        try {
            (void)transformer.run(batch, pass);
        } catch (const engine::EngineError& error) {
            return error.error().message;
        }
        return std::string("accepted");
    };
    EXPECT_EQ(message(good, {}), "accepted");
    EXPECT_EQ(message(tests::random_batch({4, 5}, 50, 1), {}),
              "micro-batch: 9 tokens, the limit is 8");
    MicroBatch bad = good;
    bad.tokens[3] = 50;
    EXPECT_NE(message(bad, {}).find("tokens run from"), std::string::npos);
    bad = good;
    bad.labels[3] = 50;
    EXPECT_NE(message(bad, {}).find("labels run from"), std::string::npos);
    bad = good;
    bad.positions[7] = 8;
    EXPECT_NE(message(bad, {}).find("positions run from"), std::string::npos);
    bad = good;
    bad.offsets = {0, 7};
    EXPECT_EQ(message(bad, {}), "micro-batch: offsets must run from 0 to 8");
    bad = good;
    bad.weights.pop_back();
    EXPECT_EQ(message(bad, {}), "micro-batch: 8 tokens, 8 labels, 7 weights, 8 positions");
    EXPECT_NE(message({}, {}).find("no tokens"), std::string::npos);

    LoraGradients gradients(m_backend, m_adapter);
    EXPECT_EQ(message(good, {.gradients = &gradients}),
              "transformer: adapter gradients without an adapter");
    engine::FullGradients full;
    EXPECT_EQ(message(good, {.full_gradients = &full}),
              "transformer: laid out without full gradients");
    const LoraAdapter other =
        tests::random_adapter(m_backend, m_model.config(), {.rank = 6, .alpha = 6.0}, 1);
    LoraGradients other_gradients(m_backend, other);
    EXPECT_NE(message(good, {.adapter = &other, .gradients = &other_gradients})
                  .find("laid out for another adapter"),
              std::string::npos);
    // A forward alone takes any adapter.
    EXPECT_EQ(message(good, {.adapter = &other}), "accepted");
}

TEST_F(TransformerTest, Bf16FollowsFloat32)
{
    const tests::GoldenCase golden("qwen3");
    const engine::BaseModel f32 = golden.load(m_backend);
    const engine::BaseModel bf16 = golden.load(m_backend, {.dtype = DType::BF16});
    const MicroBatch batch = golden.batch();
    std::array<std::vector<float>, 2> gradients;
    std::array<double, 2> losses = {};
    const std::array<const engine::BaseModel*, 2> models = {&f32, &bf16};
    for (const std::size_t i : {0U, 1U}) {
        const LoraAdapter adapter = golden.load_adapter(m_backend, *models[i]);
        Transformer transformer(m_backend, *models[i], tests::limits_for(batch), &adapter.config());
        LoraGradients result(m_backend, adapter);
        losses[i] = transformer.run(batch, {.adapter = &adapter, .gradients = &result});
        gradients[i] = flat(result);
    }
    EXPECT_NE(losses[0], losses[1]);
    EXPECT_NEAR(losses[1], losses[0], tests::kBf16Loss * losses[0]);
    double dot = 0.0;
    for (std::size_t i = 0; i < gradients[0].size(); ++i) {
        dot += static_cast<double>(gradients[0][i]) * static_cast<double>(gradients[1][i]);
    }
    EXPECT_GT(dot / (tests::norm(gradients[0]) * tests::norm(gradients[1])),
              tests::kBf16GradientCosine);
}

} // namespace
