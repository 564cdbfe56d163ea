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

TEST_F(CommandErrors, JsonOfAnotherShapeIsBadInput)
{
    tests::write_text(path("list.json"), "[]");
    const Output estimate = run({"estimate", path("list.json")});
    EXPECT_EQ(estimate.code, 2);
    EXPECT_THAT(estimate.errors, HasSubstr(path("list.json") + ": found array, wanted an object"));

    const fs::path trained = adapter();
    Json config = engine::value_or_throw(engine::read_json_file(trained / "adapter_config.json"));
    for (const Json& name : {Json(nullptr), Json(7)}) {
        config["base_model_name_or_path"] = name;
        tests::write_text(trained / "adapter_config.json", config.dump());
        const Output inspect = run({"inspect", trained.string()});
        EXPECT_EQ(inspect.code, 0);
        EXPECT_THAT(inspect.text, HasSubstr("rank 4"));
    }
}

TEST_F(CommandErrors, OutputThatCannotBeWrittenIsAnError)
{
    if (!fs::exists("/dev/full")) {
        GTEST_SKIP() << "no /dev/full here";
    }
    for (const std::string& arguments :
         {std::string("devices"), std::string("--help"), "inspect " + path("model")}) {
        const Output output = tests::output_of(
            {"/bin/sh", "-c", "exec \"$0\" " + arguments + " >/dev/full", LOWRANK_PROGRAM});
        EXPECT_EQ(output.code, 2) << arguments;
        EXPECT_THAT(output.errors, HasSubstr("stdout: ")) << arguments;
    }
}

TEST_F(CommandErrors, WhatIsRefusedIsSaidOnStderr)
{
    const Output missing = run({"check", "--data", path("no.jsonl")});
    EXPECT_EQ(missing.code, 2);
    EXPECT_THAT(missing.errors, HasSubstr(path("no.jsonl")));
    EXPECT_THAT(missing.errors, HasSubstr("check the spelling"));

    tests::write_text(path("picture.jsonl"), std::string("\x89PNG\r\n\x1a\n\0\0", 10));
    EXPECT_THAT(run({"check", "--data", path("picture.jsonl"), "--json"}).errors,
                HasSubstr(path("picture.jsonl") + ": "));

    tests::write_text(path("bad.jsonl"),
                      "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \n");
    const Output rows = run({"check", "--data", path("bad.jsonl"), "--json"});
    EXPECT_EQ(rows.code, 2);
    EXPECT_EQ(rows.json()["refused"], 1);
    EXPECT_THAT(rows.errors, HasSubstr("1 of 2 rows are refused; row 2: "));

    fs::remove(path("model/model.safetensors"));
    const Output model = run({"inspect", path("model"), "--json"});
    EXPECT_EQ(model.code, 2);
    EXPECT_FALSE(model.json()["usable"].get<bool>());
    EXPECT_THAT(model.errors, HasSubstr("model.safetensors"));
}

TEST_F(CommandErrors, AUsageErrorPrintsNothingOnStdout)
{
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{}, {"fly"}, {"train"}, {"devices", "--fast"}}) {
        const Output output = run(arguments);
        EXPECT_EQ(output.code, 2);
        EXPECT_THAT(output.text, IsEmpty());
        EXPECT_THAT(output.errors, testing::StartsWith("lowrank: "));
    }
}

} // namespace
