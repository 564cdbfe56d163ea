// Cross-entropy and its gradient.
#include "engine/ops/cross_entropy.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

struct CrossEntropyTest : OnTestDevice<testing::Test>
{
    engine::Backend& backend = test_backend();
};

TEST_F(CrossEntropyTest, LossAndGradientAgreeWithReference)
{
    constexpr std::int64_t kRows = 3;
    for (const std::int64_t vocab_size : kAwkwardSizes) {
        GuardedTensor logits = random_tensor(DType::F32, {kRows, vocab_size}, 1, 4.0);
        const std::vector<std::int32_t> labels = {0,
                                                  static_cast<std::int32_t>(vocab_size - 1),
                                                  static_cast<std::int32_t>(vocab_size / 2)};
        GuardedTensor weights(DType::F32, {kRows}, {0.25, 1.0, 0.0});
        GuardedTensor losses(DType::F32, {kRows});
        const Values before = logits.values();
        Values wanted_losses;
        for (std::int64_t row = 0; row < kRows; ++row) {
            wanted_losses.push_back(reference::cross_entropy(
                before, row, vocab_size, labels[static_cast<std::size_t>(row)]));
        }
        const Values factors = weights.values();
        const Values gradient = central_differences(
            [&](const Values& x) {
                double total = 0.0;
                for (std::int64_t row = 0; row < kRows; ++row) {
                    const auto index = static_cast<std::size_t>(row);
                    total += factors[index]
                             * reference::cross_entropy(x, row, vocab_size, labels[index]);
                }
                return total;
            },
            before);
        engine::ops::cross_entropy(backend,
                                   {.logits = logits.view(),
                                    .labels = view_of(labels),
                                    .weights = weights.view(),
                                    .losses = losses.view()});
        expect_output("losses", losses, wanted_losses, DType::F32);
        if (vocab_size > 1) { // one token: the gradient is zero and has no scale
            expect_output("dlogits", logits, gradient, DType::F32);
        }
    }
}

TEST_F(CrossEntropyTest, LargeLogitsDoNotOverflow)
{
    GuardedTensor logits(DType::F32, {1, 3}, {5000.0, 4999.0, -5000.0});
    GuardedTensor weights(DType::F32, {1}, {1.0});
    GuardedTensor losses(DType::F32, {1});
    const std::vector<std::int32_t> labels = {1};
    engine::ops::cross_entropy(backend,
                               {.logits = logits.view(),
                                .labels = view_of(labels),
                                .weights = weights.view(),
                                .losses = losses.view(),
                                .write_gradient = false});
    expect_output("losses", losses, {1.0 + std::log1p(std::exp(-1.0))}, DType::F32);
}

TEST_F(CrossEntropyTest, NanReachesTheLoss)
{
    Values numbers = random_values(33, 1);
    numbers[20] = NAN;
    GuardedTensor logits(DType::F32, {1, 33}, numbers);
    GuardedTensor weights(DType::F32, {1}, {1.0});
    GuardedTensor losses(DType::F32, {1}, {0.0});
    const std::vector<std::int32_t> labels = {3};
    engine::ops::cross_entropy(backend,
                               {.logits = logits.view(),
                                .labels = view_of(labels),
                                .weights = weights.view(),
                                .losses = losses.view()});
    EXPECT_TRUE(std::isnan(losses.values()[0]));
}

TEST_F(CrossEntropyTest, WeightedLossSumsInDouble)
{
    for (const std::int64_t n : {0, 1, 31, 257, 5003}) {
        const Values losses = random_values(n, 1, 1e4);
        GuardedTensor loss_rows(DType::F32, {n}, losses);
        GuardedTensor weights = random_tensor(DType::F32, {n}, 2);
        GuardedTensor loss(DType::F32, {1});
        const Values rounded = loss_rows.values();
        const Values factors = weights.values();
        double wanted = 0.0;
        for (std::size_t i = 0; i < rounded.size(); ++i) {
            wanted += rounded[i] * factors[i];
        }
        engine::ops::weighted_loss(backend, loss_rows.view(), weights.view(), loss.view());
        EXPECT_FLOAT_EQ(static_cast<float>(loss.values()[0]), static_cast<float>(wanted)) << n;
        EXPECT_TRUE(loss.guards_unharmed());
    }
}

TEST_F(CrossEntropyTest, WeightedLossRefusesBadArguments)
{
    GuardedTensor two(DType::F32, {2});
    GuardedTensor three(DType::F32, {3});
    GuardedTensor one(DType::F32, {1});
    expect_refusal("weighted_loss", [&] {
        engine::ops::weighted_loss(backend, two.view(), three.view(), one.view());
    });
    expect_refusal("weighted_loss", [&] {
        engine::ops::weighted_loss(backend, two.view(), two.view(), two.view());
    });
}

TEST_F(CrossEntropyTest, RefusesBadArguments)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    GuardedTensor logits(DType::F32, {2, 5});
    GuardedTensor weights(DType::F32, {2});
    GuardedTensor losses(DType::F32, {2});
    const auto refuse = [&](const std::vector<std::int32_t>& labels) {
        expect_refusal("cross_entropy", [&] {
            engine::ops::cross_entropy(backend,
                                       {.logits = logits.view(),
                                        .labels = view_of(labels),
                                        .weights = weights.view(),
                                        .losses = losses.view()});
        });
    };
    refuse({0, 5});
    refuse({-1, 0});
    refuse({0});
}

} // namespace

} // namespace lowrank_test
