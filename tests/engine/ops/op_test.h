// What the op tests share: random inputs as the dtype holds them, outputs between guard bytes, and
// a check that bad arguments throw with the op's name.
// One file because every op test uses all of it.
#pragma once

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "engine/tensor/cpu_backend.h"
#include "tests/support/gradient_check.h"
#include "tests/support/tolerance.h"

namespace lowrank_test {

using engine::ConstTensorView;
using engine::DType;
using engine::Shape;
using engine::TensorView;

// Sizes that fit no vector and no block.
inline constexpr std::int64_t kAwkwardSizes[] = {1, 31, 33, 127, 257};

// A tensor in its own memory with guard bytes on both sides; a new one is poisoned with NaN.
class GuardedTensor
{
public:
    GuardedTensor(DType dtype, Shape shape)
        : m_dtype(dtype)
        , m_shape(shape)
        , m_bytes(2 * kGuard + static_cast<std::size_t>(shape.numel()) * size_of(dtype), kPattern)
    {
        set(Values(static_cast<std::size_t>(shape.numel()),
                   std::numeric_limits<double>::quiet_NaN()));
    }

    GuardedTensor(DType dtype, Shape shape, const Values& values)
        : GuardedTensor(dtype, shape)
    {
        set(values);
    }

    [[nodiscard]] TensorView view() { return {m_bytes.data() + kGuard, m_dtype, m_shape}; }

    // Rounds to the dtype.
    void set(const Values& values)
    {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto value = static_cast<float>(values[i]);
            if (m_dtype == DType::F32) {
                view().data<float>()[i] = value;
            } else {
                view().data<engine::bfloat16_t>()[i] = engine::to_bfloat16(value);
            }
        }
    }

    [[nodiscard]] Values values()
    {
        Values result(static_cast<std::size_t>(m_shape.numel()));
        for (std::size_t i = 0; i < result.size(); ++i) {
            result[i] =
                m_dtype == DType::F32
                    ? static_cast<double>(view().data<float>()[i])
                    : static_cast<double>(engine::to_float(view().data<engine::bfloat16_t>()[i]));
        }
        return result;
    }

    [[nodiscard]] bool guards_unharmed() const
    {
        for (std::size_t i = 0; i < kGuard; ++i) {
            if (m_bytes[i] != kPattern || m_bytes[m_bytes.size() - 1 - i] != kPattern) {
                return false;
            }
        }
        return true;
    }

private:
    static constexpr std::size_t kGuard = 128;
    static constexpr std::uint8_t kPattern = 0xA5;
    DType m_dtype;
    Shape m_shape;
    std::vector<std::uint8_t> m_bytes;
};

// Standard normal numbers times `scale`.
[[nodiscard]] inline Values
random_values(std::int64_t count, std::uint64_t seed, double scale = 1.0)
{
    engine::Random random(seed);
    Values values(static_cast<std::size_t>(count));
    for (double& value : values) {
        value = random.normal() * scale;
    }
    return values;
}

[[nodiscard]] inline GuardedTensor
random_tensor(DType dtype, Shape shape, std::uint64_t seed, double scale = 1.0)
{
    return {dtype, shape, random_values(shape.numel(), seed, scale)};
}

[[nodiscard]] inline ConstTensorView view_of(const std::vector<std::int32_t>& numbers)
{
    return {numbers.data(), DType::I32, {static_cast<std::int64_t>(numbers.size())}};
}

// `output` is close to the reference and wrote nothing outside itself.
inline void
expect_output(const std::string& what, GuardedTensor& output, const Values& wanted, DType dtype)
{
    expect_close(what, output.values(), wanted, dtype);
    EXPECT_TRUE(output.guards_unharmed()) << what << " wrote outside its memory";
}

// `call` throws an EngineError whose message starts with the op's name.
template <typename Call>
void expect_refusal(const std::string& op, Call&& call)
{
    try {
        call();
        ADD_FAILURE() << op << " accepted bad arguments";
    } catch (const engine::EngineError& error) {
        EXPECT_EQ(error.error().message.rfind(op + ":", 0), 0U) << error.error().message;
    }
}

// Test suites that run for each dtype the ops compute with.
class OpTest : public testing::TestWithParam<DType>
{
protected:
    engine::CpuBackend backend{2};
    DType dtype = GetParam();
};

inline std::string dtype_name(const testing::TestParamInfo<DType>& info)
{
    return std::string(to_string(info.param));
}

} // namespace lowrank_test

#define LOWRANK_FOR_EACH_DTYPE(suite)                                                              \
    INSTANTIATE_TEST_SUITE_P(DTypes,                                                               \
                             suite,                                                                \
                             testing::Values(engine::DType::F32, engine::DType::BF16),             \
                             lowrank_test::dtype_name)
