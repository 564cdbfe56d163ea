// RMSNorm forward and backward.
#include "engine/ops/rms_norm.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

using engine::ops::GradientMode;

constexpr float kEps = 1e-5F;

class RmsNormTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(RmsNormTest);

TEST_P(RmsNormTest, ForwardAgreesWithReference)
{
    constexpr std::int64_t kRows = 3;
    for (const std::int64_t width : kAwkwardSizes) {
        GuardedTensor x = random_tensor(dtype, {kRows, width}, 1, 2.0);
        GuardedTensor weight = random_tensor(dtype, {width}, 2);
        GuardedTensor y(dtype, {kRows, width});
        GuardedTensor rstd(DType::F32, {kRows});
        engine::ops::rms_norm_forward(
            backend, x.view(), weight.view(), kEps, y.view(), rstd.view());
        const double eps = kEps;
        const Values wanted = reference::rms_norm(x.values(), weight.values(), eps, width);
        expect_output("y", y, wanted, dtype);
        // rstd is what ones are multiplied by.
        const Values ones(static_cast<std::size_t>(width), 1.0);
        const Values xhat = reference::rms_norm(x.values(), ones, eps, width);
        Values wanted_rstd;
        for (std::size_t row = 0; row < kRows; ++row) {
            const std::size_t first = row * static_cast<std::size_t>(width);
            wanted_rstd.push_back(xhat[first] / x.values()[first]);
        }
        expect_output("rstd", rstd, wanted_rstd, DType::F32);
    }
}

// As the norms of every head: more than a block's.
TEST_P(RmsNormTest, ForwardOfManyShortRows)
{
    constexpr std::int64_t kRows = 70;
    for (const std::int64_t width : {7, 64, 128, 256}) {
        GuardedTensor x = random_tensor(dtype, {kRows, width}, 1);
        GuardedTensor weight = random_tensor(dtype, {width}, 2);
        GuardedTensor y(dtype, {kRows, width});
        GuardedTensor rstd(DType::F32, {kRows});
        engine::ops::rms_norm_forward(
            backend, x.view(), weight.view(), kEps, y.view(), rstd.view());
        const double eps = kEps;
        expect_output("y", y, reference::rms_norm(x.values(), weight.values(), eps, width), dtype);
        EXPECT_TRUE(rstd.guards_unharmed());
    }
}

TEST_P(RmsNormTest, ForwardInPlaceWithoutRstd)
{
    GuardedTensor x = random_tensor(dtype, {5, 33}, 1);
    GuardedTensor weight = random_tensor(DType::F32, {33}, 2);
    const Values wanted = reference::rms_norm(x.values(), weight.values(), 1e-5, 33);
    engine::ops::rms_norm_forward(backend, x.view(), weight.view(), kEps, x.view(), {});
    expect_output("y", x, wanted, dtype);
}

// Everything one backward needs, with the gradients by central differences.
struct BackwardCase
{
    GuardedTensor x, weight, dy, rstd;
    Values dx, dweight;

    BackwardCase(engine::Backend& backend, DType dtype, std::int64_t rows, std::int64_t width)
        : x(random_tensor(dtype, {rows, width}, 1))
        , weight(random_tensor(dtype, {width}, 2))
        , dy(random_tensor(dtype, {rows, width}, 3))
        , rstd(DType::F32, {rows})
    {
        GuardedTensor y(dtype, {rows, width});
        engine::ops::rms_norm_forward(
            backend, x.view(), weight.view(), kEps, y.view(), rstd.view());
        const double eps = kEps;
        const Values upstream = dy.values();
        const Values weights = weight.values();
        const Values inputs = x.values();
        dx = central_differences(
            [&](const Values& input) {
                return weighted_sum(reference::rms_norm(input, weights, eps, width), upstream);
            },
            inputs);
        dweight = central_differences(
            [&](const Values& scale) {
                return weighted_sum(reference::rms_norm(inputs, scale, eps, width), upstream);
            },
            weights);
    }
};

TEST_P(RmsNormTest, BackwardAgreesWithCentralDifferences)
{
    // The last: more short rows than a block has.
    for (const auto& [rows, width] : {std::pair{3, 31},
                                      std::pair{3, 33},
                                      std::pair{3, 127},
                                      std::pair{3, 257},
                                      std::pair{70, 32}}) {
        BackwardCase test(backend, dtype, rows, width);
        GuardedTensor dx(dtype, {rows, width});
        GuardedTensor dweight(DType::F32, {width});
        engine::ops::rms_norm_backward(backend,
                                       {.dy = test.dy.view(),
                                        .x = test.x.view(),
                                        .weight = test.weight.view(),
                                        .rstd = test.rstd.view(),
                                        .dx = dx.view(),
                                        .dweight = dweight.view(),
                                        .dweight_mode = GradientMode::Overwrite});
        expect_output("dx", dx, test.dx, dtype);
        expect_output("dweight", dweight, test.dweight, DType::F32);
    }
}

TEST_P(RmsNormTest, BackwardAccumulatesAndSkips)
{
    BackwardCase test(backend, dtype, 4, 33);
    GuardedTensor dx = random_tensor(dtype, {4, 33}, 9);
    GuardedTensor dweight = random_tensor(DType::F32, {33}, 8);
    Values wanted_dx = dx.values();
    Values wanted_dweight = dweight.values();
    for (std::size_t i = 0; i < wanted_dx.size(); ++i) {
        wanted_dx[i] += test.dx[i];
    }
    for (std::size_t i = 0; i < wanted_dweight.size(); ++i) {
        wanted_dweight[i] += test.dweight[i];
    }
    engine::ops::RmsNormBackwardArgs args = {.dy = test.dy.view(),
                                             .x = test.x.view(),
                                             .weight = test.weight.view(),
                                             .rstd = test.rstd.view(),
                                             .dx = dx.view(),
                                             .accumulate = true,
                                             .dweight = dweight.view(),
                                             .dweight_mode = GradientMode::Accumulate};
    engine::ops::rms_norm_backward(backend, args);
    expect_output("dx", dx, wanted_dx, dtype);
    expect_output("dweight", dweight, wanted_dweight, DType::F32);

    const Values before = dweight.values();
    args.dweight_mode = GradientMode::Skip;
    args.accumulate = false;
    args.dx = test.dy.view(); // dx may be dy's memory
    engine::ops::rms_norm_backward(backend, args);
    expect_output("dx in dy", test.dy, test.dx, dtype);
    EXPECT_EQ(dweight.values(), before);
}

// y is linear in the weight: its gradient sums what ones would be multiplied to.
TEST_P(RmsNormTest, WeightGradientOfManyRows)
{
    for (const auto& [rows, width] : {std::pair{600, 127}, std::pair{700, 257}}) {
        GuardedTensor x = random_tensor(dtype, {rows, width}, 1);
        GuardedTensor weight = random_tensor(dtype, {width}, 2);
        GuardedTensor dy = random_tensor(dtype, {rows, width}, 3);
        GuardedTensor y(dtype, {rows, width});
        GuardedTensor rstd(DType::F32, {rows});
        engine::ops::rms_norm_forward(
            backend, x.view(), weight.view(), kEps, y.view(), rstd.view());
        const Values ones(static_cast<std::size_t>(width), 1.0);
        const double eps = kEps;
        const Values xhat = reference::rms_norm(x.values(), ones, eps, width);
        const Values upstream = dy.values();
        GuardedTensor dweight = random_tensor(DType::F32, {width}, 4);
        Values wanted = dweight.values();
        for (std::size_t i = 0; i < xhat.size(); ++i) {
            wanted[i % wanted.size()] += upstream[i] * xhat[i];
        }
        poison_scratch();
        engine::ops::rms_norm_backward(backend,
                                       {.dy = dy.view(),
                                        .x = x.view(),
                                        .weight = weight.view(),
                                        .rstd = rstd.view(),
                                        .dx = dy.view(), // the sums are made before it is written
                                        .dweight = dweight.view(),
                                        .dweight_mode = GradientMode::Accumulate});
        expect_output("dweight", dweight, wanted, DType::F32);
    }
}

TEST_P(RmsNormTest, RefusesBadArguments)
{
    GuardedTensor x(dtype, {2, 8});
    GuardedTensor weight(dtype, {7});
    GuardedTensor good(dtype, {8});
    GuardedTensor rstd(DType::F32, {2});
    GuardedTensor short_rstd(DType::F32, {1});
    expect_refusal("rms_norm_forward", [&] {
        engine::ops::rms_norm_forward(
            backend, x.view(), weight.view(), kEps, x.view(), rstd.view());
    });
    expect_refusal("rms_norm_forward", [&] {
        engine::ops::rms_norm_forward(
            backend, x.view(), good.view(), kEps, x.view(), short_rstd.view());
    });
    expect_refusal("rms_norm_backward", [&] {
        engine::ops::rms_norm_backward(backend,
                                       {.dy = x.view(),
                                        .x = x.view(),
                                        .weight = good.view(),
                                        .rstd = rstd.view(),
                                        .dx = x.view()});
    });
}

} // namespace

} // namespace lowrank_test
