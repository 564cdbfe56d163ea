// After warm-up a training step takes nothing from the heap: operator new is counted.
//
// oneDNN allocates small nodes inside every product and frees them again, which is not ours to
// change; the portable kernels take its place here, so that every allocation counted is our own.
#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

#include "engine/ops/matmul.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"
#include "tests/support/sanitizer.h"
#include "tests/support/sanitizer_options.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

std::atomic<bool> g_counting = false;
std::atomic<long> g_allocations = 0;

void* counted(std::size_t size)
{
    if (g_counting.load(std::memory_order_relaxed)) {
        ++g_allocations;
    }
    if (void* memory = std::malloc(size == 0 ? 1 : size); memory != nullptr) {
        return memory;
    }
    throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t size)
{
    return counted(size);
}

void* operator new[](std::size_t size)
{
    return counted(size);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}

namespace {

// At the thread sanitizer's pace the once-a-second look at the memory falls among the steps.
class StepAllocations : public testing::Test
{
protected:
    void SetUp() override
    {
        if (tests::kThreadSanitizer) {
            GTEST_SKIP() << "too slow to count in";
        }
    }
};

// Rows of one length, so that every step has the shapes of the first.
void write_even_data(const std::filesystem::path& path)
{
    std::string text;
    for (int row = 10; row < 42; ++row) {
        text += R"({"prompt": "say )" + std::to_string(row) + R"(:", "completion": " yes )"
                + std::to_string(row) + "\"}\n";
    }
    tests::write_text(path, text);
}

long allocations_between(const engine::Json& changes, std::int64_t from, std::int64_t to)
{
    static const bool capped = [] { // it can be said once, before the first op
        engine::ops::cap_cpu_instruction_set("generic");
        return true;
    }();
    EXPECT_TRUE(capped);
    tests::TemporaryFolder folder;
    tests::write_tiny_model(folder.path() / "model");
    write_even_data(folder.path() / "data.jsonl");
    engine::Json settings = {{"packing", false}, {"max_steps", to + 1}, {"save_every", 0}};
    settings.update(changes);
    const auto run = tests::make_run(folder.path(), "run", settings);
    engine::RunControl control;
    g_allocations = 0;
    const auto result = engine::train_run(run, control, [&](const engine::TrainEvent& event) {
        if (const auto* step = std::get_if<engine::StepEvent>(&event)) {
            g_counting = step->step >= from && step->step < to;
        }
    });
    EXPECT_TRUE(result) << result.error().message;
    return g_allocations;
}

TEST_F(StepAllocations, CountingWorks)
{
    g_allocations = 0;
    g_counting = true;
    delete new int(1); // NOLINT: the allocation is the point
    g_counting = false;
    EXPECT_GE(g_allocations, 1);
}

TEST_F(StepAllocations, AreZeroAfterWarmUp)
{
    EXPECT_EQ(allocations_between(engine::Json::object(), 8, 20), 0);
}

TEST_F(StepAllocations, AreZeroWithDropoutAndCheckpointing)
{
    EXPECT_EQ(allocations_between({{"dropout", 0.1}, {"grad_checkpointing", true}}, 8, 20), 0);
}

} // namespace
