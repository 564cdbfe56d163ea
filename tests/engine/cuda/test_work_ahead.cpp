// Buffers that are filled ahead of their readers, on the emulated GPU, whose second stream runs as
// late as the events allow, or as early: each order shows waits that are missing in the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/tensor/cpu_backend.h"
#include "engine/tensor/work_ahead.h"
#include "tests/engine/cuda/emulated_gpu.h"

namespace engine {
namespace {

constexpr std::uint64_t kKey = 7;
constexpr std::int64_t kWidth = 16;
constexpr std::size_t kReaders = 5; // each buffer is filled more than twice

// When the second stream's work is done.
class WorkAheadTest : public testing::TestWithParam<const char*>
{
protected:
    using Values = std::vector<float>;

    // `value` in every element.
    [[nodiscard]] Tensor filled(float value) const
    {
        Tensor tensor = m_backend->tensor(DType::F32, {kWidth});
        upload(tensor, value);
        return tensor;
    }

    void upload(TensorView tensor, float value) const
    {
        m_backend->upload(Values(kWidth, value).data(), tensor);
    }

    [[nodiscard]] Values read(const Tensor& tensor) const
    {
        Values values(kWidth);
        m_backend->download(tensor, values.data());
        return values;
    }

    void upload_sources(float first)
    {
        for (std::size_t i = 0; i < kReaders; ++i) {
            upload(m_sources[i], first + static_cast<float>(i));
        }
    }

    // Reader i takes twice the source i out of a buffer and adds what reader i - 1 had.
    void queue_readers()
    {
        for (std::size_t i = 0; i < kReaders; ++i) {
            WorkAhead ahead(*m_backend);
            const TensorView buffer = m_buffers[ahead.buffer()];
            ops::add(*m_backend, m_sources[i], m_sources[i], buffer);
            ahead.filled();
            ops::add(*m_backend, buffer, i == 0 ? m_zero : m_results[i - 1], m_results[i]);
            ahead.read();
        }
    }

    // Nothing of an earlier pass is left.
    void poison()
    {
        for (std::vector<Tensor>* tensors : {&m_results, &m_buffers}) {
            for (Tensor& tensor : *tensors) {
                upload(tensor, std::nanf(""));
            }
        }
    }

    // What so many readers add up, by definition.
    static float sum_of(std::size_t readers, float first)
    {
        float sum = 0.0F;
        for (std::size_t i = 0; i < readers; ++i) {
            sum += 2.0F * (first + static_cast<float>(i));
        }
        return sum;
    }

    void expect_sums(float first)
    {
        for (std::size_t i = 0; i < kReaders; ++i) {
            EXPECT_EQ(read(m_results[i]), Values(kWidth, sum_of(i + 1, first))) << "reader " << i;
        }
    }

    [[nodiscard]] std::vector<Tensor> several(std::size_t count) const
    {
        std::vector<Tensor> tensors;
        std::generate_n(std::back_inserter(tensors), count, [&] { return filled(0.0F); });
        return tensors;
    }

    Behaviour m_order = Behaviour("LOWRANK_EMULATED_STREAMS", GetParam());
    std::unique_ptr<CudaBackend> m_backend = open_emulated();
    std::vector<Tensor> m_sources = several(kReaders);
    std::vector<Tensor> m_results = several(kReaders);
    std::vector<Tensor> m_buffers = several(2);
    Tensor m_zero = filled(0.0F);
};

INSTANTIATE_TEST_SUITE_P(Orders, WorkAheadTest, testing::Values("late", "early"));

TEST_P(WorkAheadTest, EachReaderHasItsOwn)
{
    upload_sources(1.0F);
    poison();
    queue_readers();
    expect_sums(1.0F);
}

TEST_P(WorkAheadTest, NothingBetweenTwoPassesIsOvertaken)
{
    upload_sources(1.0F);
    poison();
    queue_readers();
    queue_readers(); // the first ones' buffers, without a wait in between
    expect_sums(1.0F);
}

// New sources are uploaded while the passes before them are still queued.
TEST_P(WorkAheadTest, WaitsForUploads)
{
    upload_sources(1.0F);
    poison();
    queue_readers();
    upload_sources(10.0F);
    queue_readers();
    expect_sums(10.0F);
}

// Queued the first time, captured the second, launched from then on; before it and
// after it the same without one.
TEST_P(WorkAheadTest, IsPartOfAGraph)
{
    const std::uint64_t before = graph_launches();
    constexpr int kPasses = 4;
    for (int pass = 0; pass < kPasses; ++pass) {
        const auto first = static_cast<float>(pass + 1);
        upload_sources(first);
        poison();
        queue_readers();
        RepeatedWork work(*m_backend, kKey);
        queue_readers();
        work.finish();
        expect_sums(first);
        queue_readers();
        expect_sums(first);
    }
    EXPECT_EQ(graph_launches() - before, static_cast<std::uint64_t>(kPasses - 1));
}

// One graph after the other, with nothing that waits for the device.
TEST_P(WorkAheadTest, GraphsDoNotOvertakeEachOther)
{
    poison();
    std::vector<Tensor> kept = several(kReaders);
    for (std::size_t pass = 0; pass < kept.size(); ++pass) {
        upload_sources(static_cast<float>(pass));
        RepeatedWork work(*m_backend, kKey);
        queue_readers();
        work.finish();
        m_backend->copy_bytes(m_results.back(), kept[pass]);
    }
    for (std::size_t pass = 0; pass < kept.size(); ++pass) {
        EXPECT_EQ(read(kept[pass]), Values(kWidth, sum_of(kReaders, static_cast<float>(pass))));
    }
}

// Something waits for the device in the middle of a pass: the rest is queued as it comes.
TEST_P(WorkAheadTest, GoesOnWhereAPassIsCutInTwo)
{
    upload_sources(1.0F);
    RepeatedWork(*m_backend, kKey).finish();
    poison();
    RepeatedWork work(*m_backend, kKey);
    queue_readers();
    m_backend->synchronize();
    queue_readers();
    work.finish();
    expect_sums(1.0F);
}

TEST_P(WorkAheadTest, AnExceptionLeavesNothingBehind)
{
    enum class Cut { BeforeFilled, BeforeReader, BeforeRead };
    upload_sources(1.0F);
    poison();
    const auto cut_short = [&](Cut where) {
        Tensor memory = filled(3.0F); // freed on the way out
        WorkAhead ahead(*m_backend);
        ops::add(*m_backend, memory, m_zero, m_buffers[ahead.buffer()]);
        if (where != Cut::BeforeFilled) {
            ahead.filled();
        }
        if (where == Cut::BeforeRead) {
            ops::add(*m_backend, m_buffers[ahead.buffer()], m_zero, m_results[0]);
        }
        throw std::runtime_error("told to");
    };
    for (const bool repeated : {false, true}) {
        for (const Cut where : {Cut::BeforeFilled, Cut::BeforeReader, Cut::BeforeRead}) {
            EXPECT_THROW(cut_short(where), std::runtime_error);
            std::optional<RepeatedWork> work;
            if (repeated) {
                work.emplace(*m_backend, kKey);
                EXPECT_THROW(cut_short(where), std::runtime_error);
            }
            queue_readers();
            if (repeated) {
                work->finish();
            }
            expect_sums(1.0F);
        }
    }
}

TEST_P(WorkAheadTest, TakesKernelsAlone)
{
    Tensor matrix = m_backend->tensor(DType::F32, {4, 4});
    const auto try_ahead = [&](const auto& work) {
        WorkAhead ahead(*m_backend);
        EXPECT_THROW(work(), EngineError);
    };
    try_ahead([&] { ops::matmul(*m_backend, {.a = matrix, .b = matrix, .c = matrix}); });
    try_ahead([&] { m_backend->fill_zero(m_zero); });
    try_ahead([&] { m_backend->copy_bytes(m_zero, m_results[0]); });
    upload_sources(1.0F);
    queue_readers();
    expect_sums(1.0F);
}

// Whose work is done when it is queued.
TEST(WorkAheadOnTheCpu, NeedsOneBuffer)
{
    CpuBackend backend(1);
    EXPECT_EQ(backend.buffers_ahead(), 1);
    for (int i = 0; i < 3; ++i) {
        WorkAhead ahead(backend);
        EXPECT_EQ(ahead.buffer(), 0U);
        ahead.filled();
        ahead.read();
    }
}

} // namespace
} // namespace engine
