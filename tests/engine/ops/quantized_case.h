// Quantised matrices of random codes, on the host and on the test device, and what they mean.
// One file because both kinds are made alike.
#pragma once

#include "engine/ops/dequantize.h"
#include "tests/engine/ops/op_test.h"

namespace lowrank_test {

using engine::ops::QuantizedMatrix;
using engine::ops::QuantType;

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

inline std::vector<std::uint8_t> random_bytes(std::int64_t count, std::uint64_t seed)
{
    engine::Random random(seed);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random.uniform() * 256.0);
    }
    return bytes;
}

inline std::vector<float> random_floats(std::int64_t count, std::uint64_t seed)
{
    const Values values = random_values(count, seed);
    return {values.begin(), values.end()};
}

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b)
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

// Random codes and scales of a [rows, columns] matrix.
struct Int8Case
{
    std::vector<std::uint8_t> codes;
    std::vector<float> scale;
    Uploaded<std::uint8_t> device_codes;
    Uploaded<float> device_scale;
    Shape shape;

    Int8Case(std::int64_t rows, std::int64_t columns)
        : codes(random_bytes(rows * columns, 6))
        , scale(random_floats(rows, 7))
        , device_codes(DType::U8, codes)
        , device_scale(DType::F32, scale)
        , shape({rows, columns})
    {}

    [[nodiscard]] QuantizedMatrix matrix() const
    {
        QuantizedMatrix matrix;
        matrix.type = QuantType::Int8;
        matrix.shape = shape;
        matrix.codes = device_codes.view();
        matrix.scale = device_scale.view();
        return matrix;
    }

    [[nodiscard]] Values wanted(DType dtype) const
    {
        Values values;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            const float value = static_cast<float>(static_cast<std::int8_t>(codes[i]))
                                * scale[i / static_cast<std::size_t>(shape[1])];
            values.push_back(static_cast<double>(
                dtype == DType::F32 ? value : to_float(engine::to_bfloat16(value))));
        }
        return values;
    }
};

} // namespace lowrank_test
