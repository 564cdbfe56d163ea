// Rotary position embedding and its inverse.
#include "engine/ops/rope.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference.h"

namespace lowrank_test {

namespace {

class RopeTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(RopeTest);

constexpr std::int64_t kPositions = 40;

// cos and sin of position * 10000^(-2 i / head_dim).
struct Tables
{
    GuardedTensor cosine, sine;

    explicit Tables(std::int64_t head_dim)
        : cosine(DType::F32, {kPositions, head_dim / 2})
        , sine(DType::F32, {kPositions, head_dim / 2})
    {
        Values c;
        Values s;
        for (std::int64_t position = 0; position < kPositions; ++position) {
            for (std::int64_t i = 0; i < head_dim / 2; ++i) {
                const double angle =
                    static_cast<double>(position)
                    * std::pow(10000.0,
                               -2.0 * static_cast<double>(i) / static_cast<double>(head_dim));
                c.push_back(std::cos(angle));
                s.push_back(std::sin(angle));
            }
        }
        cosine.set(c);
        sine.set(s);
    }
};

TEST_P(RopeTest, ForwardAgreesWithReferenceAndBackwardUndoesIt)
{
    const std::vector<std::int32_t> positions = {0, 1, 2, 39, 0, 7};
    for (const std::int64_t head_dim : {2, 62, 64, 66}) {
        const std::int64_t width = 3 * head_dim;
        Tables tables(head_dim);
        GuardedTensor x = random_tensor(dtype, {6, width}, 1);
        const Values before = x.values();
        const Values wanted = reference::rope(
            before, width, head_dim, positions, tables.cosine.values(), tables.sine.values());
        engine::ops::rope_forward(backend,
                                  x.view(),
                                  head_dim,
                                  view_of(positions),
                                  tables.cosine.view(),
                                  tables.sine.view());
        expect_output("y", x, wanted, dtype);
        engine::ops::rope_backward(backend,
                                   x.view(),
                                   head_dim,
                                   view_of(positions),
                                   tables.cosine.view(),
                                   tables.sine.view());
        expect_output("x again", x, before, dtype);
    }
}

TEST_P(RopeTest, BackwardAgreesWithCentralDifferences)
{
    const std::vector<std::int32_t> positions = {3, 17};
    constexpr std::int64_t kHeadDim = 6;
    Tables tables(kHeadDim);
    GuardedTensor dx = random_tensor(dtype, {2, 2 * kHeadDim}, 1);
    const Values upstream = dx.values();
    const Values wanted = central_differences(
        [&](const Values& x) {
            return weighted_sum(reference::rope(x,
                                                2 * kHeadDim,
                                                kHeadDim,
                                                positions,
                                                tables.cosine.values(),
                                                tables.sine.values()),
                                upstream);
        },
        random_values(2 * 2 * kHeadDim, 2));
    engine::ops::rope_backward(
        backend, dx.view(), kHeadDim, view_of(positions), tables.cosine.view(), tables.sine.view());
    expect_output("dx", dx, wanted, dtype);
}

TEST_P(RopeTest, RefusesBadArguments)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    Tables tables(8);
    GuardedTensor x(dtype, {1, 24});
    const auto rotate = [&](std::int64_t head_dim, std::int32_t position) {
        const std::vector<std::int32_t> positions = {position};
        expect_refusal("rope_forward", [&] {
            engine::ops::rope_forward(backend,
                                      x.view(),
                                      head_dim,
                                      view_of(positions),
                                      tables.cosine.view(),
                                      tables.sine.view());
        });
    };
    rotate(7, 0);          // odd
    rotate(10, 0);         // does not divide the width
    rotate(8, kPositions); // beyond the tables
    rotate(8, -1);
    rotate(6, 0); // tables of another head_dim
}

} // namespace

} // namespace lowrank_test
