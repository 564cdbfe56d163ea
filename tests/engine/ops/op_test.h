// What the op tests share: random inputs as the dtype holds them, outputs between guard bytes, and
// a check that bad arguments throw with the op's name.
// One file because every op test uses all of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "tests/support/gradient_check.h"
#include "tests/support/test_device.h"
#include "tests/support/tolerance.h"

namespace lowrank_test {

using engine::ConstTensorView;
using engine::DType;
using engine::Shape;
using engine::TensorView;

// Sizes that fit no vector and no block.
inline constexpr std::int64_t kAwkwardSizes[] = {1, 31, 33, 127, 257};

// A tensor of the test device in its own memory with guard bytes on both sides; a new one is
// poisoned with NaN.
class GuardedTensor
{
public:
    GuardedTensor(DType dtype, Shape shape)
        : m_dtype(dtype)
        , m_shape(shape)
        , m_memory(test_backend().tensor(DType::F32, {words(dtype, shape)}))
    {
        std::vector<std::uint8_t> bytes(m_memory.view().bytes(), kPattern);
        test_backend().upload(bytes.data(), m_memory);
        set(Values(static_cast<std::size_t>(shape.numel()),
                   std::numeric_limits<double>::quiet_NaN()));
    }

    GuardedTensor(DType dtype, Shape shape, const Values& values)
        : GuardedTensor(dtype, shape)
    {
        set(values);
    }

    [[nodiscard]] TensorView view()
    {
        return {m_memory.data<std::byte>() + kGuard, m_dtype, m_shape, test_backend().device()};
    }

    // Rounds to the dtype.
    void set(const Values& values)
    {
        std::vector<float> floats(values.begin(), values.end());
        std::vector<engine::bfloat16_t> halves(values.size());
        std::transform(floats.begin(), floats.end(), halves.begin(), engine::to_bfloat16);
        if (m_shape.numel() > 0) {
            const void* data = m_dtype == DType::F32 ? static_cast<const void*>(floats.data())
                                                     : static_cast<const void*>(halves.data());
            test_backend().upload(data, view());
        }
    }

    [[nodiscard]] Values values()
    {
        Values result(static_cast<std::size_t>(m_shape.numel()));
        std::vector<std::uint8_t> bytes(view().bytes());
        test_backend().download(view(), bytes.data());
        for (std::size_t i = 0; i < result.size(); ++i) {
            engine::bfloat16_t half;
            float value = 0.0F;
            if (m_dtype == DType::F32) {
                std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
            } else {
                std::memcpy(&half, bytes.data() + i * sizeof half, sizeof half);
                value = engine::to_float(half);
            }
            result[i] = static_cast<double>(value);
        }
        return result;
    }

    [[nodiscard]] bool guards_unharmed()
    {
        std::vector<std::uint8_t> bytes(m_memory.view().bytes());
        test_backend().download(m_memory, bytes.data());
        const auto is_pattern = [](std::uint8_t byte) { return byte == kPattern; };
        const auto begin = bytes.begin();
        const auto end = begin + static_cast<std::ptrdiff_t>(kGuard + view().bytes());
        return std::all_of(begin, begin + kGuard, is_pattern)
               && std::all_of(end, bytes.end(), is_pattern);
    }

private:
    static constexpr std::size_t kGuard = 128;
    static constexpr std::uint8_t kPattern = 0xA5;

    static std::int64_t words(DType dtype, Shape shape)
    {
        const std::size_t bytes =
            2 * kGuard + static_cast<std::size_t>(shape.numel()) * size_of(dtype);
        return static_cast<std::int64_t>((bytes + sizeof(float) - 1) / sizeof(float));
    }

    DType m_dtype;
    Shape m_shape;
    engine::Tensor m_memory;
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

// The numbers as the test device reads them: in place, or a copy that stays until the program ends.
[[nodiscard]] inline ConstTensorView view_of(const std::vector<std::int32_t>& numbers)
{
    static std::deque<engine::Tensor> kept;
    const auto count = static_cast<std::int64_t>(numbers.size());
    if (test_backend().shares_host_memory()) {
        return {numbers.data(), DType::I32, {count}};
    }
    kept.push_back(test_backend().tensor(DType::I32, {count}));
    test_backend().upload(numbers.data(), kept.back());
    return kept.back();
}

// A GPU's ops share scratch: what another op left there must not look like this op's.
inline void poison_scratch()
{
    if (auto* gpu = dynamic_cast<engine::CudaBackend*>(&test_backend())) {
        constexpr std::size_t kBytes = engine::CudaBackend::kReadyScratchBytes;
        const std::vector<float> poison(kBytes / sizeof(float), NAN);
        const auto count = static_cast<std::int64_t>(poison.size());
        gpu->upload(poison.data(), {gpu->scratch(kBytes), DType::F32, {count}, gpu->device()});
    }
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
class OpTest : public OnTestDevice<testing::TestWithParam<DType>>
{
protected:
    engine::Backend& backend = test_backend();
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
