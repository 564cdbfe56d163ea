// The program as a script sees it: outputs, exit codes, one sentence on stderr.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/platform.h"
#include "tests/support/child_process.h"
#include "tests/support/program_output.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using testing::HasSubstr;
using tests::Output;

class CommandLine : public testing::Test
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_place); }

    Output run(std::vector<std::string> arguments)
    {
        arguments.insert(arguments.begin(), LOWRANK_PROGRAM);
        return tests::output_of(std::move(arguments));
    }

    std::vector<std::string> train_arguments(const std::string& out, const std::string& steps)
    {
        return {"train",
                "--base",
                path("model"),
                "--data",
                path("data.jsonl"),
                "--out",
                path(out),
                "--rank",
                "4",
                "--max-steps",
                steps,
                "--micro-batch-size",
                "2",
                "--grad-accum-steps",
                "1",
                "--seq-len",
                "64",
                "--threads",
                "1",
                "--sample-prompt",
                "say 1:",
                "--progress",
                "json"};
    }

    std::string path(const std::string& name) const { return (m_place / name).string(); }

    tests::TemporaryFolder m_folder;
    fs::path m_place = m_folder.path() / "a place, with ü, 数 and 😀";
};

TEST_F(CommandLine, HelpAndVersionAreNotErrors)
{
    EXPECT_THAT(run({"--help"}).text, HasSubstr("generate"));
    EXPECT_EQ(run({"--help"}).code, 0);
    EXPECT_THAT(run({"train", "--help"}).text, HasSubstr("--loraplus-ratio"));
    EXPECT_THAT(run({"--version"}).text, testing::StartsWith("lowrank "));
}

TEST_F(CommandLine, BadUsageAndBadInputExitWithTwo)
{
    EXPECT_EQ(run({}).code, 2);
    EXPECT_EQ(run({"fly"}).code, 2);
    EXPECT_EQ(run({"train"}).code, 2);
    EXPECT_EQ(run({"inspect", path("nowhere")}).code, 2);
    EXPECT_EQ(run({"export",
                   "--base",
                   path("model"),
                   "--adapter",
                   path("a"),
                   "--format",
                   "gguf",
                   "--out",
                   path("o")})
                  .code,
              2);
    EXPECT_EQ(run({"generate", "--base", path("model")}).code, 2);
    std::vector<std::string> dora = train_arguments("run", "2");
    dora.insert(dora.end(), {"--method", "dora"});
    EXPECT_EQ(run(dora).code, 2);
    EXPECT_FALSE(fs::exists(path("run")));
}

TEST_F(CommandLine, TrainWritesOneEventALine)
{
    const Output output = run(train_arguments("run", "3"));
    ASSERT_EQ(output.code, 0) << output.text;
    std::vector<std::string> events;
    std::istringstream lines(output.text);
    std::string line;
    while (std::getline(lines, line)) {
        events.push_back(
            engine::value_or_throw(engine::parse_json(line, "event"))["event"].get<std::string>());
    }
    EXPECT_EQ(std::count(events.begin(), events.end(), "step"), 3);
    EXPECT_EQ(std::count(events.begin(), events.end(), "finished"), 1);
    EXPECT_EQ(std::count(events.begin(), events.end(), "checkpoint"), 1);
    EXPECT_EQ(run(train_arguments("run", "3")).code, 2); // holds a run already
    EXPECT_EQ(run({"resume", path("run"), "--progress", "none"}).code, 0);
}

TEST_F(CommandLine, CtrlCSavesAndExitsWithThree)
{
    std::vector<std::string> arguments = train_arguments("run", "1000000");
    arguments.insert(arguments.begin(), LOWRANK_PROGRAM);
    tests::ChildProcess child(arguments);
    ASSERT_FALSE(child.wait_for("step").is_null());
    child.interrupt();
    const Json finished = child.wait_for("finished");
    EXPECT_EQ(finished["reason"], "stopped");
    EXPECT_EQ(child.wait(), 3);
    EXPECT_TRUE(fs::exists(path("run") + "/adapter/adapter_config.json"));
}

TEST_F(CommandLine, AnswersAndScoresWithTheAdapter)
{
    ASSERT_EQ(run(train_arguments("run", "3")).code, 0);
    const std::string adapter = path("run") + "/adapter";
    const Output answer = run({"generate",
                               "--base",
                               path("model"),
                               "--adapter",
                               adapter,
                               "--prompt",
                               "say 1:",
                               "--max-new-tokens",
                               "4",
                               "--json"});
    ASSERT_EQ(answer.code, 0);
    EXPECT_EQ(answer.json()["prompt_tokens"], 6);
    const Output score = run({"eval",
                              "--base",
                              path("model"),
                              "--adapter",
                              adapter,
                              "--data",
                              path("data.jsonl"),
                              "--exact-match",
                              "--max-new-tokens",
                              "4",
                              "--limit",
                              "3",
                              "--json"});
    ASSERT_EQ(score.code, 0);
    EXPECT_GT(score.json()["loss"].get<double>(), 0.0);
    EXPECT_EQ(score.json()["exact_match"]["rows"], 3);
    const Output diff = run({"diff", "--base", path("model"), "--adapter", adapter, "--json"});
    ASSERT_EQ(diff.code, 0);
    EXPECT_EQ(diff.json()["adapters"][0]["matrices"].size(), 14U);
}

TEST_F(CommandLine, AQuantisedBaseIsTrainedAnsweredWithAndNamedInTheExport)
{
    std::vector<std::string> train = train_arguments("run", "3");
    train.insert(train.end(), {"--base-quant", "nf4"});
    ASSERT_EQ(run(train).code, 0);
    const std::string adapter = path("run/adapter");
    const Output exported = run({"export",
                                 "--base",
                                 path("model"),
                                 "--adapter",
                                 adapter,
                                 "--format",
                                 "peft",
                                 "--out",
                                 path("out")});
    ASSERT_EQ(exported.code, 0) << exported.text;
    EXPECT_THAT(exported.text, HasSubstr("nf4"));
    const auto score = [&](const std::string& type) {
        return run({"eval",
                    "--base",
                    path("model"),
                    "--adapter",
                    adapter,
                    "--data",
                    path("data.jsonl"),
                    "--base-quant",
                    type,
                    "--json"});
    };
    ASSERT_EQ(score("nf4").code, 0);
    const double plain = score("none").json()["loss"].get<double>();
    EXPECT_NE(score("nf4").json()["loss"].get<double>(), plain);
    EXPECT_NEAR(score("int8").json()["loss"].get<double>(), plain, 0.05 * plain);
    EXPECT_EQ(score("int3").code, 2);
    EXPECT_EQ(run({"generate",
                   "--base",
                   path("model"),
                   "--adapter",
                   adapter,
                   "--prompt",
                   "say 1:",
                   "--max-new-tokens",
                   "4",
                   "--base-quant",
                   "nf4"})
                  .code,
              0);
}

TEST_F(CommandLine, TokenizeGoesThereAndBack)
{
    const Output ids = run({"tokenize", "--base", path("model"), "--text", "Hi\n", "--no-special"});
    EXPECT_EQ(ids.text, "72 105 10\n");
    const Output text = run({"tokenize", "--base", path("model"), "--decode", "--text", "72 105"});
    EXPECT_EQ(text.text, "Hi\n");
    EXPECT_EQ(run({"tokenize", "--base", path("model"), "--decode", "--text", "7x"}).code, 2);
}

TEST_F(CommandLine, InspectIsReadableForPeople)
{
    const Output model = run({"inspect", path("model")});
    EXPECT_EQ(model.code, 0);
    EXPECT_THAT(model.text, HasSubstr("258 tokens, chat format plain"));
    const Output file = run({"inspect", path("model") + "/model.safetensors"});
    EXPECT_EQ(file.code, 0);
    EXPECT_THAT(file.text, HasSubstr("model.embed_tokens.weight  F32 [258,32]"));
    EXPECT_EQ(run({"inspect", path("data.jsonl")}).code, 2);
}

TEST_F(CommandLine, CheckNamesTheRow)
{
    tests::write_text(path("bad.jsonl"),
                      "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \n");
    const Output check = run({"check", "--base", path("model"), "--data", path("bad.jsonl")});
    EXPECT_THAT(check.text, HasSubstr("row 2"));
    EXPECT_EQ(run({"check", "--data", path("data.jsonl")}).code, 0);
    EXPECT_EQ(run({"check", "--data", path("nowhere.jsonl")}).code, 2);
}

TEST_F(CommandLine, RenderShowsTheMask)
{
    const Output row = run(
        {"render", "--base", path("model"), "--data", path("data.jsonl"), "--row", "2", "--json"});
    ASSERT_EQ(row.code, 0);
    const Json json = row.json();
    EXPECT_EQ(json["row"], 2);
    EXPECT_FALSE(json["tokens"][0]["trained"].get<bool>());
    EXPECT_TRUE(json["tokens"].back()["trained"].get<bool>());
    EXPECT_EQ(
        run({"render", "--base", path("model"), "--data", path("data.jsonl"), "--row", "99"}).code,
        2);
}

} // namespace
