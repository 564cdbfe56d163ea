// A GPU as a backend, on the emulated one: opening, copies larger than the staging memory, and
// every way to fail as the right error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

#include "engine/cuda/staging.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "tests/engine/cuda/emulated_gpu.h"

namespace engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Error error_of(int index, const CudaOptions& options)
{
    const auto backend = CudaBackend::open(index, options);
    EXPECT_FALSE(backend.has_value());
    return backend ? Error{} : backend.error();
}

template <typename Call>
Error thrown_by(const Call& call)
{
    try {
        call();
    } catch (const EngineError& error) {
        return error.error();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST(CudaBackendTest, ABuildWithoutCodeSaysSo)
{
    CudaOptions options = emulated_options();
    options.code = {};
    const Error error = error_of(0, options);
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_THAT(error.message, HasSubstr("no code for GPUs"));
}

TEST(CudaBackendTest, MissingLibrariesAreNamed)
{
    CudaOptions options = emulated_options();
    options.driver = "libno-driver.so.1";
    EXPECT_THAT(error_of(0, options).message, HasSubstr("libno-driver.so.1"));
    options = emulated_options();
    options.cublas_lt = "libno-cublas.so.13";
    EXPECT_THAT(error_of(0, options).message, HasSubstr("libno-cublas.so.13"));
}

TEST(CudaBackendTest, ANumberThatNoGpuHasIsRefused)
{
    const Error error = error_of(2, emulated_options());
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_THAT(error.message, AllOf(HasSubstr("cuda:2"), HasSubstr("2 GPUs")));
}

// The emulator's second GPU has no context to give.
TEST(CudaBackendTest, AGpuThatDoesNotOpenIsNotALostOne)
{
    const Error error = error_of(1, emulated_options());
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_THAT(error.message, AllOf(HasSubstr("cuda:1"), HasSubstr("cuDevicePrimaryCtxRetain")));
}

TEST(CudaBackendTest, CopiesAreWholeWhateverTheirSize)
{
    const auto backend = open_emulated();
    for (const std::size_t bytes :
         {std::size_t{4}, cuda::Staging::kHalfBytes, 5 * cuda::Staging::kHalfBytes + 12}) {
        std::vector<std::int32_t> sent(bytes / sizeof(std::int32_t));
        std::iota(sent.begin(), sent.end(), 7);
        std::vector<std::int32_t> got(sent.size());
        Tensor tensor = backend->tensor(DType::I32, {static_cast<std::int64_t>(sent.size())});
        std::vector<std::int32_t> lent = sent;
        backend->upload(lent.data(), tensor);
        std::fill(lent.begin(), lent.end(), -1); // the caller's memory is free again
        backend->download(tensor, got.data());
        EXPECT_EQ(got, sent);
    }
}

TEST(CudaBackendTest, ManySmallCopiesDoNotOvertakeTheDevice)
{
    const auto backend = open_emulated();
    constexpr std::int64_t kCount = 300000; // more than both halves hold, in pieces of 64 bytes
    Tensor tensor = backend->tensor(DType::I32, {16});
    Tensor sum = backend->tensor(DType::F32, {16});
    std::vector<std::int32_t> numbers(16);
    for (std::int64_t i = 0; i < kCount; ++i) {
        std::fill(numbers.begin(), numbers.end(), static_cast<std::int32_t>(i));
        backend->upload(numbers.data(), tensor);
        if (i == kCount / 2) {
            backend->copy_bytes(tensor, sum); // what the device sees at this point of its queue
        }
    }
    std::vector<std::int32_t> seen(16);
    backend->download(sum, seen.data());
    EXPECT_EQ(seen.front(), kCount / 2);
    backend->download(tensor, seen.data());
    EXPECT_EQ(seen.back(), kCount - 1);
}

TEST(CudaBackendTest, MemoryIsCountedAndItsEndIsAnErrorWithNumbers)
{
    const auto backend = open_emulated();
    const DeviceMemory before = backend->memory();
    {
        const Tensor tensor = backend->tensor(DType::F32, {1 << 20});
        EXPECT_EQ(backend->memory().used_bytes, before.used_bytes + (4 << 20));
    }
    EXPECT_EQ(backend->memory().used_bytes, before.used_bytes);
    EXPECT_EQ(backend->memory().peak_bytes, before.used_bytes + (4 << 20));
    const Error error = thrown_by([&] { (void)backend->tensor(DType::F32, {1LL << 40}); });
    EXPECT_EQ(error.code, ErrorCode::OutOfDeviceMemory);
    EXPECT_THAT(error.message, AllOf(HasSubstr("4194304 MiB asked"), HasSubstr("MiB free")));
    EXPECT_EQ(exit_code(error.code), 4);
    // An ordinary error: the device goes on.
    Tensor tensor = backend->tensor(DType::F32, {3});
    ops::zero(*backend, tensor);
    std::vector<float> values(3, 1.0F);
    backend->download(tensor, values.data());
    EXPECT_EQ(values, std::vector<float>(3, 0.0F));
}

// Work that was written down keeps its pointer.
TEST(CudaBackendTest, ScratchOfUsualSizesStaysWhereItIs)
{
    const auto backend = open_emulated();
    const std::int64_t before = backend->memory().used_bytes;
    const void* first = backend->scratch(1);
    EXPECT_EQ(backend->scratch(CudaBackend::kReadyScratchBytes), first);
    EXPECT_EQ(backend->memory().used_bytes, before);
    constexpr std::size_t kMore = 2 * CudaBackend::kReadyScratchBytes;
    const void* larger = backend->scratch(kMore);
    EXPECT_EQ(backend->scratch(1), larger);
    EXPECT_EQ(backend->scratch(kMore), larger);
    EXPECT_EQ(backend->memory().used_bytes,
              before + static_cast<std::int64_t>(CudaBackend::kReadyScratchBytes));
}

TEST(CudaBackendTest, HeadsWiderThanAnyKernelAreRefused)
{
    const auto backend = open_emulated();
    Tensor q = backend->tensor(DType::F32, {1, 320});
    Tensor out = backend->tensor(DType::F32, {1, 320});
    const ops::AttentionShape shape = {
        .num_heads = 1, .num_kv_heads = 1, .head_dim = 320, .scale = 1.0F};
    const Error error = thrown_by([&] { ops::attention_cached(*backend, shape, q, q, q, 1, out); });
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_THAT(error.message, AllOf(HasSubstr("320"), HasSubstr("256")));
}

// Last: the emulated device stays lost, as a real one does.
TEST(CudaBackendTest, ZFaultOfTheDeviceEndsIt)
{
    const auto backend = open_emulated();
    const TensorView nowhere(nullptr, DType::F32, {8}, backend->device());
    ops::zero(*backend, nowhere);
    const Error error = thrown_by([&] { backend->synchronize(); });
    EXPECT_EQ(error.code, ErrorCode::DeviceLost);
    EXPECT_EQ(exit_code(error.code), 5);
    EXPECT_TRUE(ends_process(error));
    EXPECT_THAT(error.hint, HasSubstr("last checkpoint"));
    EXPECT_EQ(thrown_by([&] { backend->synchronize(); }).code, ErrorCode::DeviceLost);
}

} // namespace
} // namespace engine
