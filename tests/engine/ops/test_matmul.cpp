// Matrix products: oneDNN's path and our own kernels against the double reference.
#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/matmul_backends.h"
#include "engine/ops/matmul.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

using engine::ops::MatmulArgs;
using engine::ops::Transpose;
using reference::MatmulSize;

class MatmulTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(MatmulTest);

Transpose transpose(bool yes)
{
    return yes ? Transpose::Yes : Transpose::No;
}

// One product with its reference; `run` multiplies.
template <typename Run>
void check_product(const MatmulSize& size, DType dtype, DType output, float beta, Run&& run)
{
    constexpr float kAlpha = 0.5F;
    const Shape a_shape = size.transpose_a ? Shape{size.k, size.m} : Shape{size.m, size.k};
    const Shape b_shape = size.transpose_b ? Shape{size.n, size.k} : Shape{size.k, size.n};
    GuardedTensor a = random_tensor(dtype, a_shape, 1);
    GuardedTensor b = random_tensor(dtype, b_shape, 2);
    GuardedTensor c(output, {size.m, size.n}); // NaN: beta 0 must not read it
    if (beta == 1.0F) {
        c.set(random_values(size.m * size.n, 3));
    }
    Values wanted = reference::matmul(a.values(), b.values(), size);
    const Values before = c.values();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        wanted[i] = kAlpha * wanted[i] + (beta == 1.0F ? before[i] : 0.0);
    }
    run(MatmulArgs{.a = a.view(),
                   .transpose_a = transpose(size.transpose_a),
                   .b = b.view(),
                   .transpose_b = transpose(size.transpose_b),
                   .c = c.view(),
                   .alpha = kAlpha,
                   .beta = beta});
    expect_output(engine::concat("matmul ",
                                 size.m,
                                 " x ",
                                 size.n,
                                 " x ",
                                 size.k,
                                 size.transpose_a ? " ta" : "",
                                 size.transpose_b ? " tb" : "",
                                 " beta ",
                                 beta),
                  c,
                  wanted,
                  output == DType::F32 ? DType::F32 : dtype);
}

template <typename Run>
void check_all_forms(std::int64_t m, std::int64_t n, std::int64_t k, DType dtype, Run&& run)
{
    for (const bool transpose_a : {false, true}) {
        for (const bool transpose_b : {false, true}) {
            for (const float beta : {0.0F, 1.0F}) {
                const MatmulSize size = {m, n, k, transpose_a, transpose_b};
                check_product(size, dtype, dtype, beta, run);
                check_product(size, dtype, DType::F32, beta, run);
            }
        }
    }
}

TEST_P(MatmulTest, AgreesWithReferenceOnAwkwardSizes)
{
    const auto run = [&](const MatmulArgs& args) { engine::ops::matmul(backend, args); };
    for (const std::int64_t size : kAwkwardSizes) {
        check_all_forms(size, 33, 31, dtype, run);
        check_all_forms(31, size, 127, dtype, run);
        check_all_forms(33, 16, size, dtype, run);
    }
}

// A product that overwrites ends in a piece that reaches back over rows that are done.
TEST_P(MatmulTest, PiecesOfTheTokenAxisAgreeWithReference)
{
    const auto run = [&](const MatmulArgs& args) { engine::ops::matmul(backend, args); };
    for (const std::int64_t m : {20, 40, 254, 286, 510}) {
        check_all_forms(m, 33, 16, dtype, run);
    }
}

TEST_P(MatmulTest, OwnKernelsAgreeWithReferenceOnAwkwardSizes)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    const auto run = [](const MatmulArgs& args) { engine::ops::kernels::matmul_own(args); };
    for (const std::int64_t size : kAwkwardSizes) {
        check_all_forms(size, 33, 31, dtype, run);
        check_all_forms(31, size, 127, dtype, run);
        check_all_forms(33, 16, size, dtype, run);
    }
    // More than one block in every direction.
    check_product({600, 300, 290, false, true}, dtype, dtype, 0.0F, run);
    check_product({600, 300, 290, true, false}, dtype, DType::F32, 1.0F, run);
}

TEST_P(MatmulTest, SameBitsEveryTime)
{
    GuardedTensor a = random_tensor(dtype, {257, 127}, 1);
    GuardedTensor b = random_tensor(dtype, {127, 64}, 2);
    GuardedTensor first(dtype, {257, 64});
    GuardedTensor second(dtype, {257, 64});
    engine::ops::matmul(backend, {.a = a.view(), .b = b.view(), .c = first.view()});
    engine::ops::matmul(backend, {.a = a.view(), .b = b.view(), .c = second.view()});
    EXPECT_EQ(first.values(), second.values());
}

TEST_P(MatmulTest, LinearIsTorchsOrientation)
{
    // y = x W^T with x = [1 2], W = [[3 4] [5 6] [7 8]].
    GuardedTensor x(dtype, {1, 2}, {1, 2});
    GuardedTensor weight(dtype, {3, 2}, {3, 4, 5, 6, 7, 8});
    GuardedTensor y(dtype, {1, 3});
    engine::ops::linear(backend, x.view(), weight.view(), y.view());
    EXPECT_EQ(y.values(), (Values{11, 17, 23}));
}

TEST_P(MatmulTest, EmptyInnerSizeIsZero)
{
    GuardedTensor a(dtype, {2, 0});
    GuardedTensor b(dtype, {0, 3});
    GuardedTensor c(dtype, {2, 3});
    engine::ops::matmul(backend, {.a = a.view(), .b = b.view(), .c = c.view()});
    EXPECT_EQ(c.values(), Values(6, 0.0));
}

// Operands that are columns of wider matrices: what lies beside them is neither read nor written.
TEST_P(MatmulTest, ColumnsOfWiderMatricesAgreeWithReference)
{
    constexpr std::int64_t kBefore = 2;
    constexpr std::int64_t kWider = 5;
    const auto columns = [](GuardedTensor& wide, std::int64_t width) {
        auto* first = static_cast<std::byte*>(wide.view().raw())
                      + kBefore * engine::size_of(wide.view().dtype());
        return TensorView(
            first, wide.view().dtype(), {wide.view().size(0), width}, wide.view().device());
    };
    // The columns' values, from those of the wide matrix.
    const auto cut = [](const Values& wide, std::int64_t width) {
        Values values;
        for (std::size_t i = 0; i < wide.size(); ++i) {
            const std::int64_t column = static_cast<std::int64_t>(i) % (width + kWider) - kBefore;
            if (column >= 0 && column < width) {
                values.push_back(wide[i]);
            }
        }
        return values;
    };
    for (const std::int64_t m : {1, 7, 65, 300}) {
        for (const bool transpose_a : {false, true}) {
            for (const bool transpose_b : {false, true}) {
                for (const bool own : {false, true}) {
                    if (own && !backend.shares_host_memory()) {
                        continue;
                    }
                    const MatmulSize size = {m, 20, 33, transpose_a, transpose_b};
                    const std::int64_t a_width = transpose_a ? size.m : size.k;
                    const std::int64_t b_width = transpose_b ? size.k : size.n;
                    GuardedTensor a =
                        random_tensor(dtype, {transpose_a ? size.k : size.m, a_width + kWider}, 1);
                    GuardedTensor b =
                        random_tensor(dtype, {transpose_b ? size.n : size.k, b_width + kWider}, 2);
                    GuardedTensor c = random_tensor(DType::F32, {size.m, size.n + kWider}, 3);
                    const Values before = c.values();
                    const Values product =
                        reference::matmul(cut(a.values(), a_width), cut(b.values(), b_width), size);
                    Values wanted = before;
                    for (std::int64_t i = 0; i < size.m * size.n; ++i) {
                        wanted[static_cast<std::size_t>(i / size.n * (size.n + kWider) + kBefore
                                                        + i % size.n)] +=
                            product[static_cast<std::size_t>(i)];
                    }
                    const MatmulArgs args = {.a = columns(a, a_width),
                                             .transpose_a = transpose(transpose_a),
                                             .b = columns(b, b_width),
                                             .transpose_b = transpose(transpose_b),
                                             .c = columns(c, size.n),
                                             .beta = 1.0F,
                                             .a_stride = a_width + kWider,
                                             .b_stride = b_width + kWider,
                                             .c_stride = size.n + kWider};
                    if (own) {
                        engine::ops::kernels::matmul_own(args);
                    } else {
                        engine::ops::matmul(backend, args);
                    }
                    expect_output("matmul of columns", c, wanted, DType::F32);
                }
            }
        }
    }
}

// Every term counts, whatever the length of the sum: numbers whose sum is exact.
TEST_P(MatmulTest, DeepSumsAreWhole)
{
    const Values ones(3000 * 40, 1.0);
    for (const std::int64_t depth : {1024, 1025, 1087, 1151, 2049, 2944, 2975, 3000}) {
        GuardedTensor a(dtype, {depth, 3});
        GuardedTensor b(dtype, {depth, 40});
        GuardedTensor c(DType::F32, {3, 40});
        a.set(Values(ones.begin(), ones.begin() + depth * 3));
        b.set(Values(ones.begin(), ones.begin() + depth * 40));
        c.set(Values(120, 5.0));
        for (const double old : {0.0, 1.0}) {
            engine::ops::matmul(backend,
                                {.a = a.view(),
                                 .transpose_a = Transpose::Yes,
                                 .b = b.view(),
                                 .c = c.view(),
                                 .beta = static_cast<float>(old)});
            EXPECT_EQ(c.values(), Values(120, static_cast<double>(depth) * (1.0 + old))) << depth;
        }
    }
}

TEST_P(MatmulTest, AddsAnAddendThatStaysAsItIs)
{
    for (const std::int64_t m : {1, 5, 33, 300}) {
        const MatmulSize size = {m, 33, 31, false, true};
        GuardedTensor a = random_tensor(dtype, {size.m, size.k}, 1);
        GuardedTensor b = random_tensor(dtype, {size.n, size.k}, 2);
        GuardedTensor addend = random_tensor(dtype, {size.m, size.n}, 3);
        GuardedTensor c(dtype, {size.m, size.n}); // NaN: its old contents must not be read
        const Values added = addend.values();
        Values wanted = reference::matmul(a.values(), b.values(), size);
        std::transform(wanted.begin(), wanted.end(), added.begin(), wanted.begin(), std::plus());
        engine::ops::matmul(backend,
                            {.a = a.view(),
                             .b = b.view(),
                             .transpose_b = Transpose::Yes,
                             .c = c.view(),
                             .beta = 1.0F,
                             .addend = addend.view()});
        expect_output(engine::concat("matmul with an addend, m ", m), c, wanted, dtype);
        EXPECT_EQ(addend.values(), added);
    }
}

TEST_P(MatmulTest, AddendOfAnEmptySumIsTheResult)
{
    GuardedTensor a(dtype, {2, 0});
    GuardedTensor b(dtype, {0, 3});
    GuardedTensor addend = random_tensor(dtype, {2, 3}, 3);
    GuardedTensor c(dtype, {2, 3});
    engine::ops::matmul(
        backend,
        {.a = a.view(), .b = b.view(), .c = c.view(), .beta = 1.0F, .addend = addend.view()});
    EXPECT_EQ(c.values(), addend.values());
}

TEST_P(MatmulTest, RefusesBadArguments)
{
    GuardedTensor a(dtype, {4, 5});
    GuardedTensor b(dtype, {6, 3});
    GuardedTensor c(dtype, {4, 3});
    GuardedTensor good_b(dtype, {5, 3});
    GuardedTensor wrong_c(dtype, {3, 4});
    GuardedTensor flat(dtype, {20});
    GuardedTensor other(dtype == DType::F32 ? DType::BF16 : DType::F32, {5, 3});
    const auto multiply = [&](TensorView left, TensorView right, TensorView result, float beta) {
        expect_refusal("matmul", [&] {
            engine::ops::matmul(backend, {.a = left, .b = right, .c = result, .beta = beta});
        });
    };
    multiply(a.view(), b.view(), c.view(), 0.0F);
    multiply(a.view(), good_b.view(), wrong_c.view(), 0.0F);
    multiply(flat.view(), good_b.view(), c.view(), 0.0F);
    multiply(a.view(), other.view(), c.view(), 0.0F);
    multiply(a.view(), good_b.view(), c.view(), 0.5F);
    GuardedTensor addend(dtype, {4, 3});
    const auto add = [&](TensorView added, float beta) {
        expect_refusal("matmul", [&] {
            engine::ops::matmul(
                backend,
                {.a = a.view(), .b = good_b.view(), .c = c.view(), .beta = beta, .addend = added});
        });
    };
    add(addend.view(), 0.0F);
    add(wrong_c.view(), 1.0F);
    add(GuardedTensor(dtype == DType::F32 ? DType::BF16 : DType::F32, {4, 3}).view(), 1.0F);
}

} // namespace

} // namespace lowrank_test
