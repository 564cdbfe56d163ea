// The bump arena: alignment, reuse, and a measurement that equals the truth.
#include <gtest/gtest.h>

#include "engine/tensor/arena.h"
#include "engine/tensor/cpu_backend.h"

namespace engine {
namespace {

void layout(Arena& arena)
{
    arena.reset();
    (void)arena.take(DType::F32, {3, 5});
    {
        const ArenaScope scratch(arena);
        (void)arena.take(DType::BF16, {1000});
    }
    (void)arena.take(DType::BF16, {7});
}

TEST(Arena, AMeasurementIsEnoughForTheSameLayout)
{
    Arena measure;
    layout(measure);
    EXPECT_EQ(measure.high_water(), 64U + 2048U);

    HostAllocator allocator;
    Arena arena(allocator, measure.high_water());
    EXPECT_NO_THROW(layout(arena));
    EXPECT_EQ(allocator.live_bytes(), 64 + 2048);
}

TEST(Arena, ViewsAreAlignedAndDisjoint)
{
    HostAllocator allocator;
    Arena arena(allocator, 1024);
    const TensorView a = arena.take(DType::F32, {1});
    const TensorView b = arena.take(DType::F32, {1});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.raw()) % Allocator::kAlignment, 0U);
    EXPECT_EQ(static_cast<std::byte*>(b.raw()) - static_cast<std::byte*>(a.raw()), 64);
}

TEST(Arena, OutgrowingItIsABug)
{
    HostAllocator allocator;
    Arena arena(allocator, 128);
    (void)arena.take(DType::F32, {32});
    try {
        (void)arena.take(DType::F32, {1});
        FAIL() << "nothing thrown";
    } catch (const EngineError& error) {
        EXPECT_EQ(error.error().code, ErrorCode::Internal);
    }
}

TEST(Arena, GivesItsMemoryBack)
{
    HostAllocator allocator;
    {
        Arena arena(allocator, 4096);
        Arena moved = std::move(arena);
        EXPECT_EQ(allocator.live_bytes(), 4096);
    }
    EXPECT_EQ(allocator.live_bytes(), 0);
    EXPECT_EQ(allocator.peak_bytes(), 4096);
}

} // namespace
} // namespace engine
