// Attention by the emulated cuDNN, and every way in which the engine's own kernels take its place:
// each is one line in the log and the same numbers.
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/cuda/attention_problem.h"
#include "tests/engine/cuda/emulated_gpu.h"

namespace engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// How often cuDNN was told to compute something.
std::uint64_t runs()
{
    return ask_emulator("emulated_cudnn_runs", EMULATED_CUDNN);
}

class CudnnAttentionTest : public testing::Test
{
protected:
    void SetUp() override
    {
        behave("right");
        gpu("two");
    }

    // NOLINTBEGIN(concurrency-mt-unsafe): one thread
    static void behave(const char* how) { ::setenv("LOWRANK_EMULATED_CUDNN", how, 1); }

    static void gpu(const char* which) { ::setenv("LOWRANK_EMULATED_GPU", which, 1); }

    // NOLINTEND(concurrency-mt-unsafe)

    // What is logged while a small problem is computed; its results must be the own kernels'.
    static std::string log_of(CudaBackend& backend)
    {
        testing::internal::CaptureStderr();
        Problem problem(backend, heads(4, 2, 16), kOffsets);
        problem.forward();
        problem.backward();
        const std::vector<float> got = problem.results();
        std::string log = testing::internal::GetCapturedStderr();
        expect_near(got, wanted());
        return log;
    }

    static const std::vector<float>& wanted()
    {
        static const std::vector<float> values = [] {
            const auto backend = open_emulated();
            Problem problem(*backend, heads(4, 2, 16), kOffsets);
            problem.forward();
            problem.backward();
            return problem.results();
        }();
        return values;
    }

    static void expect_near(const std::vector<float>& got, const std::vector<float>& wanted)
    {
        ASSERT_EQ(got.size(), wanted.size());
        double error = 0.0;
        double power = 0.0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            const double distance = static_cast<double>(got[i]) - static_cast<double>(wanted[i]);
            error += distance * distance;
            power += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
        }
        EXPECT_LE(error / power, 2e-5); // two roundings to bf16 on either side
    }

    static inline const std::vector<std::int32_t> kOffsets = {0, 30, 31, 75};
};

TEST_F(CudnnAttentionTest, ComputesWhereItIsInstalled)
{
    const auto backend = open_emulated(EMULATED_CUDNN);
    EXPECT_THAT(log_of(*backend), IsEmpty());
    Problem problem(*backend, heads(4, 2, 16), kOffsets);
    const std::uint64_t before = runs();
    problem.forward();
    EXPECT_EQ(runs(), before + 1);
    problem.backward();
    EXPECT_EQ(runs(), before + 2);
}

TEST_F(CudnnAttentionTest, ALibraryThatIsNotThereIsNothingToSay)
{
    for (const char* library : {"", "libno-cudnn.so.9"}) {
        const auto backend = open_emulated(library);
        EXPECT_THAT(log_of(*backend), IsEmpty());
        EXPECT_EQ(backend->cudnn(), nullptr);
    }
}

TEST_F(CudnnAttentionTest, OneThatCannotServeIsToldOnce)
{
    const auto lacking = open_emulated(EMULATED_DRIVER_INCOMPLETE);
    EXPECT_THAT(log_of(*lacking), HasSubstr("has no function cudnnGetVersion"));
    EXPECT_THAT(log_of(*lacking), IsEmpty());
    behave("old");
    EXPECT_THAT(log_of(*open_emulated(EMULATED_CUDNN)),
                AllOf(HasSubstr("is version 9.1.0, wanted 9.18.1"), HasSubstr("own kernels")));
}

TEST_F(CudnnAttentionTest, WithoutAnEngineTheOwnKernelsCompute)
{
    behave("none");
    const auto backend = open_emulated(EMULATED_CUDNN);
    const std::uint64_t before = runs();
    EXPECT_THAT(log_of(*backend),
                AllOf(HasSubstr("cuDNN 9.19.0, forward, head_dim 16, 2 query heads a key head"),
                      HasSubstr("cuDNN 9.19.0, backward"),
                      HasSubstr("no engine for this GPU")));
    EXPECT_EQ(runs(), before);
    EXPECT_THAT(log_of(*backend), IsEmpty());
}

TEST_F(CudnnAttentionTest, ResultsThatDisagreeAreNotUsed)
{
    behave("wrong");
    const auto backend = open_emulated(EMULATED_CUDNN);
    EXPECT_THAT(
        log_of(*backend),
        AllOf(HasSubstr("forward, head_dim 16, 2 query heads a key head: out differs by 0."),
              HasSubstr("dq differs by 0."),
              HasSubstr("allowed 0.02")));
    behave("right");
    const std::uint64_t before = runs();
    EXPECT_THAT(log_of(*backend), IsEmpty()); // it was asked once
    EXPECT_EQ(runs(), before);
}

TEST_F(CudnnAttentionTest, ABackwardAloneCanBeRefused)
{
    behave("wrong backward");
    const auto wrong = open_emulated(EMULATED_CUDNN);
    EXPECT_THAT(log_of(*wrong), AllOf(HasSubstr("backward"), Not(HasSubstr("forward"))));
    behave("unsteady");
    EXPECT_THAT(log_of(*open_emulated(EMULATED_CUDNN)), HasSubstr("other bits the second time"));
    behave("right");
    gpu("ampere"); // where packed rows have no backward with one order of its sums
    const auto ampere = open_emulated(EMULATED_CUDNN);
    EXPECT_THAT(log_of(*ampere), AllOf(HasSubstr("backward"), HasSubstr("no engine")));
    for (CudaBackend* backend : {wrong.get(), ampere.get()}) {
        Problem problem(*backend, heads(4, 2, 16), kOffsets);
        const std::uint64_t before = runs();
        problem.forward();
        EXPECT_EQ(runs(), before + 1);
        problem.backward();
        EXPECT_EQ(runs(), before + 1);
    }
}

TEST_F(CudnnAttentionTest, AFailureLaterIsToldOnceToo)
{
    const auto backend = open_emulated(EMULATED_CUDNN);
    EXPECT_THAT(log_of(*backend), IsEmpty());
    behave("fails");
    EXPECT_THAT(log_of(*backend),
                AllOf(HasSubstr("cudnnBackendExecute: status 5000, told to fail"),
                      HasSubstr("the engine's own kernels compute it")));
    EXPECT_THAT(log_of(*backend), IsEmpty());
}

TEST_F(CudnnAttentionTest, OtherShapesAreTheOwnKernels)
{
    const auto backend = open_emulated(EMULATED_CUDNN);
    const std::uint64_t before = runs();
    Problem(*backend, heads(4, 2, 20), kOffsets).forward();
    Problem(*backend, heads(1, 1, 136), kOffsets).forward();
    Problem(*backend, heads(4, 2, 16), kOffsets, DType::F32).forward();
    gpu("turing");
    const auto turing = open_emulated(EMULATED_CUDNN);
    Problem(*turing, heads(4, 2, 16), kOffsets).forward();
    EXPECT_EQ(runs(), before);
}

TEST_F(CudnnAttentionTest, SimilarBatchesShareAPlan)
{
    const auto backend = open_emulated(EMULATED_CUDNN);
    const ops::AttentionShape shape = heads(4, 2, 16);
    Problem(*backend, shape, {0, 65, 100, 190, 200, 210}).forward();
    const std::uint64_t before = ask_emulator("emulated_cudnn_plans", EMULATED_CUDNN);
    Problem(*backend, shape, {0, 70, 198, 200, 209, 211, 212}).forward(); // up to 6 of 128
    EXPECT_EQ(ask_emulator("emulated_cudnn_plans", EMULATED_CUDNN), before);
    Problem(*backend, shape, {0, 70, 198, 200, 209, 211, 212, 213}).forward();
    EXPECT_EQ(ask_emulator("emulated_cudnn_plans", EMULATED_CUDNN), before + 1);
}

TEST_F(CudnnAttentionTest, ScratchOfABatchServesEverySmallerOne)
{
    for (const char* which : {"ampere", "two", "blackwell"}) {
        gpu(which);
        const auto backend = open_emulated(EMULATED_CUDNN);
        const auto bytes = [&](std::int64_t n, std::int64_t longest) {
            return ops::attention_scratch_bytes(*backend, heads(4, 2, 16), DType::BF16, n, longest);
        };
        for (std::int64_t n = 1; n < 1000; n += 37) {
            EXPECT_LE(bytes(n, n), bytes(n + 1, n + 1));
            EXPECT_LE(bytes(n, 1), bytes(n, n));
        }
        // Not more than the GPU can spare, and four bytes for each row and head.
        EXPECT_LE(bytes(1 << 20, 1 << 20),
                  (std::int64_t{4} << 30U) / 64 + (std::int64_t{16} << 20U));
    }
}

TEST_F(CudnnAttentionTest, AWordOfTheEnvironmentTurnsItOff)
{
    // NOLINTBEGIN(concurrency-mt-unsafe): one thread
    ::setenv("LOWRANK_CUDNN", "off", 1);
    EXPECT_EQ(cuda::wanted_cudnn_library(), "");
    ::setenv("LOWRANK_CUDNN", "of", 1);
    EXPECT_THROW((void)cuda::wanted_cudnn_library(), EngineError);
    ::unsetenv("LOWRANK_CUDNN");
    EXPECT_EQ(cuda::wanted_cudnn_library(), cudnn_library());
    // NOLINTEND(concurrency-mt-unsafe)
}

} // namespace
} // namespace engine
