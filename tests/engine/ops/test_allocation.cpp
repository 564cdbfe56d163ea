// A step after warm-up allocates nothing: every operator new of this program is counted.
#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/ops/attention.h"
#include "engine/ops/cpu/matmul_backends.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/dropout.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/embedding.h"
#include "engine/ops/matmul.h"
#include "engine/ops/optimizer_step.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"
#include "engine/ops/swiglu.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/sanitizer_options.h"

namespace {

std::atomic<std::int64_t> g_allocations = 0;

void* counted(std::size_t bytes, std::size_t alignment)
{
    ++g_allocations;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void* pointer = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
    if (pointer == nullptr) {
        throw std::bad_alloc();
    }
    return pointer;
}

} // namespace

void* operator new(std::size_t bytes)
{
    return counted(bytes, alignof(std::max_align_t));
}

void* operator new(std::size_t bytes, std::align_val_t alignment)
{
    return counted(bytes, static_cast<std::size_t>(alignment));
}

void operator delete(void* pointer) noexcept
{
    std::free(pointer);
}

void operator delete(void* pointer, std::size_t /*bytes*/) noexcept
{
    std::free(pointer);
}

void operator delete(void* pointer, std::align_val_t /*alignment*/) noexcept
{
    std::free(pointer);
}

void operator delete(void* pointer, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept
{
    std::free(pointer);
}

namespace lowrank_test {

namespace {

constexpr std::int64_t kRows = 70;
constexpr std::int64_t kWidth = 64;

class AllocationTest : public OpTest
{
protected:
    // Allocations of the second call: the first may grow a thread's scratch.
    template <typename Call>
    std::int64_t allocations_of(Call&& call)
    {
        call();
        const std::int64_t before = g_allocations;
        call();
        return g_allocations - before;
    }

    GuardedTensor a = random_tensor(dtype, {kRows, kWidth}, 1);
    GuardedTensor b = random_tensor(dtype, {kRows, kWidth}, 2);
    GuardedTensor y{dtype, {kRows, kWidth}};
    GuardedTensor z{dtype, {kRows, kWidth}};
    GuardedTensor rest{dtype, {kRows, kWidth}};
    GuardedTensor weight = random_tensor(dtype, {kWidth}, 3);
    GuardedTensor square = random_tensor(dtype, {kWidth, kWidth}, 4);
    GuardedTensor rstd{DType::F32, {kRows}};
    std::vector<std::int32_t> ids = std::vector<std::int32_t>(kRows, 1);
};

LOWRANK_FOR_EACH_DTYPE(AllocationTest);

TEST_P(AllocationTest, ElementwiseOpsAllocateNothing)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    GuardedTensor cosine = random_tensor(DType::F32, {4, 8}, 5);
    const ConstTensorView rows = view_of(ids);
    EXPECT_EQ(
        allocations_of([&] {
            engine::ops::embedding_forward(backend, rows, square.view(), y.view());
            engine::ops::add(backend, a.view(), b.view(), y.view());
            engine::ops::add_bias(backend, y.view(), weight.view());
            engine::ops::copy(backend, a.view(), y.view());
            engine::ops::swiglu_forward(backend, a.view(), b.view(), y.view());
            engine::ops::swiglu_backward(backend, a.view(), a.view(), b.view(), y.view(), z.view());
            engine::ops::rms_norm_forward(
                backend, a.view(), weight.view(), 1e-5F, y.view(), rstd.view());
            engine::ops::rms_norm_backward(backend,
                                           {.dy = b.view(),
                                            .x = a.view(),
                                            .weight = weight.view(),
                                            .rstd = rstd.view(),
                                            .dx = y.view()});
            engine::ops::rope_forward(backend, y.view(), 16, rows, cosine.view(), cosine.view());
            engine::ops::dropout(
                backend, a.view(), {.seed = 1, .stream = 1, .probability = 0.1F}, y.view());
        }),
        0);
}

TEST_P(AllocationTest, AttentionAllocatesNothing)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    const engine::ops::AttentionShape shape = {
        .num_heads = 4, .num_kv_heads = 4, .head_dim = 16, .scale = 0.25F};
    GuardedTensor lse(DType::F32, {4, kRows});
    const std::vector<std::int32_t> offsets = {0, kRows};
    const std::int64_t bytes =
        engine::ops::attention_scratch_bytes(backend, shape, DType::F32, kRows, kRows);
    GuardedTensor scratch(DType::F32, {bytes / 4});
    EXPECT_EQ(allocations_of([&] {
                  engine::ops::attention_forward(backend,
                                                 {.shape = shape,
                                                  .q = a.view(),
                                                  .k = b.view(),
                                                  .v = a.view(),
                                                  .offsets = view_of(offsets),
                                                  .max_seq_len = kRows,
                                                  .out = y.view(),
                                                  .lse = lse.view(),
                                                  .scratch = scratch.view()});
                  engine::ops::attention_backward(backend,
                                                  {.shape = shape,
                                                   .q = a.view(),
                                                   .k = b.view(),
                                                   .v = a.view(),
                                                   .out = y.view(),
                                                   .lse = lse.view(),
                                                   .offsets = view_of(offsets),
                                                   .max_seq_len = kRows,
                                                   .dout = b.view(),
                                                   .dq = z.view(),
                                                   .dk = y.view(),
                                                   .dv = rest.view(),
                                                   .scratch = scratch.view()});
              }),
              0);
}

TEST_P(AllocationTest, OwnProductsAllocateNothing)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    const engine::ops::MatmulArgs args = {.a = a.view(), .b = square.view(), .c = y.view()};
    EXPECT_EQ(allocations_of([&] { engine::ops::kernels::matmul_own(args); }), 0);
}

// oneDNN itself makes a few short-lived small objects per call; nothing of ours is added to them
// and no scratch is allocated again.
TEST_P(AllocationTest, LibraryProductsStayWithinTheLibrarysOwnFewObjects)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    constexpr std::int64_t kLibrarysObjects = 8;
    constexpr std::int64_t kOnePiece = 32; // rows that are one product of the library
    const engine::ops::MatmulArgs args = {.a = engine::ConstTensorView(a.view()).rows(0, kOnePiece),
                                          .b = square.view(),
                                          .c = y.view().rows(0, kOnePiece)};
    EXPECT_LE(allocations_of([&] { engine::ops::matmul(backend, args); }), kLibrarysObjects);
}

TEST_P(AllocationTest, LossAndOptimizerAllocateNothing)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    GuardedTensor logits = random_tensor(DType::F32, {kRows, kWidth}, 1);
    GuardedTensor losses(DType::F32, {kRows});
    GuardedTensor value = random_tensor(DType::F32, {kRows}, 2);
    GuardedTensor number(DType::F32, {1}, {1.0});
    const std::array<engine::ops::ParameterStep, 1> parameters = {
        {{.value = value.view(), .grad = value.view(), .m = rstd.view(), .v = losses.view()}}};
    EXPECT_EQ(allocations_of([&] {
                  engine::ops::cross_entropy(backend,
                                             {.logits = logits.view(),
                                              .labels = view_of(ids),
                                              .weights = value.view(),
                                              .losses = losses.view()});
                  engine::ops::adamw_step(backend, parameters, {});
                  engine::ops::sgd_step(backend, parameters, number.view());
                  engine::ops::weighted_loss(backend, losses.view(), value.view(), number.view());
                  engine::ops::grad_scale(backend,
                                          {.parameters = parameters,
                                           .grad_norm = number.view(),
                                           .grad_scale = number.view()});
                  static_cast<void>(engine::ops::sum_of_squares(backend, parameters));
              }),
              0);
}

} // namespace

} // namespace lowrank_test
