// Views and owners: rows, reshapes, moves, accounting.
#include <gtest/gtest.h>

#include "engine/tensor/cpu_backend.h"
#include "engine/tensor/tensor.h"
#include "tests/support/sanitizer_options.h"

namespace engine {
namespace {

TEST(Tensor, RowsAreAWindow)
{
    CpuBackend backend;
    Tensor tensor = backend.tensor(DType::F32, {4, 3});
    for (int i = 0; i < 12; ++i) {
        tensor.data<float>()[i] = static_cast<float>(i);
    }
    const TensorView middle = tensor.view().rows(1, 3);
    EXPECT_EQ(middle.shape(), (Shape{2, 3}));
    EXPECT_EQ(middle.data<float>()[0], 3.0F);
    EXPECT_THROW((void)tensor.view().rows(3, 5), EngineError);
    EXPECT_EQ(tensor.view().rows(4, 4).numel(), 0);
    EXPECT_EQ(tensor.view().reshaped({2, 6}).rows(1, 2).data<float>()[0], 6.0F);
    EXPECT_THROW((void)tensor.view().reshaped({5}), EngineError);
}

TEST(Tensor, OwnershipMoves)
{
    CpuBackend backend;
    {
        Tensor a = backend.tensor(DType::BF16, {10});
        EXPECT_EQ(backend.allocator().live_bytes(), 20);
        const void* memory = a.view().raw();
        Tensor b = std::move(a);
        EXPECT_EQ(b.view().raw(), memory);
        b = backend.tensor(DType::F32, {100});
        EXPECT_EQ(b.numel(), 100);
    }
    EXPECT_EQ(backend.allocator().live_bytes(), 0);
}

TEST(Tensor, AnImpossibleRequestIsOutOfMemory)
{
    CpuBackend backend;
    try {
        (void)backend.tensor(DType::F32, {std::int64_t{1} << 58});
        FAIL() << "nothing thrown";
    } catch (const EngineError& error) {
        EXPECT_EQ(error.error().code, ErrorCode::OutOfHostMemory);
        EXPECT_FALSE(error.error().hint.empty());
    }
}

TEST(Shape, CountsAndPrints)
{
    EXPECT_EQ((Shape{2, 3, 4}).numel(), 24);
    EXPECT_EQ(Shape{}.numel(), 1);
    EXPECT_EQ(concat(Shape{2, 3}), "[2, 3]");
}

} // namespace
} // namespace engine
