// The device that device-blind tests compute on: the CPU, or what LOWRANK_TEST_DEVICE names
// ("cuda:0"), which is a real GPU or, with its folder in the library path, the emulated one.
#pragma once

#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "engine/tensor/cpu_backend.h"
#include "engine/tensor/cuda_backend.h"

namespace lowrank_test {

struct TestDevice
{
    std::unique_ptr<engine::Backend> backend; // the CPU when there is no such device
    std::string missing;                      // why there is none; empty when there is
};

// The emulator takes anything for code, so a build without nvcc can be tested on it.
inline engine::CudaOptions cuda_options()
{
    static constexpr std::byte kAnything[1] = {};
    engine::CudaOptions options;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it while tests run
    if (options.code.empty() && std::getenv("LOWRANK_EMULATED_GPU") != nullptr) {
        options.code = kAnything;
    }
    return options;
}

inline TestDevice open_test_device(int threads)
{
    const char* name = std::getenv("LOWRANK_TEST_DEVICE"); // NOLINT(concurrency-mt-unsafe)
    if (name == nullptr) {
        return {std::make_unique<engine::CpuBackend>(threads), ""};
    }
    auto backend = engine::CudaBackend::open(0, cuda_options());
    if (!backend) {
        return {std::make_unique<engine::CpuBackend>(threads),
                "no test device: " + backend.error().message};
    }
    return {std::move(*backend), ""};
}

// One for the whole program.
inline TestDevice& test_device()
{
    static TestDevice device = open_test_device(2);
    return device;
}

inline engine::Backend& test_backend()
{
    return *test_device().backend;
}

// A tensor's float32 values, wherever it lies.
inline std::vector<float> floats_on(engine::ConstTensorView tensor)
{
    std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
    if (tensor.device().type == engine::DeviceType::Cpu) {
        std::memcpy(values.data(), tensor.raw(), tensor.bytes());
    } else {
        test_backend().download(tensor, values.data());
    }
    return values;
}

// A test that computes on the test device; skips by name where there is none.
template <typename Base>
class OnTestDevice : public Base
{
protected:
    void SetUp() override
    {
        if (!test_device().missing.empty()) {
            GTEST_SKIP() << test_device().missing;
        }
    }
};

} // namespace lowrank_test

// In a test of what only a device does that shares the host's memory.
#define LOWRANK_NEEDS_HOST_MEMORY()                                                                \
    if (!lowrank_test::test_backend().shares_host_memory()) {                                      \
        GTEST_SKIP() << "the test device has its own memory";                                      \
    }                                                                                              \
    static_assert(true)
