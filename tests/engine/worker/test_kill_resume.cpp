// kill -9 at random moments of a run, while it prepares, trains, writes checkpoints or resumes:
// every run ends in the adapter of the run that nobody killed, byte for byte. LOWRANK_KILL_MOMENTS
// in the environment is how many runs are killed, each twice; 5 without it. Where none of them was
// writing a checkpoint, more runs are killed when one is seen to.
#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <thread>

#include "engine/core/platform.h"
#include "engine/core/random.h"
#include "engine/worker/protocol.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using tests::ChildProcess;
using Seconds = std::chrono::duration<double>;

struct Result
{
    std::string adapter;        // bytes of adapter_model.safetensors
    std::string config;         // bytes of adapter_config.json
    std::vector<double> losses; // of every step, from metrics.jsonl
};

Result result_of(const fs::path& run)
{
    Result result;
    result.adapter =
        engine::value_or_throw(engine::read_file(run / "adapter" / "adapter_model.safetensors"));
    result.config =
        engine::value_or_throw(engine::read_file(run / "adapter" / "adapter_config.json"));
    const std::string metrics = engine::value_or_throw(engine::read_file(run / "metrics.jsonl"));
    EXPECT_TRUE(metrics.ends_with('\n'));
    std::size_t at = 0;
    while (at < metrics.size()) {
        const std::size_t end = metrics.find('\n', at);
        // A torn line would not parse.
        const Json line =
            engine::value_or_throw(engine::parse_json(metrics.substr(at, end - at), "metrics"));
        if (line["event"] == "step") {
            result.losses.push_back(line["loss"].get<double>());
        }
        at = end + 1;
    }
    return result;
}

// Whether a folder whose name begins so is among the checkpoints: ".tmp-step-" while one is
// written, ".tmp-old-" while one is removed.
bool holds(const fs::path& run, const std::string& prefix)
{
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(run / "checkpoints", error)) {
        if (entry.path().filename().string().starts_with(prefix)) {
            return true;
        }
    }
    return false;
}

bool writes_a_checkpoint(const fs::path& run)
{
    return holds(run, ".tmp-step-");
}

class KillResume : public testing::TestWithParam<std::string>
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    // Everything that has a random state is on: dropout, shuffling, two epochs and more.
    fs::path make(const std::string& name, const std::string& init)
    {
        return tests::make_run(m_folder.path(),
                               name,
                               {{"init", init},
                                {"lora_ga_batches", 2},
                                {"dropout", 0.1},
                                {"max_steps", 12},
                                {"save_every", 1},
                                {"keep", 2},
                                {"sample_prompts", Json::array()}});
    }

    static std::vector<std::string> resume_command(const fs::path& run)
    {
        return {LOWRANK_PROGRAM, "resume", run.string(), "--progress", "none"};
    }

    // Runs the command for so long, then kills it; the exit code when it ended before.
    static int run_for(const std::vector<std::string>& command, Seconds time)
    {
        ChildProcess child(command);
        std::this_thread::sleep_for(time);
        child.kill();
        return child.wait();
    }

    static int run_to_end(const std::vector<std::string>& command)
    {
        ChildProcess child(command);
        while (child.line()) {
        }
        return child.wait();
    }

    // A run through the worker, as the studio starts it, killed after so long.
    static int train_for(const fs::path& run, Seconds time)
    {
        ChildProcess worker({LOWRANK_PROGRAM, "worker"});
        worker.send(engine::to_line({1, engine::TrainCommand{run.string()}}));
        std::this_thread::sleep_for(time);
        worker.kill();
        return worker.wait();
    }

    // Killed as soon as a checkpoint is seen being written; whether it was still at it then.
    static bool train_until_it_writes(const fs::path& run)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        ChildProcess worker({LOWRANK_PROGRAM, "worker"});
        worker.send(engine::to_line({1, engine::TrainCommand{run.string()}}));
        while (!writes_a_checkpoint(run) && !fs::exists(run / "outcome.json")
               && std::chrono::steady_clock::now() < end) {
        }
        worker.kill();
        EXPECT_EQ(worker.wait(), tests::kKilled);
        return writes_a_checkpoint(run);
    }

    // Resumes the killed run to its end, and removes it.
    static void expect_resumed(const fs::path& run, const Result& wanted)
    {
        ASSERT_EQ(run_to_end(resume_command(run)), 0);
        const Result result = result_of(run);
        EXPECT_EQ(result.losses, wanted.losses);
        EXPECT_EQ(result.config, wanted.config);
        EXPECT_TRUE(result.adapter == wanted.adapter) << "the adapter's bytes differ";
        EXPECT_FALSE(holds(run, ".tmp")) << "a half checkpoint was left";
        fs::remove_all(run);
    }

    void expect_kills_change_nothing(const std::string& init, int moments)
    {
        const fs::path straight = make("straight-" + init, init);
        const auto started = std::chrono::steady_clock::now();
        ASSERT_EQ(run_to_end(resume_command(straight)), 0);
        const Seconds whole = std::chrono::steady_clock::now() - started;
        const Result wanted = result_of(straight);
        ASSERT_EQ(wanted.losses.size(), 12U);
        engine::Random random(2026, init == "lora" ? 1 : 2);
        int while_writing = 0;
        for (int moment = 0; moment < moments; ++moment) {
            SCOPED_TRACE(moment);
            const fs::path run = make("run-" + init + std::to_string(moment), init);
            EXPECT_EQ(train_for(run, random.uniform() * whole), tests::kKilled);
            while_writing += writes_a_checkpoint(run) ? 1 : 0;
            // The resumed run is killed too.
            (void)run_for(resume_command(run), random.uniform() * whole);
            while_writing += writes_a_checkpoint(run) ? 1 : 0;
            ASSERT_NO_FATAL_FAILURE(expect_resumed(run, wanted));
        }
        // Between seeing and killing, a checkpoint may have become whole.
        for (int attempt = 0; while_writing == 0 && attempt < kMostAttempts; ++attempt) {
            SCOPED_TRACE(attempt);
            const fs::path run = make("seen-" + init + std::to_string(attempt), init);
            while_writing += train_until_it_writes(run) ? 1 : 0;
            ASSERT_NO_FATAL_FAILURE(expect_resumed(run, wanted));
        }
        RecordProperty("killed_while_writing_a_checkpoint", while_writing);
        EXPECT_GE(while_writing, 1) << "no kill fell into the writing of a checkpoint";
    }

    static constexpr int kMostAttempts = 40;

    tests::TemporaryFolder m_folder;
};

TEST_P(KillResume, GivesTheSameAdapter)
{
    const char* moments = std::getenv("LOWRANK_KILL_MOMENTS");
    expect_kills_change_nothing(GetParam(), moments == nullptr ? 5 : std::atoi(moments));
}

INSTANTIATE_TEST_SUITE_P(Inits,
                         KillResume,
                         testing::Values("lora", "lora-ga"),
                         [](const auto& tested) {
                             return std::string(tested.index == 0 ? "Lora" : "LoraGa");
                         });

} // namespace
