// Options that mean nothing are refused by name, with the value found and the values wanted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program_output.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tests::Output;
using Options = std::vector<std::string>;

class CommandOptions : public testing::Test
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    static Output run(Options arguments)
    {
        arguments.insert(arguments.begin(), LOWRANK_PROGRAM);
        return tests::output_of(std::move(arguments));
    }

    // The program ends with 2, nothing on stdout and `wanted` on stderr.
    static void refused(Options arguments, const std::string& wanted, const Options& more = {})
    {
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Output output = run(arguments);
        EXPECT_EQ(output.code, 2) << testing::PrintToString(arguments);
        EXPECT_THAT(output.text, IsEmpty()) << testing::PrintToString(arguments);
        EXPECT_THAT(output.errors, HasSubstr(wanted)) << testing::PrintToString(arguments);
    }

    std::string path(const std::string& name) const { return (m_folder.path() / name).string(); }

    Options eval() const { return {"eval", "--base", path("model"), "--data", path("data.jsonl")}; }

    Options generate() const { return {"generate", "--base", path("model"), "--prompt", "a"}; }

    tests::TemporaryFolder m_folder;
};

TEST_F(CommandOptions, SamplingIsInItsRanges)
{
    for (const char* value : {"nan", "inf", "-1", "warm"}) {
        refused(generate(),
                std::string("--temperature is ") + value + ", wanted a number of 0 or more",
                {"--temperature", value});
    }
    for (const char* value : {"0", "2", "-1", "nan"}) {
        refused(generate(),
                std::string("--top-p is ") + value + ", wanted above 0 and at most 1",
                {"--top-p", value});
    }
    refused(generate(), "--top-k is -1, wanted a whole number of 0 or more", {"--top-k", "-1"});
    refused(generate(), "--seed is -1, wanted a whole number of 0 or more", {"--seed", "-1"});
    refused(
        generate(), "--max-new-tokens is 0, wanted a whole number of 1", {"--max-new-tokens", "0"});
    refused(generate(), "--chat-format is chatml, but --prompt", {"--chat-format", "chatml"});
    Options most = generate();
    most.insert(most.end(), {"--seed", "18446744073709551615", "--max-new-tokens", "1"});
    EXPECT_EQ(run(most).code, 0);
}

TEST_F(CommandOptions, CountsAreWholeNumbers)
{
    refused(eval(), "--seq-len is -3", {"--seq-len", "-3"});
    refused(eval(), "--limit is -1", {"--limit", "-1"});
    refused(eval(), "--threads is -1", {"--threads", "-1"});
    refused(eval(), "--max-new-tokens is -1", {"--max-new-tokens", "-1"});
    refused(eval(),
            "--micro-batch-size is -1, wanted a whole number of 1 or more",
            {"--micro-batch-size", "-1"});
    refused(
        eval(), "--seq-len is 257, wanted at most the model's 256 positions", {"--seq-len", "257"});
    refused(eval(), "has an answer token within 2 tokens", {"--seq-len", "2"});
    const Options check = {"check", "--data", path("data.jsonl")};
    refused(check, "--seq-len is -5", {"--seq-len", "-5"});
    refused(check, "--preview-rows is -1", {"--preview-rows", "-1"});
    const Options render = {"render", "--base", path("model"), "--data", path("data.jsonl")};
    refused(render, "--row is abc, wanted a whole number of 1 or more", {"--row", "abc"});
    refused(render, "--row is 0, wanted a whole number of 1 or more", {"--row", "0"});
    refused(render,
            "--row is 99999999999999999999, wanted a whole number from 1 to 9223372036854775807",
            {"--row", "99999999999999999999"});
}

TEST_F(CommandOptions, ContradictionsAreRefused)
{
    const Options tokenize = {"tokenize", "--base", path("model")};
    refused(tokenize, "both --text and --file", {"--text", "a", "--file", path("data.jsonl")});
    refused(tokenize, "no token 258, its ids are 0 to 257", {"--decode", "--text", "258"});
    refused({"export", "--base", path("model"), "--adapter", path("a"), "--out", path("o")},
            "--type is q8_0, but a peft adapter",
            {"--format", "peft", "--type", "q8_0"});
    const Options merge = {"merge", "--base", path("model"), "--adapter", path("a")};
    for (const std::string size : {"-1", "abc", "5XB"}) {
        refused(merge,
                "--max-shard-size is " + size + ", wanted a size such as 5GB",
                {"--out", path("o"), "--max-shard-size", size});
    }
    refused(merge, "--out is \"\", wanted a path", {"--out", ""});
}

TEST_F(CommandOptions, WhatIsUnknownIsNamed)
{
    refused({"bogus"}, "there is no subcommand bogus (lowrank --help");
    refused({"tokenize", "--bogus"}, "tokenize does not know --bogus (lowrank tokenize --help");
    refused({"train", "--lr", "1e-3", "--out", path("out")}, "train does not know --lr 1e-3");
    refused({"tokenize"}, "--base is required (lowrank tokenize --help");
    EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(CommandOptions, AWrongBaseIsNamedAsTheBase)
{
    tests::write_text(path("base.gguf"), "GGUF");
    for (const Options& command :
         {Options{"tokenize", "--text", "a"},
          Options{"eval", "--data", path("data.jsonl")},
          Options{"generate", "--prompt", "a"},
          Options{"estimate", "--data", path("data.jsonl")},
          Options{"train", "--data", path("data.jsonl"), "--out", path("out")}}) {
        refused(command, path("no") + ": there is no such folder", {"--base", path("no")});
        refused(command, "a base in GGUF form is not read", {"--base", path("base.gguf")});
        refused(command, "is a file, wanted the folder of a model", {"--base", path("data.jsonl")});
    }
    EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(CommandOptions, EvalSaysWhichRowsItLeavesOut)
{
    tests::write_text(path("data.jsonl"),
                      "{\"prompt\": \"say 1:\", \"completion\": \" the answer is 7\"}\n"
                      "{\"prompt\": \"say 2:\", \"completion\": null}\n"
                      "{\"prompt\": \""
                          + std::string(300, 'a') + "\", \"completion\": \" b\"}\n");
    Options options = eval();
    options.insert(options.end(), {"--exact-match", "--max-new-tokens", "2", "--json"});
    const Output output = run(options);
    ASSERT_EQ(output.code, 0);
    EXPECT_EQ(output.json()["refused"], 1);
    EXPECT_EQ(output.json()["exact_match"]["rows"], 1);
    EXPECT_EQ(output.json()["exact_match"]["skipped"], 1);
    EXPECT_THAT(output.errors, HasSubstr("1 of 3 rows are refused and left out; row 2: "));
    EXPECT_THAT(output.errors, HasSubstr("--exact-match skipped 1 of 2 rows"));

    tests::write_text(path("data.jsonl"), "{\"prompt\": \"a\", \"completion\": null}\n");
    refused(eval(), "none of 1 rows can be used; row 1: ");
}

} // namespace
