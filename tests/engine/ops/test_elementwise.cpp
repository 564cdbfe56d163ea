// The small element-wise ops.
#include "engine/ops/elementwise.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

namespace {

using engine::ops::GradientMode;

class ElementwiseTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(ElementwiseTest);

TEST_P(ElementwiseTest, ZeroOverwritesNan)
{
    GuardedTensor x(dtype, {257});
    engine::ops::zero(backend, x.view());
    EXPECT_EQ(x.values(), Values(257, 0.0));
    EXPECT_TRUE(x.guards_unharmed());
}

TEST_P(ElementwiseTest, CopyConvertsToNearest)
{
    for (const std::int64_t size : kAwkwardSizes) {
        for (const DType output : {DType::F32, DType::BF16}) {
            GuardedTensor x = random_tensor(dtype, {size}, 1);
            GuardedTensor y(output, {size});
            engine::ops::copy(backend, x.view(), y.view());
            // What the scalar conversion of dtype.h gives, exactly.
            GuardedTensor wanted(output, {size}, x.values());
            EXPECT_EQ(y.values(), wanted.values());
            EXPECT_TRUE(y.guards_unharmed());
        }
    }
}

TEST_P(ElementwiseTest, CopyKeepsTiesInfinityAndNan)
{
    // 1 + 2^-8 lies between two bf16 numbers and goes to the even one; 1 + 3 * 2^-8 too.
    const double tie = 1.0 + 0x1.0p-8;
    const double other_tie = 1.0 + 3.0 * 0x1.0p-8;
    GuardedTensor x(DType::F32, {5}, {tie, other_tie, INFINITY, -INFINITY, NAN});
    GuardedTensor y(DType::BF16, {5});
    engine::ops::copy(backend, x.view(), y.view());
    const Values got = y.values();
    EXPECT_EQ(got[0], 1.0);
    EXPECT_EQ(got[1], 1.0 + 0x1.0p-6);
    EXPECT_EQ(got[2], INFINITY);
    EXPECT_EQ(got[3], -INFINITY);
    EXPECT_TRUE(std::isnan(got[4]));
}

TEST_P(ElementwiseTest, CopyToHalfAndBack)
{
    GuardedTensor x = random_tensor(dtype, {33}, 1);
    engine::Tensor half = backend.tensor(DType::F16, {33});
    GuardedTensor y(dtype, {33});
    engine::ops::copy(backend, x.view(), half);
    engine::ops::copy(backend, half, y.view());
    expect_close("f16 round trip", y.values(), x.values(), DType::F16);
}

TEST_P(ElementwiseTest, AddAndScale)
{
    for (const std::int64_t size : kAwkwardSizes) {
        GuardedTensor a = random_tensor(dtype, {size}, 1);
        GuardedTensor b = random_tensor(dtype, {size}, 2);
        GuardedTensor y(dtype, {size});
        Values sum = a.values();
        for (std::size_t i = 0; i < sum.size(); ++i) {
            sum[i] += b.values()[i];
        }
        engine::ops::add(backend, a.view(), b.view(), y.view());
        expect_output("y", y, sum, dtype);
        engine::ops::add(backend, a.view(), b.view(), b.view());
        expect_output("y in b", b, sum, dtype);
        Values scaled = a.values();
        for (double& value : scaled) {
            value *= -1.5;
        }
        engine::ops::scale(backend, a.view(), -1.5F);
        expect_output("scaled", a, scaled, dtype);
    }
}

TEST_P(ElementwiseTest, SubtractRoundsOnceIntoColumns)
{
    constexpr std::int64_t kRows = 5;
    for (const std::int64_t width : kAwkwardSizes) {
        // Columns [2, 2 + width) of a matrix, into columns [1, 1 + width) of another.
        const std::int64_t a_stride = width + 3;
        const std::int64_t y_stride = width + 2;
        GuardedTensor a = random_tensor(DType::F32, {kRows, a_stride}, 1);
        GuardedTensor b = random_tensor(DType::F32, {kRows, width}, 2);
        GuardedTensor y(
            dtype, {kRows, y_stride}, Values(static_cast<std::size_t>(kRows * y_stride), 7.0));
        Values all(static_cast<std::size_t>(kRows * y_stride), 7.0);
        Values half = all;
        for (std::int64_t row = 0; row < kRows; ++row) {
            for (std::int64_t c = 0; c < width; ++c) {
                const auto at = static_cast<std::size_t>(row * y_stride + c + 1);
                const auto from = static_cast<std::size_t>(row * a_stride + c + 2);
                half[at] = a.values()[from];
                // One float32 subtraction, as the contract says.
                all[at] = static_cast<double>(
                    static_cast<float>(half[at])
                    - static_cast<float>(b.values()[static_cast<std::size_t>(row * width + c)]));
            }
        }
        const ConstTensorView from(
            a.view().data<float>() + 2, DType::F32, {kRows, width}, backend.device());
        const TensorView to(static_cast<std::byte*>(y.view().raw()) + size_of(dtype),
                            dtype,
                            {kRows, width},
                            backend.device());
        engine::ops::SubtractArgs args = {
            .a = from, .a_stride = a_stride, .b = b.view(), .y = to, .y_stride = y_stride};
        engine::ops::subtract(backend, args);
        EXPECT_EQ(y.values(), GuardedTensor(dtype, {kRows, y_stride}, all).values());
        EXPECT_TRUE(y.guards_unharmed());
        args.b = {};
        engine::ops::subtract(backend, args);
        EXPECT_EQ(y.values(), GuardedTensor(dtype, {kRows, y_stride}, half).values());
        // Without strides, and of y's own dtype.
        GuardedTensor copy(dtype, {kRows, y_stride});
        engine::ops::subtract(backend, {.a = y.view(), .y = copy.view()});
        EXPECT_EQ(copy.values(), y.values());
        EXPECT_TRUE(copy.guards_unharmed());
    }
}

TEST_P(ElementwiseTest, BiasAndItsGradient)
{
    constexpr std::int64_t kRows = 5;
    for (const std::int64_t width : kAwkwardSizes) {
        GuardedTensor x = random_tensor(dtype, {kRows, width}, 1);
        GuardedTensor bias = random_tensor(dtype, {width}, 2);
        Values wanted = x.values();
        Values columns(static_cast<std::size_t>(width), 0.0);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            columns[i % columns.size()] += wanted[i];
            wanted[i] += bias.values()[i % columns.size()];
        }
        GuardedTensor dbias(DType::F32, {width});
        engine::ops::bias_backward(backend, x.view(), dbias.view(), GradientMode::Overwrite);
        expect_output("dbias", dbias, columns, DType::F32);
        engine::ops::bias_backward(backend, x.view(), dbias.view(), GradientMode::Accumulate);
        for (double& value : columns) {
            value *= 2.0;
        }
        expect_output("dbias twice", dbias, columns, DType::F32);
        engine::ops::bias_backward(backend, x.view(), dbias.view(), GradientMode::Skip);
        expect_output("dbias after Skip", dbias, columns, DType::F32);
        engine::ops::add_bias(backend, x.view(), bias.view());
        expect_output("x + bias", x, wanted, dtype);
    }
}

// More rows than one block sums, the last slice shorter than the others.
TEST_P(ElementwiseTest, BiasGradientOfManyRows)
{
    for (const auto& [rows, width] :
         {std::pair{1000, 257}, std::pair{1031, 520}, std::pair{1100, 33}, std::pair{4200, 12}}) {
        Values numbers = random_values(std::int64_t{rows} * width, 1);
        for (double& value : numbers) {
            value += 1.0; // else so many cancel out, and the error has nothing to be small to
        }
        GuardedTensor dy(dtype, {rows, width}, numbers);
        GuardedTensor dbias = random_tensor(DType::F32, {width}, 2);
        Values columns(static_cast<std::size_t>(width), 0.0);
        const Values upstream = dy.values();
        for (std::size_t i = 0; i < upstream.size(); ++i) {
            columns[i % columns.size()] += upstream[i];
        }
        Values accumulated = dbias.values();
        for (std::size_t c = 0; c < columns.size(); ++c) {
            accumulated[c] += columns[c];
        }
        poison_scratch();
        engine::ops::bias_backward(backend, dy.view(), dbias.view(), GradientMode::Accumulate);
        expect_output("dbias added to", dbias, accumulated, DType::F32);
        engine::ops::bias_backward(backend, dy.view(), dbias.view(), GradientMode::Overwrite);
        expect_output("dbias", dbias, columns, DType::F32);
        const Values first = dbias.values();
        engine::ops::bias_backward(backend, dy.view(), dbias.view(), GradientMode::Overwrite);
        EXPECT_EQ(dbias.values(), first);
    }
}

TEST_P(ElementwiseTest, GatherAndScatterRows)
{
    GuardedTensor x = random_tensor(dtype, {4, 33}, 1);
    const std::vector<std::int32_t> indices = {3, 0};
    GuardedTensor rows(dtype, {2, 33});
    engine::ops::gather_rows(backend, x.view(), view_of(indices), rows.view());
    const Values all = x.values();
    Values wanted(all.begin() + 3 * 33, all.end());
    wanted.insert(wanted.end(), all.begin(), all.begin() + 33);
    EXPECT_EQ(rows.values(), wanted);
    GuardedTensor dx(dtype, {4, 33});
    engine::ops::scatter_rows(backend, rows.view(), view_of(indices), dx.view());
    Values scattered(4 * 33, 0.0);
    std::copy(all.begin(), all.begin() + 33, scattered.begin());
    std::copy(all.begin() + 3 * 33, all.end(), scattered.begin() + 3 * 33);
    EXPECT_EQ(dx.values(), scattered);
    EXPECT_TRUE(rows.guards_unharmed());
    EXPECT_TRUE(dx.guards_unharmed());
}

TEST_P(ElementwiseTest, RefusesBadArguments)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    GuardedTensor x(dtype, {4, 3});
    GuardedTensor y(dtype, {3, 3});
    GuardedTensor bias(dtype, {4});
    const std::vector<std::int32_t> beyond = {0, 1, 4};
    expect_refusal("copy", [&] { engine::ops::copy(backend, x.view(), y.view()); });
    expect_refusal("add", [&] { engine::ops::add(backend, x.view(), y.view(), x.view()); });
    expect_refusal("subtract",
                   [&] { engine::ops::subtract(backend, {.a = x.view(), .y = y.view()}); });
    expect_refusal("subtract", [&] {
        engine::ops::subtract(backend, {.a = x.view(), .y = x.view(), .y_stride = 2});
    });
    expect_refusal("add_bias", [&] { engine::ops::add_bias(backend, x.view(), bias.view()); });
    expect_refusal("bias_backward", [&] {
        engine::ops::bias_backward(backend, x.view(), bias.view(), GradientMode::Overwrite);
    });
    expect_refusal("gather_rows",
                   [&] { engine::ops::gather_rows(backend, x.view(), view_of(beyond), y.view()); });
    expect_refusal("scatter_rows", [&] {
        engine::ops::scatter_rows(backend, y.view(), view_of(beyond), x.view());
    });
}

} // namespace

} // namespace lowrank_test
