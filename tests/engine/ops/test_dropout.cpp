// Dropout: the mask is philox4x32 of the element's number, the same in both directions.
#include "engine/ops/dropout.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

namespace {

using engine::ops::DropoutKey;

class DropoutTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(DropoutTest);

constexpr DropoutKey kKey = {.seed = 0x123456789abcdefU, .stream = 77, .probability = 0.3F};

// The contract's mask, one element at a time.
Values dropped(const Values& x, const DropoutKey& key)
{
    Values y(x.size());
    const double probability = static_cast<double>(key.probability);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::uint32_t word = engine::philox4x32(key.seed, key.stream, i / 4)[i % 4];
        const bool kept = static_cast<double>(word) >= probability * 4294967296.0;
        y[i] = kept ? x[i] / (1.0 - probability) : 0.0;
    }
    return y;
}

TEST_P(DropoutTest, AgreesWithTheContractsMask)
{
    for (const std::int64_t size : {1, 31, 33, 127, 257, 40000}) {
        GuardedTensor x = random_tensor(dtype, {size}, 1);
        GuardedTensor y(dtype, {size});
        engine::ops::dropout(backend, x.view(), kKey, y.view());
        expect_output("y", y, dropped(x.values(), kKey), dtype);
    }
}

TEST_P(DropoutTest, BackwardAddsThroughTheSameMask)
{
    GuardedTensor dy = random_tensor(dtype, {257}, 1);
    GuardedTensor dx = random_tensor(dtype, {257}, 2);
    Values wanted = dx.values();
    const Values masked = dropped(dy.values(), kKey);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        wanted[i] += masked[i];
    }
    engine::ops::dropout_accumulate(backend, dy.view(), kKey, dx.view());
    expect_output("dx", dx, wanted, dtype);
}

TEST_P(DropoutTest, KeepsAboutTheRightShare)
{
    GuardedTensor x(dtype, {100000}, Values(100000, 1.0));
    engine::ops::dropout(backend, x.view(), kKey, x.view());
    double kept = 0.0;
    for (const double value : x.values()) {
        kept += value != 0.0 ? 1.0 : 0.0;
    }
    EXPECT_NEAR(kept / 100000.0, 0.7, 0.006); // four standard deviations
}

TEST_P(DropoutTest, ProbabilityZeroIsTheIdentity)
{
    GuardedTensor x = random_tensor(dtype, {127}, 1);
    GuardedTensor y(dtype, {127});
    engine::ops::dropout(
        backend, x.view(), {.seed = 1, .stream = 2, .probability = 0.0F}, y.view());
    EXPECT_EQ(y.values(), x.values());
}

TEST_P(DropoutTest, RefusesBadArguments)
{
    GuardedTensor x(dtype, {4});
    GuardedTensor y(dtype, {5});
    expect_refusal("dropout", [&] { engine::ops::dropout(backend, x.view(), kKey, y.view()); });
    expect_refusal("dropout", [&] {
        engine::ops::dropout(backend, x.view(), {.probability = 1.0F}, x.view());
    });
    expect_refusal("dropout_accumulate", [&] {
        engine::ops::dropout_accumulate(backend, x.view(), {.probability = -0.1F}, x.view());
    });
}

} // namespace

} // namespace lowrank_test
