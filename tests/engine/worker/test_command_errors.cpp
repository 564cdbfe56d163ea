// What the program says when something is wrong: on stderr, by name, with the numbers and the next
// step.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/platform.h"
#include "tests/support/program_output.h"
#include "tests/support/sanitizer.h"
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

    // Options of train that need no more than a few milliseconds a step; `options` win.
    std::vector<std::string> train(const std::string& out,
                                   const std::vector<std::string>& options = {}) const
    {
        std::vector<std::string> all = {
            "train", "--base", path("model"), "--data", path("data.jsonl"), "--out", path(out)};
        for (const auto& [name, value] : {std::pair("--rank", "4"),
                                          std::pair("--max-steps", "1"),
                                          std::pair("--micro-batch-size", "2"),
                                          std::pair("--grad-accum-steps", "1"),
                                          std::pair("--seq-len", "64"),
                                          std::pair("--threads", "1"),
                                          std::pair("--sample-prompt", "say 1:")}) {
            if (std::find(options.begin(), options.end(), name) == options.end()) {
                all.insert(all.end(), {name, value});
            }
        }
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
    if (!tests::has_shell() || !fs::exists("/dev/full")) {
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

// As `ulimit -v` sets it, down to where the program refuses to begin.
TEST_F(CommandErrors, TooLittleMemoryIsCodeFourAndNeverASignal)
{
    if (tests::kSanitizer) {
        GTEST_SKIP() << "a sanitizer keeps memory of its own";
    }
    if (!tests::has_shell()) {
        GTEST_SKIP() << "no ulimit here";
    }
    const auto limited = [](int kibibytes, const std::vector<std::string>& command) {
        std::vector<std::string> all = {"/bin/sh",
                                        "-c",
                                        "ulimit -v \"$0\"; exec \"$@\"",
                                        std::to_string(kibibytes),
                                        LOWRANK_PROGRAM};
        all.insert(all.end(), command.begin(), command.end());
        return tests::output_of(all);
    };
    const std::string trained = adapter();
    const std::vector<std::vector<std::string>> commands = {
        train("limited", {"--progress", "none"}),
        {"eval", "--base", path("model"), "--data", path("data.jsonl")},
        {"generate", "--base", path("model"), "--prompt", "say", "--max-new-tokens", "2"},
        {"merge", "--base", path("model"), "--adapter", trained, "--out", path("merged")}};
    for (const std::vector<std::string>& command : commands) {
        int code = 0;
        for (int kibibytes = 400000; kibibytes >= 100000; kibibytes -= 50000) {
            std::filesystem::remove_all(path("limited"));
            std::filesystem::remove_all(path("merged"));
            code = limited(kibibytes, command).code;
            EXPECT_TRUE(code == 0 || code == 4) << command[0] << ' ' << kibibytes << ' ' << code;
        }
        EXPECT_EQ(limited(90000, command).code, 4) << command[0];
    }
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

TEST_F(CommandErrors, ARunRefusedEarlyIsAFailedEvent)
{
    const auto refused = [&](const std::string& out, const std::vector<std::string>& options) {
        std::vector<std::string> all = options;
        all.insert(all.end(), {"--progress", "json"});
        const Output output = run(train(out, all));
        EXPECT_EQ(output.code, 2);
        EXPECT_EQ(std::count(output.text.begin(), output.text.end(), '\n'), 1) << output.text;
        EXPECT_EQ(output.json()["event"], "failed");
        EXPECT_THAT(output.errors, HasSubstr(output.json()["message"].get<std::string>()));
        return output.json()["message"].get<std::string>();
    };
    EXPECT_THAT(refused("out", {"--device", "cuda:99"}), HasSubstr("cuda:99"));
    EXPECT_THAT(refused("out", {"--layers", "9"}), HasSubstr("layers holds 9"));
    EXPECT_FALSE(fs::exists(path("out")));
    (void)adapter();
    EXPECT_THAT(refused("run", {}), HasSubstr("holds a run already"));
}

TEST_F(CommandErrors, AnUnknownProgressLeavesNoFolder)
{
    const Output output = run(train("out", {"--progress", "loud"}));
    EXPECT_EQ(output.code, 2);
    EXPECT_THAT(output.errors, HasSubstr("--progress is \"loud\", wanted auto"));
    EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(CommandErrors, AFolderWhoseRunNeverSteppedIsFree)
{
    fs::rename(path("data.jsonl"), path("later.jsonl"));
    EXPECT_EQ(run(train("run")).code, 2);
    EXPECT_TRUE(fs::exists(path("run/run.json")));
    fs::rename(path("later.jsonl"), path("data.jsonl"));
    EXPECT_EQ(run(train("run")).code, 0);
    EXPECT_TRUE(fs::exists(path("run/adapter/adapter_config.json")));
}

TEST_F(CommandErrors, OfTwoRunsInOneFolderEachKeepsItsOwnSettings)
{
    std::vector<std::string> first =
        train("run", {"--max-steps", "1000000", "--rank", "2", "--progress", "json"});
    first.insert(first.begin(), LOWRANK_PROGRAM);
    tests::ChildProcess child(first);
    ASSERT_FALSE(child.wait_for("state").is_null());
    EXPECT_EQ(run(train("run", {"--progress", "none"})).code, 2);
    ASSERT_FALSE(child.wait_for("step").is_null());
    child.interrupt();
    EXPECT_FALSE(child.wait_for("finished").is_null());
    EXPECT_EQ(child.wait(), 3);
    const Json settings = engine::value_or_throw(engine::read_json_file(path("run/run.json")));
    EXPECT_EQ(settings["rank"], 2);
}

TEST_F(CommandErrors, EstimateRefusesWhatTrainRefuses)
{
    const auto both = [&](const std::vector<std::string>& options, const std::string& wanted) {
        std::vector<std::string> estimate = {
            "estimate", "--base", path("model"), "--data", path("data.jsonl")};
        estimate.insert(estimate.end(), options.begin(), options.end());
        const Output estimated = run(estimate);
        EXPECT_EQ(estimated.code, 2);
        EXPECT_THAT(estimated.text, IsEmpty());
        EXPECT_THAT(estimated.errors, HasSubstr(wanted));
        estimate.front() = "train";
        estimate.insert(estimate.end(), {"--out", path("out")});
        EXPECT_EQ(run(estimate).errors, estimated.errors);
        EXPECT_FALSE(fs::exists(path("out")));
    };
    both({"--layers", "9"}, "layers holds 9, the model has 0 to 1");
    both({"--rank", "4096"}, "rank is 4096");
    both({"--rank-pattern", "foo=4", "--targets", "q_proj,v_proj"},
         "rank_pattern: foo matches no adapted matrix, there are q_proj, v_proj");

    tests::write_text(path("run.json"), R"({"base": "model", "rnak": 4})");
    EXPECT_THAT(run({"estimate", path("run.json")}).errors,
                HasSubstr(path("run.json") + ": rnak: not a setting"));
}

// What inspect calls usable, eval can use, and the other way round.
TEST_F(CommandErrors, InspectRefusesTheAdaptersThatUseRefuses)
{
    const fs::path trained = adapter();
    const Json config =
        engine::value_or_throw(engine::read_json_file(trained / "adapter_config.json"));
    for (const auto& [key, value] : {std::pair<std::string, Json>("use_dora", true),
                                     std::pair<std::string, Json>("peft_type", "IA3"),
                                     std::pair<std::string, Json>("modules_to_save", {"lm_head"}),
                                     std::pair<std::string, Json>("r", "four"),
                                     std::pair<std::string, Json>("r", 3)}) {
        Json changed = config;
        changed[key] = value;
        tests::write_text(trained / "adapter_config.json", changed.dump());
        const Output inspect = run({"inspect", trained.string(), "--json"});
        EXPECT_EQ(inspect.code, 2) << key;
        EXPECT_FALSE(inspect.json()["usable"].get<bool>()) << key;
        EXPECT_THAT(inspect.json()["reason"].get<std::string>(), Not(IsEmpty())) << key;
        const Output eval = run({"eval",
                                 "--base",
                                 path("model"),
                                 "--adapter",
                                 trained.string(),
                                 "--data",
                                 path("data.jsonl")});
        EXPECT_EQ(eval.code, 2) << key;
        EXPECT_EQ(eval.errors, inspect.errors) << key;
    }
    tests::write_text(trained / "adapter_config.json", config.dump());
    EXPECT_EQ(run({"inspect", trained.string()}).code, 0);
}

TEST_F(CommandErrors, InspectRefusesModelsThatContradictThemselves)
{
    const fs::path file = path("model/config.json");
    const Json config = engine::value_or_throw(engine::read_json_file(file));
    Json fewer = config;
    fewer["num_hidden_layers"] = 1;
    tests::write_text(file, fewer.dump());
    const Output inspect = run({"inspect", path("model")});
    EXPECT_EQ(inspect.code, 2);
    EXPECT_THAT(inspect.errors, HasSubstr("not of this architecture: model.layers.1."));
    tests::write_text(file, config.dump());
    EXPECT_EQ(run({"inspect", path("model")}).code, 0);
    EXPECT_THAT(run({"inspect", path("data.jsonl")}).errors, HasSubstr("is not a model"));
}

} // namespace
