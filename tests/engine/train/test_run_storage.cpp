// Runs where nothing can be written: a full disk and a read-only folder end a run with a message
// that says what to do, and everything that was there before still is.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/core/json.h"
#include "engine/train/checkpoint.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::ErrorCode;
using engine::FinishedEvent;
using engine::Json;
using engine::Result;
using engine::RunControl;
using testing::ElementsAre;
using testing::HasSubstr;

// Takes the right to write to these folders from this process; root gives up being root for it.
class ReadOnlyFolders
{
public:
    explicit ReadOnlyFolders(std::vector<fs::path> folders)
        : m_folders(std::move(folders))
        , m_user(::geteuid())
    {
        for (const fs::path& folder : m_folders) {
            fs::permissions(folder, fs::perms(0555));
        }
        constexpr uid_t kNobody = 65534;
        m_ready = m_user != 0 || ::seteuid(kNobody) == 0;
    }

    ReadOnlyFolders(const ReadOnlyFolders&) = delete;
    ReadOnlyFolders& operator=(const ReadOnlyFolders&) = delete;

    ~ReadOnlyFolders()
    {
        if (::seteuid(m_user) != 0) {
            ADD_FAILURE() << "the user could not be changed back";
        }
        for (const fs::path& folder : m_folders) {
            fs::permissions(folder, fs::perms(0755));
        }
    }

    // That this process can read the file but create none beside it.
    [[nodiscard]] bool arranged(const fs::path& file) const
    {
        return m_ready && std::ifstream(file).good()
               && !std::ofstream(file.parent_path() / "probe").good();
    }

private:
    std::vector<fs::path> m_folders;
    uid_t m_user;
    bool m_ready = false;
};

std::vector<std::string> entries_of(const fs::path& folder)
{
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string bytes_of(const fs::path& path)
{
    return engine::value_or_throw(engine::read_file(path));
}

class RunStorage : public testing::Test
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    // Six steps with a checkpoint after the third and the sixth.
    fs::path make(const std::string& name) { return tests::make_run(m_folder.path(), name); }

    static Result<FinishedEvent> train(const fs::path& run)
    {
        RunControl control;
        return engine::train_run(run, control, [](const engine::TrainEvent&) {});
    }

    static Result<FinishedEvent> resume(const fs::path& run)
    {
        RunControl control;
        return engine::resume_run(run, control, [](const engine::TrainEvent&) {});
    }

    // A run that was stopped behind its third step.
    fs::path make_stopped(const std::string& name)
    {
        fs::path run = make(name);
        RunControl control;
        const auto stopped = engine::train_run(run, control, [&](const engine::TrainEvent& event) {
            const auto* step = std::get_if<engine::StepEvent>(&event);
            if (step != nullptr && step->step == 3) {
                control.stop(engine::StopMode::Save);
            }
        });
        EXPECT_EQ(engine::value_or_throw(stopped).reason, "stopped");
        return run;
    }

    // The checkpoint of step 3 is whole, and the run goes on from it to what it would have become.
    void expect_nothing_lost(const fs::path& run)
    {
        const engine::RunFolder folder(run);
        EXPECT_THAT(folder.checkpoint_steps(), ElementsAre(3));
        EXPECT_THAT(entries_of(folder.checkpoints()), ElementsAre("step-3"));
        const auto progress = engine::read_progress(folder.checkpoint(3));
        ASSERT_TRUE(progress) << progress.error().message;
        EXPECT_EQ(progress->step, 3);
        const auto resumed = resume(run);
        ASSERT_TRUE(resumed) << resumed.error().message;
        EXPECT_EQ(resumed->reason, "done");
        const fs::path straight = make("straight");
        ASSERT_TRUE(train(straight));
        const fs::path adapter = fs::path("adapter") / "adapter_model.safetensors";
        EXPECT_TRUE(bytes_of(run / adapter) == bytes_of(straight / adapter));
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(RunStorage, ADiskThatIsFullAtTheStartLeavesTheSettings)
{
    const fs::path run = make("run");
    const std::string settings = bytes_of(run / "run.json");
    Result<FinishedEvent> result = engine::Error{};
    {
        const tests::FileSizeLimit limit(100);
        result = train(run);
    }
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Io) << result.error().message;
    EXPECT_THAT(result.error().message, HasSubstr((run / "run.json").string()));
    EXPECT_THAT(result.error().hint, HasSubstr("choose another folder"));
    EXPECT_EQ(bytes_of(run / "run.json"), settings);
    for (const std::string& name : entries_of(run)) {
        EXPECT_EQ(name.find(".tmp"), std::string::npos) << name;
    }
    // The same folder serves when there is room again.
    const auto again = train(run);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->reason, "done");
}

TEST_F(RunStorage, ADiskThatFillsUpKeepsTheLastCheckpoint)
{
    const fs::path run = make_stopped("run");
    constexpr rlim_t kBytes =
        12000; // more than the settings and the journal, less than the adapter
    ASSERT_LT(fs::file_size(run / "run.json"), kBytes);
    ASSERT_LT(fs::file_size(run / "metrics.jsonl"), kBytes / 4);
    ASSERT_GT(fs::file_size(run / "checkpoints" / "step-3" / "adapter.safetensors"), kBytes);
    const fs::path adapter = run / "adapter" / "adapter_model.safetensors"; // of step 3
    const std::string before = bytes_of(adapter);
    Result<FinishedEvent> result = engine::Error{};
    {
        const tests::FileSizeLimit limit(kBytes);
        result = resume(run);
    }
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Io) << result.error().message;
    EXPECT_THAT(result.error().message, HasSubstr("adapter.safetensors: cannot write"));
    EXPECT_THAT(result.error().hint, HasSubstr("choose another folder"));
    const Json outcome = engine::value_or_throw(engine::read_json_file(run / "outcome.json"));
    EXPECT_EQ(outcome["event"], "failed");
    EXPECT_TRUE(bytes_of(adapter) == before);
    // Every line of the journal is whole.
    std::ifstream metrics(run / "metrics.jsonl");
    int steps = 0;
    for (std::string line; std::getline(metrics, line);) {
        const auto json = engine::parse_json(line, "metrics");
        ASSERT_TRUE(json) << line;
        steps += (*json)["event"] == "step" ? 1 : 0;
    }
    EXPECT_EQ(steps, 6);
    expect_nothing_lost(run);
}

TEST_F(RunStorage, AReadOnlyFolderIsRefusedAndLeftAlone)
{
    const fs::path run = make("run");
    Result<FinishedEvent> result = engine::Error{};
    {
        const ReadOnlyFolders read_only({run});
        if (!read_only.arranged(run / "run.json")) {
            GTEST_SKIP() << "needs a user that a read-only folder keeps out";
        }
        result = train(run);
    }
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Io) << result.error().message;
    EXPECT_THAT(result.error().message, HasSubstr(run.string()));
    EXPECT_THAT(result.error().hint, HasSubstr("choose a folder that you may write to"));
    EXPECT_THAT(entries_of(run), ElementsAre("run.json"));
}

TEST_F(RunStorage, ARunThatBecameReadOnlyLosesNothing)
{
    const fs::path run = make_stopped("run");
    const std::string metrics = bytes_of(run / "metrics.jsonl");
    Result<FinishedEvent> result = engine::Error{};
    {
        const ReadOnlyFolders read_only({run, run / "checkpoints"});
        if (!read_only.arranged(run / "run.json")) {
            GTEST_SKIP() << "needs a user that a read-only folder keeps out";
        }
        result = resume(run);
    }
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Io) << result.error().message;
    EXPECT_THAT(result.error().hint, HasSubstr("choose a folder that you may write to"));
    EXPECT_TRUE(bytes_of(run / "metrics.jsonl").starts_with(metrics));
    expect_nothing_lost(run);
}

} // namespace
