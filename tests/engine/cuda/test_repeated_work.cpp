// Work that comes again, written down and kept as a CUDA graph, on the emulated GPU: the same
// results whatever comes in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "engine/ops/matmul.h"
#include "tests/engine/cuda/attention_problem.h"
#include "tests/engine/cuda/emulated_gpu.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::uint64_t cudnn_runs()
{
    return ask_emulator("emulated_cudnn_runs", EMULATED_CUDNN);
}

constexpr std::uint64_t kKey = 7;
const std::vector<std::int32_t> kOffsets = {0, 30, 31, 75};

class RepeatedAttention : public testing::Test
{
protected:
    static void queue(Problem& problem)
    {
        problem.forward();
        problem.backward();
    }

    // One pass of kKey; its results.
    std::vector<float> pass(Problem& problem) const
    {
        problem.poison();
        RepeatedWork work(*m_backend, kKey);
        queue(problem);
        work.finish();
        return problem.results();
    }

    // What the problem computes where nothing is written down.
    static std::vector<float> unrecorded(Problem& problem)
    {
        problem.poison();
        queue(problem);
        return problem.results();
    }

    std::unique_ptr<CudaBackend> m_backend = open_emulated(EMULATED_CUDNN);
    Problem m_problem = Problem(*m_backend, heads(4, 2, 16), kOffsets);
};

TEST_F(RepeatedAttention, BecomesAGraphWithCudnnInIt)
{
    const std::vector<float> wanted = unrecorded(m_problem);
    EXPECT_EQ(pass(m_problem), wanted); // the key is new
    const std::uint64_t runs = cudnn_runs();
    const std::uint64_t launches = graph_launches();
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(pass(m_problem), wanted);
        EXPECT_EQ(graph_launches(), launches + static_cast<std::uint64_t>(i));
    }
    EXPECT_EQ(cudnn_runs(), runs + 2); // while it was captured
}

TEST_F(RepeatedAttention, OfAnotherScaleIsOtherWork)
{
    const std::vector<float> before = unrecorded(m_problem);
    (void)pass(m_problem);
    EXPECT_EQ(pass(m_problem), before);
    m_problem.set_scale(0.5F);
    const std::vector<float> got = pass(m_problem);
    EXPECT_NE(got, before);
    EXPECT_EQ(got, unrecorded(m_problem));
}

TEST_F(RepeatedAttention, OfOtherMemoryIsOtherWork)
{
    Problem other(*m_backend, heads(4, 2, 16), kOffsets, DType::BF16, 8);
    const std::vector<float> wanted = unrecorded(other);
    const std::vector<float> before = unrecorded(m_problem);
    EXPECT_NE(before, wanted);
    (void)pass(m_problem);
    EXPECT_EQ(pass(m_problem), before);
    EXPECT_EQ(pass(other), wanted);
    EXPECT_EQ(m_problem.results(), before);
}

// A plan that has yet to show that it runs is queued where its refusal can still be helped.
TEST_F(RepeatedAttention, OfAPlanThatIsNewIsNotWrittenDown)
{
    RepeatedWork(*m_backend, kKey).finish();
    const std::uint64_t launches = graph_launches();
    const std::vector<float> got = pass(m_problem);
    EXPECT_EQ(graph_launches(), launches);
    EXPECT_EQ(got, unrecorded(m_problem));
}

TEST_F(RepeatedAttention, OfAPlanThatDoesNotRunIsTheOwnKernels)
{
    const auto without = open_emulated();
    Problem problem(*without, heads(4, 2, 16), kOffsets);
    const std::vector<float> wanted = unrecorded(problem);
    RepeatedWork(*m_backend, kKey).finish();
    const Behaviour fails("LOWRANK_EMULATED_CUDNN", "fails");
    testing::internal::CaptureStderr();
    EXPECT_EQ(pass(m_problem), wanted);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                AllOf(HasSubstr("cudnnBackendExecute: status 5000, told to fail"),
                      HasSubstr("the engine's own kernels compute it")));
}

TEST_F(RepeatedAttention, ThatCannotBeCapturedIsQueuedInstead)
{
    const Behaviour fails("LOWRANK_EMULATED_CUDNN", "fails captured");
    const std::vector<float> wanted = unrecorded(m_problem);
    const std::uint64_t launches = graph_launches();
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(pass(m_problem), wanted);
    }
    EXPECT_EQ(graph_launches(), launches);
}

TEST_F(RepeatedAttention, ThatFailsAfterItWasWrittenDownSaysWhatToDo)
{
    const std::vector<float> wanted = unrecorded(m_problem);
    (void)pass(m_problem);
    {
        const Behaviour fails("LOWRANK_EMULATED_CUDNN", "fails");
        try {
            (void)pass(m_problem);
            ADD_FAILURE() << "nothing was thrown";
        } catch (const EngineError& error) {
            EXPECT_EQ(error.error().code, ErrorCode::Internal);
            EXPECT_THAT(error.what(), AllOf(HasSubstr("cuDNN 9.19.0"), HasSubstr("told to fail")));
            EXPECT_THAT(error.error().hint, HasSubstr("LOWRANK_CUDNN=off"));
        }
    }
    EXPECT_EQ(pass(m_problem), wanted);
}

// Memory is given back in the middle of a pass, where nothing can be thrown.
TEST_F(RepeatedAttention, ThatFailsWhereNobodyCanHearItIsToldLater)
{
    const std::vector<float> wanted = unrecorded(m_problem);
    (void)pass(m_problem);
    {
        const Behaviour fails("LOWRANK_EMULATED_CUDNN", "fails");
        Tensor tensor = m_backend->tensor(DType::F32, {1});
        RepeatedWork work(*m_backend, kKey);
        queue(m_problem);
        tensor = {};
        EXPECT_THROW(m_backend->synchronize(), EngineError);
    }
    EXPECT_EQ(pass(m_problem), wanted);
}

// Copies of a number to one of two places: as little as a pass can be.
class RepeatedCopy : public testing::Test
{
protected:
    enum class Place { First, Second };

    // One pass. It must write where it should, and nowhere else.
    void copy_to(Place place)
    {
        ++m_number;
        const std::vector<float> zeros(2, 0.0F);
        m_backend->upload(zeros.data(), m_places);
        m_backend->upload(&m_number, m_source);
        const std::int64_t row = place == Place::First ? 0 : 1;
        RepeatedWork work(*m_backend, m_key);
        m_backend->copy_bytes(m_source, m_places.view().rows(row, row + 1));
        work.finish();
        std::vector<float> values(2);
        m_backend->download(m_places, values.data());
        std::vector<float> wanted(2, 0.0F);
        wanted[static_cast<std::size_t>(row)] = m_number;
        EXPECT_EQ(values, wanted);
    }

    // The same, and whether a graph did it.
    bool is_launched_to(Place place)
    {
        const std::uint64_t before = graph_launches();
        copy_to(place);
        return graph_launches() > before;
    }

    std::unique_ptr<CudaBackend> m_backend = open_emulated();
    Tensor m_source = m_backend->tensor(DType::F32, {1});
    Tensor m_places = m_backend->tensor(DType::F32, {2});
    std::uint64_t m_key = kKey;
    float m_number = 0.0F;
};

TEST_F(RepeatedCopy, ThatChangesNowAndThenStaysAGraph)
{
    EXPECT_FALSE(is_launched_to(Place::First));
    EXPECT_TRUE(is_launched_to(Place::First));
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(is_launched_to(Place::Second));
        EXPECT_TRUE(is_launched_to(Place::First));
        EXPECT_TRUE(is_launched_to(Place::First));
    }
}

TEST_F(RepeatedCopy, ThatAlwaysChangesIsGivenUp)
{
    EXPECT_FALSE(is_launched_to(Place::First));
    EXPECT_TRUE(is_launched_to(Place::First));
    EXPECT_TRUE(is_launched_to(Place::Second));
    EXPECT_TRUE(is_launched_to(Place::First));
    EXPECT_FALSE(is_launched_to(Place::Second));
    EXPECT_FALSE(is_launched_to(Place::Second));
}

TEST_F(RepeatedCopy, ThatNoDriverKeepsIsWorkAllTheSameAndSaysWhatToDo)
{
    const Behaviour none("LOWRANK_EMULATED_NO_GRAPHS", "1");
    testing::internal::CaptureStderr();
    for (std::uint64_t key = 0; key < 4; ++key) {
        m_key = key;
        for (int i = 0; i < 3; ++i) {
            EXPECT_FALSE(is_launched_to(Place::First));
        }
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: GPU: work that repeats is not kept as a CUDA graph: cuStreamBeginCapture: "
              "error 900; the run goes on with the same results; if its steps are too slow, update "
              "NVIDIA's driver\n");
}

TEST_F(RepeatedCopy, WhoseGraphFindsNoMemoryIsWorkAllTheSame)
{
    EXPECT_FALSE(is_launched_to(Place::First));
    {
        const Behaviour none("LOWRANK_EMULATED_NO_GRAPH_MEMORY", "1");
        EXPECT_FALSE(is_launched_to(Place::First));
        EXPECT_FALSE(is_launched_to(Place::First));
    }
    EXPECT_FALSE(is_launched_to(Place::First)); // given up, for the driver said so
    m_key = kKey + 1;
    EXPECT_FALSE(is_launched_to(Place::First));
    EXPECT_TRUE(is_launched_to(Place::First));
    const Behaviour none("LOWRANK_EMULATED_NO_GRAPH_MEMORY", "1");
    EXPECT_FALSE(is_launched_to(Place::First)); // of a graph that was started before
    EXPECT_FALSE(is_launched_to(Place::Second));
    testing::internal::CaptureStderr();
    m_key = kKey + 2;
    EXPECT_FALSE(is_launched_to(Place::First));
    EXPECT_FALSE(is_launched_to(Place::First));
    EXPECT_THAT(
        testing::internal::GetCapturedStderr(),
        AllOf(HasSubstr("cuGraphLaunch: error 2"), HasSubstr("use a smaller micro_batch_size")));
}

// Thrown by whoever makes the pass, between its first command and its last.
TEST_F(RepeatedCopy, ThatAnExceptionCutsShortIsForgotten)
{
    EXPECT_FALSE(is_launched_to(Place::First));
    const auto cut_short = [&] {
        RepeatedWork work(*m_backend, kKey);
        m_backend->copy_bytes(m_source, m_places.view().rows(1, 2));
        throw std::runtime_error("told to");
    };
    for (int i = 0; i < 2; ++i) { // before there is a graph, and when there is one
        EXPECT_THROW(cut_short(), std::runtime_error);
        EXPECT_TRUE(is_launched_to(Place::First));
    }
}

// Nobody says that the pass is over: what it wrote down is queued before the next begins.
TEST_F(RepeatedCopy, ThatIsNeverEndedComesBeforeTheNext)
{
    EXPECT_FALSE(is_launched_to(Place::First));
    EXPECT_TRUE(is_launched_to(Place::First));
    m_backend->begin_repeated(kKey);
    m_backend->copy_bytes(m_source, m_places.view().rows(1, 2));
    m_backend->begin_repeated(kKey);
    m_backend->copy_bytes(m_source, m_places.view().rows(0, 1));
    m_backend->end_repeated();
    std::vector<float> values(2);
    m_backend->download(m_places, values.data());
    EXPECT_EQ(values, std::vector<float>(2, m_number));
    EXPECT_TRUE(is_launched_to(Place::First));
}

// Products that keep what was the fastest of their algorithms.
class RepeatedProducts : public testing::Test
{
protected:
    static constexpr std::int64_t kSize = 5;

    [[nodiscard]] std::unique_ptr<CudaBackend> open() const
    {
        CudaOptions options = emulated_options();
        options.algorithms = {.file = file(), .least_operations = 0.0};
        return value_or_throw(CudaBackend::open(0, options));
    }

    [[nodiscard]] std::filesystem::path file() const { return m_folder.path() / "algorithms.json"; }

    [[nodiscard]] Tensor filled(float value) const
    {
        Tensor tensor = m_backend->tensor(DType::F32, {kSize, kSize});
        const std::vector<float> values(kSize * kSize, value);
        m_backend->upload(values.data(), tensor);
        return tensor;
    }

    void expect_values(const Tensor& tensor, float value) const
    {
        std::vector<float> values(kSize * kSize);
        m_backend->download(tensor, values.data());
        EXPECT_THAT(values, testing::Each(value));
    }

    tests::TemporaryFolder m_folder;
    std::unique_ptr<CudaBackend> m_backend = open();
};

// Nothing that is timed may be captured, nor write to what earlier commands of the pass read.
TEST_F(RepeatedProducts, AreTimedBeforeTheirPassIsCaptured)
{
    const Tensor a = filled(2.0F);
    const Tensor b = filled(3.0F);
    Tensor product = filled(4.0F);
    Tensor sum = filled(5.0F);
    Tensor copy = filled(0.0F);
    RepeatedWork(*m_backend, kKey).finish();
    const std::uint64_t launches = graph_launches();
    RepeatedWork work(*m_backend, kKey);
    m_backend->copy_bytes(product, copy);
    ops::matmul(*m_backend, {.a = a, .b = b, .c = product});
    ops::matmul(*m_backend, {.a = a, .b = b, .c = sum, .beta = 1.0F});
    work.finish();
    EXPECT_EQ(graph_launches(), launches + 1);
    expect_values(copy, 4.0F);
    expect_values(product, 6.0F * kSize);
    expect_values(sum, 5.0F + 6.0F * kSize);
    EXPECT_EQ(value_or_throw(read_json_file(file())).size(), 2U);
}

} // namespace
} // namespace engine
