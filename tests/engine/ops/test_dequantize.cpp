// Dequantisation, bit for bit: NF4 with its nested absmax, int8 by row.
#include "engine/ops/dequantize.h"
#include "tests/engine/ops/op_test.h"
#include "tests/engine/ops/quantized_case.h"

namespace lowrank_test {

namespace {

class DequantizeTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(DequantizeTest);

TEST_P(DequantizeTest, Nf4IsExact)
{
    // One element; odd; a block less one; blocks across rows; several nested blocks and a tail.
    const std::pair<std::int64_t, std::int64_t> sizes[] = {
        {1, 1}, {3, 21}, {7, 9}, {64, 64}, {5, 127}, {33, 1031}, {4, 16384}};
    for (const auto& [rows, columns] : sizes) {
        const Nf4Case given(rows, columns);
        GuardedTensor weight(dtype, {rows, columns});
        engine::ops::dequantize(backend, given.matrix(), weight.view());
        EXPECT_EQ(weight.values(), given.wanted(dtype)) << rows << " x " << columns;
        EXPECT_TRUE(weight.guards_unharmed());
    }
}

TEST_P(DequantizeTest, Nf4ReadsCodesAnywhere)
{
    for (const std::int64_t shift : {1, 2, 3}) {
        const Nf4Case given(9, 83, shift);
        GuardedTensor weight(dtype, {9, 83});
        engine::ops::dequantize(backend, given.matrix(), weight.view());
        EXPECT_EQ(weight.values(), given.wanted(dtype)) << shift;
    }
}

TEST_P(DequantizeTest, Int8IsExact)
{
    for (const std::int64_t columns : kAwkwardSizes) {
        const Int8Case given(5, columns);
        GuardedTensor weight(dtype, given.shape);
        engine::ops::dequantize(backend, given.matrix(), weight.view());
        EXPECT_EQ(weight.values(), given.wanted(dtype)) << columns;
        EXPECT_TRUE(weight.guards_unharmed());
    }
}

TEST_P(DequantizeTest, RefusesBadArguments)
{
    const Nf4Case given(3, 50);
    GuardedTensor weight(dtype, {3, 50});
    GuardedTensor other(dtype, {50, 3});
    const auto refused = [&](auto change) {
        QuantizedMatrix matrix = given.matrix();
        change(matrix);
        expect_refusal("dequantize",
                       [&] { engine::ops::dequantize(backend, matrix, weight.view()); });
    };
    expect_refusal("dequantize",
                   [&] { engine::ops::dequantize(backend, given.matrix(), other.view()); });
    refused([](QuantizedMatrix& m) { m.type = QuantType::None; });
    refused([](QuantizedMatrix& m) { m.type = QuantType::Int8; });
    refused([](QuantizedMatrix& m) { m.codes = m.codes.rows(0, 74); });
    refused([](QuantizedMatrix& m) { m.absmax = m.absmax.rows(0, 2); });
    refused([](QuantizedMatrix& m) { m.nested_absmax = m.quant_map; });
    refused([](QuantizedMatrix& m) { m.quant_map = m.quant_map.rows(0, 15); });
    refused([](QuantizedMatrix& m) { m.nested_quant_map = m.quant_map; });
}

} // namespace

} // namespace lowrank_test
