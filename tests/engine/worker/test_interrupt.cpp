// A signal in the middle of a product: the run saves and ends with 3, whenever it comes.
#include <filesystem>
#include <gtest/gtest.h>
#include <thread>

#include "engine/core/random.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;

constexpr int kRuns = 12;
constexpr std::uint64_t kLongestWait = 200; // milliseconds after the first step

// The sample's run without an end, with `more` settings.
std::vector<std::string> long_run(const fs::path& run, const std::vector<std::string>& more = {})
{
    const fs::path sample = fs::path(LOWRANK_TEST_DATA) / "../../resources/sample";
    std::vector<std::string> command = {LOWRANK_PROGRAM,
                                        "train",
                                        "--base",
                                        (sample / "model").string(),
                                        "--data",
                                        (sample / "data/facts.jsonl").string(),
                                        "--out",
                                        run.string(),
                                        "--max-steps",
                                        "100000",
                                        "--progress",
                                        "json"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

// A signal's frame must not land where oneDNN's code has its stack pointer; a third of these runs
// broke their heap when it did.
TEST(Interrupt, AtAnyMomentSavesTheRun)
{
    const tests::TemporaryFolder folder;
    engine::Random random(7);
    for (int i = 0; i < kRuns; ++i) {
        const fs::path run = folder.path() / ("run" + std::to_string(i));
        tests::ChildProcess child(
            long_run(run, {"--micro-batch-size", "2", "--seq-len", "128", "--threads", "2"}));
        ASSERT_FALSE(child.wait_for("step").is_null());
        std::this_thread::sleep_for(std::chrono::milliseconds(random.below(kLongestWait)));
        if (i % 2 == 0) {
            child.interrupt();
        } else {
            child.terminate();
        }
        ASSERT_FALSE(child.wait_for("finished").is_null()) << "run " << i;
        ASSERT_EQ(child.wait(), 3) << "run " << i;
        ASSERT_TRUE(fs::exists(run / "adapter/adapter_config.json")) << "run " << i;
    }
}

// train | head, once a step has been made.
TEST(Interrupt, AReaderThatGoesAwaySavesTheRun)
{
    const tests::TemporaryFolder folder;
    const fs::path run = folder.path() / "run";
    tests::ChildProcess child(long_run(run));
    ASSERT_FALSE(child.wait_for("step").is_null());
    child.close_output();
    for (int i = 0; i < 600 && !fs::exists(run / "adapter/adapter_config.json"); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_TRUE(fs::exists(run / "adapter/adapter_config.json"));
}

} // namespace
