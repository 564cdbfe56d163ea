// Dequantisation, bit for bit: NF4 with its nested absmax, int8 by row.
#include "engine/ops/dequantize.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

namespace {

using engine::ops::QuantizedMatrix;
using engine::ops::QuantType;

class DequantizeTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(DequantizeTest);

// Device memory that starts `shift` bytes after an aligned address.
template <typename T>
class Uploaded
{
public:
    Uploaded(DType dtype, const std::vector<T>& values, std::int64_t shift = 0)
        : m_memory(test_backend().tensor(
            DType::U8, {static_cast<std::int64_t>(values.size() * sizeof(T)) + shift}))
        , m_view(m_memory.data<std::byte>() + shift,
                 dtype,
                 {static_cast<std::int64_t>(values.size())},
                 test_backend().device())
    {
        test_backend().upload(values.data(), m_view);
    }

    [[nodiscard]] ConstTensorView view() const { return m_view; }

private:
    engine::Tensor m_memory;
    TensorView m_view;
};

std::vector<std::uint8_t> random_bytes(std::int64_t count, std::uint64_t seed)
{
    engine::Random random(seed);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random.uniform() * 256.0);
    }
    return bytes;
}

std::vector<float> random_floats(std::int64_t count, std::uint64_t seed)
{
    const Values values = random_values(count, seed);
    return {values.begin(), values.end()};
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

// Random codes and maps of a [rows, columns] matrix, on the host and on the device.
struct Nf4Case
{
    std::int64_t n;
    std::int64_t blocks;
    std::vector<std::uint8_t> codes, absmax;
    std::vector<float> nested_absmax, quant_map, nested_quant_map;
    float offset = 0.375F;
    Uploaded<std::uint8_t> device_codes, device_absmax;
    Uploaded<float> device_nested, device_map, device_nested_map;
    Shape shape;

    Nf4Case(std::int64_t rows, std::int64_t columns, std::int64_t shift = 0)
        : n(rows * columns)
        , blocks(ceil_div(n, 64))
        , codes(random_bytes(ceil_div(n, 2), 1))
        , absmax(random_bytes(blocks, 2))
        , nested_absmax(random_floats(ceil_div(blocks, 256), 3))
        , quant_map(random_floats(16, 4))
        , nested_quant_map(random_floats(256, 5))
        , device_codes(DType::U8, codes, shift)
        , device_absmax(DType::U8, absmax, shift)
        , device_nested(DType::F32, nested_absmax)
        , device_map(DType::F32, quant_map)
        , device_nested_map(DType::F32, nested_quant_map)
        , shape({rows, columns})
    {}

    [[nodiscard]] QuantizedMatrix matrix() const
    {
        QuantizedMatrix matrix;
        matrix.type = QuantType::Nf4;
        matrix.shape = shape;
        matrix.codes = device_codes.view();
        matrix.absmax = device_absmax.view();
        matrix.nested_absmax = device_nested.view();
        matrix.nested_offset = offset;
        matrix.quant_map = device_map.view();
        matrix.nested_quant_map = device_nested_map.view();
        return matrix;
    }

    // Each product and sum in float32, as the contract says.
    [[nodiscard]] Values wanted(DType dtype) const
    {
        Values values(static_cast<std::size_t>(n));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t block = i / 64;
            const volatile float product =
                nested_quant_map[absmax[block]] * nested_absmax[block / 256];
            const volatile float scale = product + offset;
            const unsigned byte = codes[i / 2];
            const float weight = quant_map[i % 2 == 0 ? byte >> 4U : byte & 15U] * scale;
            values[i] = static_cast<double>(
                dtype == DType::F32 ? weight : to_float(engine::to_bfloat16(weight)));
        }
        return values;
    }
};

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
        const std::int64_t rows = 5;
        const std::vector<std::uint8_t> codes = random_bytes(rows * columns, 6);
        const std::vector<float> scale = random_floats(rows, 7);
        const Uploaded<std::uint8_t> device_codes(DType::U8, codes);
        const Uploaded<float> device_scale(DType::F32, scale);
        QuantizedMatrix matrix;
        matrix.type = QuantType::Int8;
        matrix.shape = {rows, columns};
        matrix.codes = device_codes.view();
        matrix.scale = device_scale.view();
        GuardedTensor weight(dtype, {rows, columns});
        engine::ops::dequantize(backend, matrix, weight.view());

        Values wanted;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            const float value = static_cast<float>(static_cast<std::int8_t>(codes[i]))
                                * scale[i / static_cast<std::size_t>(columns)];
            wanted.push_back(static_cast<double>(
                dtype == DType::F32 ? value : to_float(engine::to_bfloat16(value))));
        }
        EXPECT_EQ(weight.values(), wanted) << columns;
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
