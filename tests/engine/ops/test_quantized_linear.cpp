// Products of few rows with a quantised weight: against the decoded matrix in double.
#include "engine/ops/quantized_linear.h"
#include "tests/engine/ops/op_test.h"
#include "tests/engine/ops/quantized_case.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

class QuantizedLinearTest : public OpTest
{
protected:
    // y = x W^T + beta * y, for every number of rows.
    template <typename Case>
    void expect_product(const Case& given)
    {
        const Values weight = given.wanted(dtype);
        const std::int64_t n = given.shape[0];
        const std::int64_t k = given.shape[1];
        for (std::int64_t m = 1; m <= engine::ops::kFewRows; ++m) {
            GuardedTensor x = random_tensor(dtype, {m, k}, 11, 1.0 / std::sqrt(k));
            const Values product = reference::matmul(x.values(), weight, {m, n, k, false, true});
            GuardedTensor y(dtype, {m, n}); // NaN: its old contents do not matter
            engine::ops::quantized_linear(backend, x.view(), given.matrix(), y.view());
            expect_output(name("y", m, n, k), y, product, dtype);

            GuardedTensor sum = random_tensor(dtype, {m, n}, 12);
            Values wanted = sum.values();
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                wanted[i] += product[i];
            }
            engine::ops::quantized_linear(backend, x.view(), given.matrix(), sum.view(), 1.0F);
            expect_output(name("y +=", m, n, k), sum, wanted, dtype);
        }
    }

    static std::string name(const char* what, std::int64_t m, std::int64_t n, std::int64_t k)
    {
        return engine::concat(what, " of ", m, " x ", k, " and ", n, " x ", k);
    }
};

LOWRANK_FOR_EACH_DTYPE(QuantizedLinearTest);

// One column; rows that begin within a byte, within a block, in another nested block; whole blocks.
constexpr std::pair<std::int64_t, std::int64_t> kSizes[] = {
    {37, 1}, {5, 9}, {9, 127}, {17, 64}, {3, 172}, {33, 520}, {6, 16384 + 63}};

TEST_P(QuantizedLinearTest, Nf4AgreesWithTheDecodedMatrix)
{
    for (const auto& [rows, columns] : kSizes) {
        expect_product(Nf4Case(rows, columns));
    }
    expect_product(Nf4Case(9, 83, 1)); // codes at an odd address
}

TEST_P(QuantizedLinearTest, Int8AgreesWithTheDecodedMatrix)
{
    for (const auto& [rows, columns] : kSizes) {
        expect_product(Int8Case(rows, columns));
    }
}

// A row's result does not depend on which rows come with it.
TEST_P(QuantizedLinearTest, RowsAreIndependent)
{
    const Nf4Case given(19, 200);
    GuardedTensor x = random_tensor(dtype, {4, 200}, 11);
    GuardedTensor together(dtype, {4, 19});
    GuardedTensor alone(dtype, {1, 19});
    engine::ops::quantized_linear(backend, x.view(), given.matrix(), together.view());
    engine::ops::quantized_linear(backend, x.view().rows(3, 4), given.matrix(), alone.view());
    const Values all = together.values();
    EXPECT_EQ(alone.values(), Values(all.begin() + 3 * 19, all.begin() + 4 * 19));
}

TEST_P(QuantizedLinearTest, RefusesBadArguments)
{
    const Nf4Case given(3, 50);
    GuardedTensor x(dtype, {2, 50});
    GuardedTensor y(dtype, {2, 3});
    GuardedTensor many(dtype, {5, 50});
    GuardedTensor many_out(dtype, {5, 3});
    GuardedTensor narrow(dtype, {2, 49});
    GuardedTensor other(dtype == DType::F32 ? DType::BF16 : DType::F32, {2, 3});
    const auto refused = [&](GuardedTensor& input, GuardedTensor& output, float beta) {
        expect_refusal("quantized_linear", [&] {
            engine::ops::quantized_linear(
                backend, input.view(), given.matrix(), output.view(), beta);
        });
    };
    refused(many, many_out, 0.0F);
    refused(narrow, y, 0.0F);
    refused(x, many_out, 0.0F);
    refused(x, other, 0.0F);
    refused(x, y, 0.5F);
    QuantizedMatrix broken = given.matrix();
    broken.absmax = broken.absmax.rows(0, 2);
    expect_refusal("quantized_linear",
                   [&] { engine::ops::quantized_linear(backend, x.view(), broken, y.view()); });
}

} // namespace

} // namespace lowrank_test
