// Runs on the emulated GPU, watched from inside: the device has the next step's work while a step
// is told, and nothing is allocated; whatever comes between, the run is the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/build_config.h"
#include "engine/core/platform.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"
#include "tests/engine/cuda/emulated_gpu.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

class GpuLoop : public testing::Test
{
protected:
    using Watch = std::function<void(const StepEvent&, RunControl&)>;

    struct Outcome
    {
        FinishedEvent finished;
        std::vector<double> losses;
        std::string adapter; // its bytes
    };

    void SetUp() override
    {
        if (!kHasGpuCode) {
            GTEST_SKIP() << "this build has no code for GPUs";
        }
        tests::write_tiny_workspace(m_folder.path());
    }

    // Eight steps that are all alike and have nothing between them.
    fs::path make(const std::string& name, const Json& changes = Json::object())
    {
        Json settings = {{"device", "cuda:0"},
                         {"max_steps", kSteps},
                         {"save_every", 0},
                         {"packing", false},
                         {"sample_prompts", Json::array()}};
        settings.update(changes);
        return tests::make_run(m_folder.path(), name, settings);
    }

    // Starts the run, or goes on with it, to its end; `watch` sees every step, a pause ends at
    // once.
    static FinishedEvent go(const fs::path& run, const Watch& watch, RunControl& control)
    {
        const EventSink sink = [&](const TrainEvent& event) {
            if (const auto* step = std::get_if<StepEvent>(&event)) {
                watch(*step, control);
            }
            if (const auto* state = std::get_if<StateEvent>(&event);
                state != nullptr && state->state == "paused") {
                control.unpause();
            }
        };
        return value_or_throw(resume_run(run, control, sink));
    }

    static Outcome go(
        const fs::path& run, const Watch& watch = [](const StepEvent&, RunControl&) {})
    {
        RunControl control;
        Outcome outcome;
        const Watch both = [&](const StepEvent& step, RunControl& running) {
            outcome.losses.push_back(step.loss);
            watch(step, running);
        };
        outcome.finished = go(run, both, control);
        outcome.adapter = adapter_bytes(run);
        return outcome;
    }

    static std::string adapter_bytes(const fs::path& run)
    {
        return value_or_throw(read_file(run / "adapter" / "adapter_model.safetensors"));
    }

    static std::uint64_t unfinished() { return ask_emulator("emulated_unfinished"); }

    static constexpr std::int64_t kSteps = 8;

    tests::TemporaryFolder m_folder;
    // Loaded under the names by which the engine asks the system for them.
    SharedLibrary m_driver = value_or_throw(SharedLibrary::open(EMULATED_DRIVER));
    SharedLibrary m_cublas = value_or_throw(SharedLibrary::open(EMULATED_CUBLAS));
    Behaviour m_cudnn = Behaviour("LOWRANK_CUDNN", "off");
    Behaviour m_cache = Behaviour("XDG_CACHE_HOME", m_folder.path().c_str());
};

TEST_F(GpuLoop, TheDeviceHasWorkWhileAStepIsTold)
{
    std::vector<bool> busy;
    (void)go(make("run"), [&](const StepEvent&, RunControl&) { busy.push_back(unfinished() > 0); });
    std::vector<bool> wanted(kSteps, true);
    wanted.back() = false;
    EXPECT_EQ(busy, wanted);
}

// What evaluates, saves or answers wants the weights and the device for itself.
TEST_F(GpuLoop, NothingIsQueuedBeforeWhatIsDue)
{
    for (const Json& due : {Json{{"eval_data", "0.25"}, {"eval_every", 3}},
                            Json{{"save_every", 3}},
                            Json{{"sample_every", 3}, {"sample_prompts", {"say 1:"}}}}) {
        const fs::path run = make("run-" + due.begin().key(), due);
        (void)go(run, [&](const StepEvent& step, RunControl&) {
            const bool last = step.step == kSteps;
            EXPECT_EQ(unfinished() > 0, step.step % 3 != 0 && !last) << due << " " << step.step;
        });
    }
}

// The first step shows what it needs; a graph is the driver's own memory.
TEST_F(GpuLoop, StepsAllocateNothingOnTheDevice)
{
    for (const char* base_quant : {"none", "nf4"}) {
        const fs::path run = make(base_quant, {{"base_quant", base_quant}, {"max_steps", 4}});
        std::vector<std::uint64_t> allocations;
        (void)go(run, [&](const StepEvent&, RunControl&) {
            allocations.push_back(ask_emulator("emulated_allocations"));
        });
        EXPECT_THAT(allocations, testing::SizeIs(4));
        EXPECT_THAT(allocations, testing::Each(allocations.front())) << base_quant;
    }
}

TEST_F(GpuLoop, ACheckpointAndAPauseInBetweenChangeNothing)
{
    const Outcome straight = go(make("straight"));
    const fs::path run = make("disturbed");
    const Outcome disturbed = go(run, [&](const StepEvent& step, RunControl& control) {
        if (step.step == 3) {
            EXPECT_GT(unfinished(), 0U);
            control.request_checkpoint();
        }
        if (step.step == 5) {
            control.pause();
            control.request_checkpoint();
        }
        if (step.step > 5) {
            EXPECT_FALSE(control.paused());
        }
    });
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "step-3"));
    EXPECT_EQ(disturbed.losses, straight.losses);
    EXPECT_EQ(disturbed.adapter, straight.adapter);
}

// The step whose micro-batches the device has already is left undone, and done by the next run.
TEST_F(GpuLoop, AStopComesBeforeTheStepThatIsQueued)
{
    const Outcome straight = go(make("straight"));
    const fs::path run = make("stopped");
    const Outcome first = go(run, [&](const StepEvent& step, RunControl& control) {
        if (step.step == 3) {
            EXPECT_GT(unfinished(), 0U);
            control.stop(StopMode::Save);
        }
    });
    EXPECT_EQ(first.finished.step, 3);
    const Outcome second = go(run);
    EXPECT_EQ(second.finished.step, kSteps);
    EXPECT_EQ(second.adapter, straight.adapter);
    std::vector<double> losses = first.losses;
    losses.insert(losses.end(), second.losses.begin(), second.losses.end());
    EXPECT_EQ(losses, straight.losses);
}

} // namespace
} // namespace engine
