// What the program says when something is wrong: on stderr, by name, with the numbers and the next
// step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/platform.h"
#include "tests/support/program_output.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tests::Output;

class CommandErrors : public testing::Test
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    static Output run(std::vector<std::string> arguments)
    {
        arguments.insert(arguments.begin(), LOWRANK_PROGRAM);
        return tests::output_of(std::move(arguments));
    }

    std::string path(const std::string& name) const { return (m_folder.path() / name).string(); }

    // Options of train that need no more than a few milliseconds a step.
    std::vector<std::string> train(const std::string& out,
                                   const std::vector<std::string>& options = {}) const
    {
        std::vector<std::string> all = {"train",
                                        "--base",
                                        path("model"),
                                        "--data",
                                        path("data.jsonl"),
                                        "--out",
                                        path(out),
                                        "--rank",
                                        "4",
                                        "--max-steps",
                                        "1",
                                        "--micro-batch-size",
                                        "2",
                                        "--grad-accum-steps",
                                        "1",
                                        "--seq-len",
                                        "64",
                                        "--threads",
                                        "1",
                                        "--sample-prompt",
                                        "say 1:"};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }

    // An adapter folder with the program's own files.
    std::string adapter()
    {
        EXPECT_EQ(run(train("run", {"--progress", "none"})).code, 0);
        return path("run/adapter");
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(CommandErrors, SeveralAdaptersAnswerAsOneArray)
{
    const std::string trained = adapter();
    const Output output = run({"generate",
                               "--base",
                               path("model"),
                               "--adapter",
                               trained,
                               "--adapter",
                               trained,
                               "--prompt",
                               "say 1:",
                               "--max-new-tokens",
                               "2",
                               "--json"});
    ASSERT_EQ(output.code, 0);
    ASSERT_EQ(output.json().size(), 2U);
    EXPECT_FALSE(output.json()[0].contains("event"));
}

} // namespace
