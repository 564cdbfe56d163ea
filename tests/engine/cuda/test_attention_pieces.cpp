// An attention in pieces: which calls a batch becomes, what they take, and that the emulated cuDNN
// computes in them what it computes in one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/ops/cuda/attention_pieces.h"
#include "engine/ops/cuda/attention_ways.h"
#include "tests/engine/cuda/attention_problem.h"
#include "tests/engine/cuda/emulated_gpu.h"

namespace engine {
namespace {

using cuda::SdpaDirection;
using ops::AttentionShape;
using ops::kernels::AttentionPieces;
using ops::kernels::AttentionSizes;
using ops::kernels::CudnnMeans;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kHopper = 90;
constexpr std::int64_t kGib = std::int64_t{1} << 30U;

// Of a GPU of 139 GiB.
constexpr CudnnMeans kLarge = {
    .capability = kHopper, .call_bytes = 139 * kGib / 64, .may_cut = true};

AttentionPieces pieces_of(const CudnnMeans& means, const AttentionSizes& sizes)
{
    return value_or_throw(ops::kernels::attention_pieces(means, sizes, SdpaDirection::Backward));
}

std::string refusal_of(const CudnnMeans& means, const AttentionSizes& sizes)
{
    const auto pieces = ops::kernels::attention_pieces(means, sizes, SdpaDirection::Backward);
    return pieces ? "" : pieces.error().message;
}

TEST(AttentionPiecesTest, AreOneCallWhereThatFindsMemory)
{
    const AttentionPieces pieces = pieces_of(
        kLarge, {.shape = heads(32, 32, 128), .n = 16384, .sequences = 8, .longest = 2048});
    EXPECT_EQ(pieces.sequences, 8);
    EXPECT_EQ(pieces.plan,
              (cuda::SdpaShape{.sequences = 8,
                               .longest = 2048,
                               .num_heads = 32,
                               .num_kv_heads = 32,
                               .head_dim = 128}));
}

TEST(AttentionPiecesTest, AreRunsOfSequencesThenPartsOfTheHeads)
{
    const AttentionSizes sizes = {
        .shape = heads(32, 4, 64), .n = 16384, .sequences = 2, .longest = 8192};
    const AttentionPieces pieces = pieces_of(kLarge, sizes);
    EXPECT_EQ(pieces.sequences, 1);
    EXPECT_EQ(pieces.plan.parts, 2);
    EXPECT_EQ(pieces.plan.num_heads, 16);
    EXPECT_EQ(pieces.plan.num_kv_heads, 2);
    const CudnnMeans half = {
        .capability = kHopper, .call_bytes = kLarge.call_bytes / 2, .may_cut = true};
    EXPECT_EQ(pieces_of(half, sizes).plan.parts, 4);
    // Seven sequences, of which a call may have four: as equal as they can be.
    const AttentionPieces runs =
        pieces_of(half, {.shape = heads(32, 32, 128), .n = 12288, .sequences = 7, .longest = 2048});
    EXPECT_EQ(runs.sequences, 4);
    EXPECT_EQ(runs.plan.sequences, 4);
    EXPECT_EQ(runs.plan.parts, 1);
}

TEST(AttentionPiecesTest, AreNotThereWhereTheyWouldNotHelp)
{
    const AttentionShape shape = heads(4, 2, 16);
    const CudnnMeans small = {.capability = kHopper, .call_bytes = 1 << 20, .may_cut = true};
    const CudnnMeans whole = {.capability = kHopper, .call_bytes = 1 << 20, .may_cut = false};
    const AttentionSizes uneven = {.shape = shape, .n = 300, .sequences = 200, .longest = 100};
    EXPECT_THAT(refusal_of(small, uneven), HasSubstr("too many sequences beside a long one"));
    EXPECT_THAT(refusal_of(small, {.shape = shape, .n = 600, .sequences = 2, .longest = 500}),
                HasSubstr("one key head of a sequence takes more memory"));
    EXPECT_THAT(refusal_of(whole, {.shape = shape, .n = 400, .sequences = 2, .longest = 300}),
                HasSubstr("a sequence takes more memory"));
    EXPECT_THAT(refusal_of(whole, {.shape = shape, .n = 150, .sequences = 20, .longest = 120}),
                HasSubstr("a batch takes more memory"));
    EXPECT_THAT(
        refusal_of(
            kLarge,
            {.shape = heads(64, 64, 128), .n = 1 << 18, .sequences = 1 << 10, .longest = 1 << 8}),
        HasSubstr("larger than its offsets"));
}

// The scratch serves every smaller batch, and is not more than the largest of them takes.
TEST(AttentionPiecesTest, OfEveryBatchFindWhatWasSetAside)
{
    constexpr std::int64_t kMost = 700;
    for (const int capability : {kHopper, 100}) {
        for (const std::int64_t bytes : {1 << 19, 1 << 20, 1 << 23}) {
            const CudnnMeans means = {
                .capability = capability, .call_bytes = bytes, .may_cut = true};
            const AttentionShape shape = heads(8, 4, 16);
            const auto reserve = [&](std::int64_t n, std::int64_t longest) {
                return ops::kernels::cudnn_reserve_bytes(
                    means, shape, n, longest, SdpaDirection::Backward);
            };
            std::int64_t largest = 0;
            for (std::int64_t n = 1; n <= kMost; n += 33) {
                for (std::int64_t longest = 1; longest <= n; longest += 31) {
                    EXPECT_LE(reserve(n, longest), reserve(n + 1, longest));
                    EXPECT_LE(reserve(n, longest), reserve(n, longest + 1));
                    for (std::int64_t sequences = 1; sequences <= n; sequences += 3) {
                        const auto pieces = ops::kernels::attention_pieces(
                            means,
                            {.shape = shape, .n = n, .sequences = sequences, .longest = longest},
                            SdpaDirection::Backward);
                        if (!pieces) {
                            continue;
                        }
                        const std::int64_t wanted = ops::kernels::cudnn_scratch_bytes(
                            capability, pieces->plan, n, SdpaDirection::Backward);
                        EXPECT_LE(wanted, reserve(n, longest));
                        EXPECT_LE(pieces->sequences, pieces->plan.sequences);
                        EXPECT_LE(sequences, 32 * pieces->sequences);
                        EXPECT_GE(pieces->plan.longest, longest);
                        EXPECT_EQ(pieces->plan.parts * pieces->plan.num_kv_heads, 4);
                        largest = std::max(largest, wanted);
                    }
                }
            }
            const std::int64_t stats = kMost * 8 * 4;
            EXPECT_LE(reserve(kMost, kMost), largest + stats);
            EXPECT_LE(largest, bytes + stats);
        }
    }
}

TEST(AttentionPiecesTest, OfAForwardAreOneCallThatTakesLittle)
{
    const CudnnMeans means = {.capability = kHopper, .call_bytes = 1 << 20, .may_cut = false};
    const auto pieces = ops::kernels::attention_pieces(
        means,
        {.shape = heads(4, 2, 16), .n = 2000, .sequences = 1500, .longest = 501},
        SdpaDirection::Forward);
    ASSERT_TRUE(pieces.has_value());
    EXPECT_EQ(pieces->sequences, 1500);
    EXPECT_LT(ops::kernels::cudnn_reserve_bytes(
                  means, heads(4, 2, 16), 2000, 501, SdpaDirection::Forward),
              1 << 20);
}

// On a Hopper that lets a call have a MiB.
class CudnnInPieces : public testing::Test
{
protected:
    // As one call, however much memory that takes.
    std::vector<float> whole(Problem& problem, const AttentionSizes& sizes)
    {
        const AttentionPieces pieces = ops::kernels::attention_pieces(sizes, sizes.sequences, 1);
        Tensor scratch =
            m_backend->tensor(DType::F32,
                              {ops::kernels::cudnn_scratch_bytes(
                                   kHopper, pieces.plan, sizes.n, SdpaDirection::Backward)
                               / 4});
        problem.poison();
        problem.forward();
        EXPECT_TRUE(ops::kernels::cudnn_attention_backward(
            *m_backend, problem.backward_args(scratch), ops::kernels::CudnnUse::Untried));
        return problem.results();
    }

    // Bit for bit what one call computes, in so many.
    void expect_calls(const AttentionShape& shape,
                      const std::vector<std::int32_t>& offsets,
                      std::int64_t longest,
                      std::uint64_t calls)
    {
        Problem problem(*m_backend, shape, offsets);
        const std::vector<float> wanted =
            whole(problem,
                  {.shape = shape,
                   .n = offsets.back(),
                   .sequences = static_cast<std::int64_t>(offsets.size()) - 1,
                   .longest = longest});
        problem.poison();
        problem.forward();
        const std::uint64_t before = runs();
        problem.backward();
        EXPECT_EQ(runs(), before + calls);
        EXPECT_EQ(problem.results(), wanted);
        EXPECT_TRUE(problem.guard_is_whole());
    }

    static std::uint64_t runs() { return ask_emulator("emulated_cudnn_runs", EMULATED_CUDNN); }

    std::string log_of_backward(const AttentionShape& shape,
                                const std::vector<std::int32_t>& offsets)
    {
        testing::internal::CaptureStderr();
        Problem problem(*m_backend, shape, offsets);
        problem.forward();
        const std::uint64_t before = runs();
        problem.backward();
        EXPECT_EQ(runs(), before);
        return testing::internal::GetCapturedStderr();
    }

    // One of 65 rows and so many of one.
    static std::vector<std::int32_t> one_long_and(std::size_t count)
    {
        std::vector<std::int32_t> offsets = {0, 65};
        while (offsets.size() < count + 2) {
            offsets.push_back(offsets.back() + 1);
        }
        return offsets;
    }

    Behaviour m_memory{"LOWRANK_EMULATED_MIB", "64"};
    std::unique_ptr<CudaBackend> m_backend = open_emulated(EMULATED_CUDNN);
};

TEST_F(CudnnInPieces, OneLongSequenceAndManyShortOnes)
{
    expect_calls(heads(4, 2, 16), one_long_and(12), 65, 5);
}

TEST_F(CudnnInPieces, SequencesThatOneByOneFindMemory)
{
    expect_calls(heads(2, 1, 16), {0, 300, 301, 600}, 300, 3);
}

TEST_F(CudnnInPieces, PartsOfTheHeadsWithTheirKeyHeads)
{
    expect_calls(heads(4, 2, 16), {0, 300, 301, 460}, 300, 2 * 3);
    expect_calls(heads(5, 5, 8), {0, 310}, 310, 5);
}

TEST_F(CudnnInPieces, WithAWindow)
{
    AttentionShape shape = heads(4, 2, 16);
    shape.sliding_window = 40;
    expect_calls(shape, {0, 300, 460}, 300, 2 * 2);
}

TEST_F(CudnnInPieces, EachReasonAgainstThemIsToldOnce)
{
    const AttentionShape shape = heads(2, 1, 8);
    EXPECT_THAT(log_of_backward(shape, {0, 385}),
                AllOf(HasSubstr("backward, head_dim 8, 2 query heads a key head"),
                      HasSubstr("one key head of a sequence takes more memory than it may"),
                      HasSubstr("the engine's own kernels compute it")));
    EXPECT_THAT(log_of_backward(shape, {0, 1, 386}), IsEmpty());
    EXPECT_THAT(log_of_backward(shape, one_long_and(130)), HasSubstr("too many sequences"));
    EXPECT_THAT(log_of_backward(shape, one_long_and(131)), IsEmpty());
}

// The whole call is right, so a batch that needs no cut is cuDNN's.
TEST_F(CudnnInPieces, ThatAreWrongAreNotUsed)
{
    const Behaviour wrong("LOWRANK_EMULATED_CUDNN", "wrong parts");
    const AttentionShape shape = heads(4, 2, 16);
    EXPECT_THAT(log_of_backward(shape, one_long_and(12)),
                AllOf(HasSubstr("backward in pieces"),
                      HasSubstr("dq differs by"),
                      HasSubstr("a batch takes more memory than it may")));
    Problem problem(*m_backend, shape, {0, 30, 60});
    problem.forward();
    const std::uint64_t before = runs();
    problem.backward();
    EXPECT_EQ(runs(), before + 1);
}

// A pass in pieces that comes again is one graph.
TEST_F(CudnnInPieces, ArePartOfAGraph)
{
    Problem problem(*m_backend, heads(4, 2, 16), {0, 300, 301, 460});
    const auto pass = [&] {
        problem.poison();
        RepeatedWork work(*m_backend, 7);
        problem.forward();
        problem.backward();
        work.finish();
        return problem.results();
    };
    const std::vector<float> wanted = pass(); // the key is new
    const std::uint64_t launches = graph_launches();
    const std::uint64_t before = runs();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        EXPECT_EQ(pass(), wanted);
        EXPECT_EQ(graph_launches(), launches + i);
    }
    EXPECT_EQ(runs(), before + 1 + 2 * 3); // while it was captured
}

} // namespace
} // namespace engine
