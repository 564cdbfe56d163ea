// A training step on the emulated GPU: the CPU's numbers, and one wait however many micro-batches.
// A program of its own: others leave the emulated device lost.
#include <cmath>
#include <gtest/gtest.h>

#include "engine/model/activations.h"
#include "engine/tensor/cpu_backend.h"
#include "engine/train/training_state.h"
#include "tests/engine/cuda/emulated_gpu.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace engine {
namespace {

constexpr std::int64_t kMicroBatches = 3;
constexpr std::int64_t kLength = 12; // tokens of each

MicroBatch batch_number(std::int64_t number, std::int64_t length = kLength)
{
    MicroBatch batch;
    for (std::int64_t i = 0; i < length; ++i) {
        const bool last = i + 1 == length;
        batch.tokens.push_back(static_cast<std::int32_t>((7 * i + number) % 256));
        batch.labels.push_back(last ? -1 : static_cast<std::int32_t>((7 * i + 7 + number) % 256));
        batch.weights.push_back(last ? 0.0F : 1.0F / (kMicroBatches * (kLength - 1)));
        batch.positions.push_back(static_cast<std::int32_t>(i));
    }
    batch.offsets = {0, static_cast<std::int32_t>(length)};
    return batch;
}

class GpuStep : public testing::Test
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    std::unique_ptr<TrainingState> state_on(Backend& backend, const Json& changes = Json::object())
    {
        Json settings = tests::tiny_settings(m_folder.path());
        settings["grad_accum_steps"] = kMicroBatches;
        settings["dropout"] = 0.0;
        settings.update(changes);
        const TrainConfig config = value_or_throw(TrainConfig::from_json(settings));
        auto state = value_or_throw(TrainingState::create(backend, config, {}, {}));
        state->prepare_optimizer();
        state->make_activations(config,
                                {.tokens = kLength, .targets = kLength, .longest = kLength});
        return state;
    }

    static TrainingState::StepNumbers
    take_step(TrainingState& state, std::int64_t step, std::int64_t length = kLength)
    {
        for (std::int64_t i = 0; i < kMicroBatches; ++i) {
            state.queue(batch_number(step + i, length), i, step * kMicroBatches + i);
        }
        state.queue_update(1e-2, step + 1, kMicroBatches);
        return state.read_step();
    }

    // Steps of the given lengths on the GPU have the numbers of the CPU.
    void expect_numbers_of_the_cpu(std::initializer_list<std::int64_t> lengths,
                                   const Json& changes = Json::object())
    {
        const auto gpu = open_emulated();
        CpuBackend cpu(1);
        const auto on_gpu = state_on(*gpu, changes);
        const auto on_cpu = state_on(cpu, changes);
        std::int64_t step = 0;
        for (const std::int64_t length : lengths) {
            const TrainingState::StepNumbers got = take_step(*on_gpu, step, length);
            const TrainingState::StepNumbers wanted = take_step(*on_cpu, step, length);
            constexpr double kTolerance = 1e-5; // relative; sums in another order
            EXPECT_NEAR(got.loss, wanted.loss, kTolerance * wanted.loss) << "step " << step;
            EXPECT_NEAR(got.grad_norm, wanted.grad_norm, 10 * kTolerance * wanted.grad_norm)
                << "step " << step;
            ++step;
        }
    }

    tests::TemporaryFolder m_folder;
};

// A large vocabulary's logits: few rows stay near a processor's cache, and leave a GPU idle.
TEST(GpuStepMemory, LogitsOfAGpuComeInLargerChunks)
{
    ModelConfig model;
    model.vocab_size = 128256;
    const ActivationLayout layout = {
        .config = &model, .dtype = DType::BF16, .limits = {.max_tokens = 4096}};
    EXPECT_EQ(layout.logits_chunk(*open_emulated()), 1024);
    EXPECT_EQ(layout.logits_chunk(CpuBackend(1)), 64);
}

TEST_F(GpuStep, WaitsOnceForAnyNumberOfMicroBatches)
{
    const auto backend = open_emulated();
    const auto state = state_on(*backend);
    (void)take_step(*state, 0); // allocates scratch
    const std::uint64_t before = waits();
    (void)take_step(*state, 1);
    EXPECT_EQ(waits() - before, 1U);
}

// The first micro-batch of a step overwrites the gradients, the others add to them: two kinds of
// work. Each is queued once, kept as a graph the second time, and started from then on.
TEST_F(GpuStep, EqualMicroBatchesAreStartedAsOneGraph)
{
    const std::uint64_t before = graph_launches();
    expect_numbers_of_the_cpu({kLength, kLength, kLength, kLength});
    EXPECT_EQ(graph_launches() - before, 4 * kMicroBatches - 2);
}

// The gradients of the embedding and of the norms go through scratch, as the optimizer does after
// them: it must not move, or the graphs would be of other work.
TEST_F(GpuStep, FullFineTuningIsStartedAsOneGraphToo)
{
    const std::uint64_t before = graph_launches();
    expect_numbers_of_the_cpu({kLength, kLength, kLength}, {{"method", "full"}});
    EXPECT_EQ(graph_launches() - before, 3 * kMicroBatches - 2);
}

// Whose weights are dequantised on a second stream, as late as can be and as early.
TEST_F(GpuStep, AQuantisedBaseIsStartedAsOneGraphToo)
{
    for (const char* order : {"late", "early"}) {
        const Behaviour streams("LOWRANK_EMULATED_STREAMS", order);
        const std::uint64_t before = graph_launches();
        expect_numbers_of_the_cpu({kLength, kLength, kLength}, {{"base_quant", "nf4"}});
        EXPECT_EQ(graph_launches() - before, 3 * kMicroBatches - 2) << order;
    }
}

TEST_F(GpuStep, MicroBatchesOfOtherLengthsAreQueuedEach)
{
    const std::uint64_t before = graph_launches();
    expect_numbers_of_the_cpu({kLength, kLength - 1, kLength - 2, kLength - 3, kLength});
    // Within a step, and in the last one.
    EXPECT_EQ(graph_launches() - before, 4 + kMicroBatches);
}

// Each pass has a mask of its own: of both kinds three are kept, and show that none comes back.
TEST_F(GpuStep, DropoutIsNeverTakenFromAGraph)
{
    const std::uint64_t before = graph_launches();
    expect_numbers_of_the_cpu({kLength, kLength, kLength, kLength}, {{"dropout", 0.25}});
    EXPECT_EQ(graph_launches() - before, 6U);
}

// The same bits as where each of its commands is queued.
TEST_F(GpuStep, AttentionByCudnnIsPartOfTheGraph)
{
    constexpr int kSteps = 4;
    const auto numbers = [&] {
        const auto backend = open_emulated(EMULATED_CUDNN);
        const auto state = state_on(*backend, {{"dtype", "bf16"}});
        std::vector<double> all;
        for (int step = 0; step < kSteps; ++step) {
            const TrainingState::StepNumbers taken = take_step(*state, step);
            all.insert(all.end(), {taken.loss, taken.grad_norm});
        }
        return all;
    };
    const std::uint64_t runs = ask_emulator("emulated_cudnn_runs", EMULATED_CUDNN);
    const std::vector<double> wanted = [&] {
        const Behaviour none("LOWRANK_EMULATED_NO_GRAPHS", "1");
        return numbers();
    }();
    EXPECT_GT(ask_emulator("emulated_cudnn_runs", EMULATED_CUDNN), runs);
    const std::uint64_t before = graph_launches();
    EXPECT_EQ(numbers(), wanted);
    EXPECT_EQ(graph_launches() - before, kSteps * kMicroBatches - 2);
}

TEST_F(GpuStep, ADriverThatTakesNoGraphsGetsTheWorkItself)
{
    const Behaviour none("LOWRANK_EMULATED_NO_GRAPHS", "1");
    const std::uint64_t before = graph_launches();
    expect_numbers_of_the_cpu({kLength, kLength, kLength});
    EXPECT_EQ(graph_launches(), before);
}

} // namespace
} // namespace engine
