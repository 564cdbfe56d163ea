// What does not fit is refused with both numbers, before it is made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/tensor/cpu_backend.h"
#include "engine/tensor/memory_check.h"

namespace engine {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kTooMuch = 1LL << 60;

TEST(MemoryCheck, NamesWhatIsNeededAndWhatThereIs)
{
    CpuBackend backend(1);
    EXPECT_TRUE(check_memory(backend, "the answer", 1 << 20, "ask for less"));
    const Result<void> refused = check_memory(backend, "the answer", kTooMuch, "ask for less");
    ASSERT_FALSE(refused);
    EXPECT_EQ(exit_code(refused.error().code), 4);
    EXPECT_THAT(refused.error().message, HasSubstr("memory: the answer needs 1073741824.00 GiB, "));
    EXPECT_EQ(refused.error().hint, "ask for less");
    const Device gpu = {DeviceType::Cuda, 0};
    EXPECT_EQ(out_of_memory(gpu, "the run", 3 << 29, 1 << 30, "").message,
              "GPU memory: the run needs 1.50 GiB, 1.00 GiB can be used");
}

TEST(MemoryCheck, ATensorLargerThanTheMemoryIsNotMade)
{
    CpuBackend backend(1);
    const auto bytes = static_cast<std::size_t>(backend.memory().available_bytes);
    try {
        backend.allocator().deallocate(backend.allocator().allocate(bytes), bytes);
        FAIL() << "nothing was left, and it was made";
    } catch (const EngineError& error) {
        EXPECT_EQ(error.error().code, ErrorCode::OutOfHostMemory);
        EXPECT_THAT(error.error().message, HasSubstr("stay free"));
    }
}

} // namespace
} // namespace engine
