// AdamW's oracle values, LoRA+'s groups, clipping, the refreshed copies.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "engine/ops/elementwise.h"
#include "engine/tensor/cpu_backend.h"
#include "engine/train/optimizer.h"
#include "tests/support/tiny_run.h"

namespace {

using engine::CpuBackend;
using engine::DType;
using engine::LoraAdapter;
using engine::LoraGradients;
using engine::Optimizer;
using engine::TrainConfig;

// An adapter of one layer's q_proj, rank 1, with every number set.
class OptimizerTest : public testing::Test
{
protected:
    LoraAdapter make_adapter(DType dtype = DType::F32)
    {
        engine::LoraConfig config;
        config.rank = 1;
        config.target_modules = {engine::Target::QProj};
        config.layers = {0};
        LoraAdapter adapter(m_backend, tests::tiny_config(), config, dtype);
        fill(adapter.matrices()[0].lora_a, 1.0F);
        fill(adapter.matrices()[0].lora_b, 1.0F);
        return adapter;
    }

    void fill(engine::Tensor& tensor, float value)
    {
        std::fill_n(tensor.data<float>(), tensor.numel(), value);
    }

    void set_gradients(LoraGradients& gradients, float value)
    {
        fill(gradients.pairs[0].lora_a, value);
        fill(gradients.pairs[0].lora_b, value);
    }

    // Takes a step and returns the gradients' norm.
    double step(Optimizer& optimizer, double learning_rate, std::int64_t number, float loss = 1.0F)
    {
        float norm = 0.0F;
        float scale = 0.0F;
        optimizer.step(learning_rate,
                       number,
                       {.losses = {&loss, DType::F32, {1}},
                        .grad_norm = {&norm, DType::F32, {1}},
                        .grad_scale = {&scale, DType::F32, {1}}});
        return static_cast<double>(norm);
    }

    CpuBackend m_backend{1};
};

TEST_F(OptimizerTest, AdamWFollowsTheOracle)
{
    // p = 1, lr 0.1, weight decay 0.1, betas 0.9 and 0.999, gradients 0.5 then -0.25.
    TrainConfig config;
    config.weight_decay = 0.1;
    config.max_grad_norm = 0.0;
    LoraAdapter adapter = make_adapter();
    LoraGradients gradients(m_backend, adapter);
    Optimizer optimizer(m_backend, config, adapter, gradients);
    set_gradients(gradients, 0.5F);
    (void)step(optimizer, 0.1, 1);
    EXPECT_NEAR(adapter.matrices()[0].lora_a.data<float>()[0], 0.890000002, 1e-6);
    set_gradients(gradients, -0.25F);
    (void)step(optimizer, 0.1, 2);
    EXPECT_NEAR(adapter.matrices()[0].lora_a.data<float>()[0], 0.854466298687846, 1e-6);
    EXPECT_NEAR(adapter.matrices()[0].lora_b.data<float>()[3], 0.854466298687846, 1e-6);
}

TEST_F(OptimizerTest, LoraPlusMultipliesTheStepOfB)
{
    constexpr double kRatio = 16.0;
    TrainConfig config;
    config.optimizer = engine::OptimizerKind::Sgd;
    config.loraplus_ratio = kRatio;
    config.max_grad_norm = 0.0;
    LoraAdapter adapter = make_adapter();
    LoraGradients gradients(m_backend, adapter);
    Optimizer optimizer(m_backend, config, adapter, gradients);
    for (int number = 1; number <= 2; ++number) {
        const float a = adapter.matrices()[0].lora_a.data<float>()[0];
        const float b = adapter.matrices()[0].lora_b.data<float>()[0];
        set_gradients(gradients, 0.25F);
        (void)step(optimizer, 1.0 / 1024.0, number);
        // Powers of two: the arithmetic is exact.
        EXPECT_EQ(a - adapter.matrices()[0].lora_a.data<float>()[0], 0.25F / 1024.0F);
        EXPECT_EQ(b - adapter.matrices()[0].lora_b.data<float>()[0], 16.0F * 0.25F / 1024.0F);
    }
}

TEST_F(OptimizerTest, ClippingScalesToTheNorm)
{
    TrainConfig config;
    config.optimizer = engine::OptimizerKind::Sgd;
    config.max_grad_norm = 1.0;
    LoraAdapter adapter = make_adapter();
    LoraGradients gradients(m_backend, adapter);
    Optimizer optimizer(m_backend, config, adapter, gradients);
    set_gradients(gradients, 0.5F);
    const auto count = static_cast<double>(adapter.parameter_count());
    const double norm = step(optimizer, 1.0, 1);
    EXPECT_FLOAT_EQ(static_cast<float>(norm), static_cast<float>(0.5 * std::sqrt(count)));
    const double moved = 1.0 - static_cast<double>(adapter.matrices()[0].lora_a.data<float>()[0]);
    EXPECT_NEAR(moved, 0.5 / (norm + 1e-6), 1e-6);
}

TEST_F(OptimizerTest, SmallGradientsAreNotScaledUp)
{
    TrainConfig config;
    config.optimizer = engine::OptimizerKind::Sgd;
    LoraAdapter adapter = make_adapter();
    LoraGradients gradients(m_backend, adapter);
    Optimizer optimizer(m_backend, config, adapter, gradients);
    set_gradients(gradients, 1.0F / 1024.0F);
    (void)step(optimizer, 1.0, 1);
    EXPECT_EQ(adapter.matrices()[0].lora_a.data<float>()[0], 1.0F - 1.0F / 1024.0F);
}

TEST_F(OptimizerTest, ALossThatIsNotFiniteChangesNothing)
{
    TrainConfig config;
    LoraAdapter adapter = make_adapter();
    LoraGradients gradients(m_backend, adapter);
    Optimizer optimizer(m_backend, config, adapter, gradients);
    set_gradients(gradients, 0.5F);
    (void)step(optimizer, 1.0, 1, std::numeric_limits<float>::infinity());
    EXPECT_EQ(adapter.matrices()[0].lora_a.data<float>()[0], 1.0F);
    EXPECT_EQ(optimizer.slots()[0].m.data<float>()[0], 0.0F);
    (void)step(optimizer, 1.0, 1);
    EXPECT_NE(adapter.matrices()[0].lora_a.data<float>()[0], 1.0F);
}

TEST_F(OptimizerTest, CopiesFollowTheMasters)
{
    TrainConfig config;
    config.optimizer = engine::OptimizerKind::Sgd;
    config.max_grad_norm = 0.0;
    LoraAdapter adapter = make_adapter(DType::BF16);
    LoraGradients gradients(m_backend, adapter);
    Optimizer optimizer(m_backend, config, adapter, gradients);
    set_gradients(gradients, 0.5F);
    (void)step(optimizer, 1.0, 1);
    EXPECT_EQ(engine::to_float(adapter.matrices()[0].lora_a_copy.data<engine::bfloat16_t>()[0]),
              0.5F);
}

TEST_F(OptimizerTest, SlotsNameEveryTrainedTensor)
{
    LoraAdapter adapter = make_adapter();
    LoraGradients gradients(m_backend, adapter);
    Optimizer optimizer(m_backend, {}, adapter, gradients);
    const auto slots = optimizer.slots();
    ASSERT_EQ(slots.size(), 2U);
    EXPECT_EQ(slots[0].name, "layers.0.q_proj.lora_a");
    EXPECT_EQ(slots[1].name, "layers.0.q_proj.lora_b");
    EXPECT_TRUE(slots[0].m.defined());
}

TEST_F(OptimizerTest, NormsHaveNoWeightDecayInFullTraining)
{
    engine::BaseModel model = engine::BaseModel::random(m_backend, tests::tiny_config(), 1);
    engine::FullGradients gradients;
    for (const auto& tensor : model.tensors()) {
        gradients.push_back(m_backend.tensor(DType::F32, tensor.tensor.shape()));
        engine::ops::zero(m_backend, gradients.back());
    }
    TrainConfig config;
    config.method = engine::Method::Full;
    config.optimizer = engine::OptimizerKind::Sgd;
    config.weight_decay = 0.5;
    Optimizer optimizer(m_backend, config, model, gradients);
    const float embedding = model.embed_tokens().data<float>()[0];
    (void)step(optimizer, 0.5, 1);
    EXPECT_EQ(model.norm().data<float>()[0], 1.0F);
    EXPECT_FLOAT_EQ(model.embed_tokens().data<float>()[0], 0.75F * embedding);
}

} // namespace
