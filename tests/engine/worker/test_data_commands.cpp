// The real program's check, render and tokenize: exit codes, row numbers, and one truth about
// tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program_output.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using testing::HasSubstr;
using testing::Not;
using tests::Output;

class DataCommands : public testing::Test
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    Output lowrank(std::vector<std::string> arguments)
    {
        arguments.insert(arguments.begin(), LOWRANK_PROGRAM);
        arguments.insert(arguments.end(), {"--base", (m_folder.path() / "model").string()});
        return tests::output_of(std::move(arguments));
    }

    fs::path write(const std::string& name, const std::string& text)
    {
        tests::write_text(m_folder.path() / name, text);
        return m_folder.path() / name;
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(DataCommands, CheckSaysWhatItFoundAndExitsByTheVerdict)
{
    struct Case
    {
        std::string file;
        std::string verdict;
        int exit_code;
    };

    for (const Case& wanted : {Case{"chat_ok.jsonl", "accept", 0},
                               Case{"sch_empty_output_rows.jsonl", "warn", 0},
                               Case{"sch_special_tokens.jsonl", "warn", 0},
                               Case{"chat_problems.jsonl", "error", 2},
                               Case{"enc_gzip_bomb_100MB.jsonl.gz", "error", 2},
                               Case{"quote'and;semi$(x).jsonl", "accept", 0}}) {
        const fs::path file = tests::test_data() / "nasty" / wanted.file;
        const Output output = lowrank({"check", "--json", "--data", file.string()});
        EXPECT_EQ(output.code, wanted.exit_code) << wanted.file;
        EXPECT_EQ(output.json()["verdict"], wanted.verdict) << wanted.file;
    }
}

TEST_F(DataCommands, CheckNamesRowsAndReasonsInPlainText)
{
    const fs::path file = write("rows.jsonl",
                                "{\"question\":\"a\",\"answer\":\"b\"}\n"
                                "{\"question\":\"a\",\"answer\":null}\n");
    const Output output = lowrank({"check", "--data", file.string()});
    EXPECT_EQ(output.code, 2);
    EXPECT_THAT(output.text, HasSubstr("2 rows, 1 accepted"));
    EXPECT_THAT(output.text, HasSubstr("error, row 2: \"answer\" is null, text is wanted"));
}

TEST_F(DataCommands, CheckNamesTheColumnsOfAFileItRefuses)
{
    const std::string file = write("foreign.csv", "frage,erwiderung\nwas?,das\n").string();
    const Json columns = {"frage", "erwiderung"};
    const Output unknown = lowrank({"check", "--json", "--data", file});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_TRUE(unknown.json().contains("error"));
    EXPECT_EQ(unknown.json()["columns"], columns);
    const Output half = lowrank({"check", "--json", "--data", file, "--map", "frage=prompt"});
    EXPECT_EQ(half.code, 2);
    EXPECT_EQ(half.json()["columns"], columns);
    const Output whole =
        lowrank({"check", "--json", "--data", file, "--map", "frage=prompt,erwiderung=completion"});
    EXPECT_EQ(whole.json()["accepted"], 1);
    const std::string page = write("page.jsonl", "<!DOCTYPE html>\n<html></html>\n").string();
    EXPECT_EQ(lowrank({"check", "--json", "--data", page}).json()["columns"], Json::array());
}

TEST_F(DataCommands, CheckNamesEvaluationRowsThatAreTrainedOn)
{
    const std::string rows = "{\"question\":\"a\",\"answer\":\"1\"}\n"
                             "{\"question\":\"b\",\"answer\":\"2\"}\n";
    const std::string data = write("train.jsonl", rows).string();
    const fs::path valid = write("valid.csv", "question,answer\nc,3\nb,2\n");
    const Output leaks = lowrank({"check", "--data", data, "--eval-data", valid.string()});
    EXPECT_EQ(leaks.code, 0);
    EXPECT_THAT(leaks.text, HasSubstr("2 evaluation rows, 1 of them in the data too"));
    EXPECT_THAT(leaks.text, HasSubstr("warning, row 2: also in the evaluation file, row 2"));

    const auto check = [&](const std::string& eval_data) {
        return lowrank({"check", "--json", "--data", data, "--eval-data", eval_data});
    };
    const Json clean = check(write("clean.csv", "question,answer\nd,4\ne,5\n").string()).json();
    EXPECT_EQ(clean["verdict"], "accept");
    EXPECT_EQ(clean["leaked"], 0);
    EXPECT_EQ(clean["eval_rows"], 2);

    const Json partly =
        check(write("partly.jsonl", "{\"question\":\"d\",\"answer\":\"4\"}\n{\"question\":\"e\"}\n")
                  .string())
            .json();
    EXPECT_EQ(partly["verdict"], "warn");
    EXPECT_THAT(partly["problems"][0]["message"].get<std::string>(),
                HasSubstr("partly.jsonl: 1 of 2 evaluation rows are refused"));

    const Output missing = check(data + ".no");
    EXPECT_EQ(missing.code, 2);
    EXPECT_EQ(missing.json()["verdict"], "error");
    EXPECT_THAT(missing.json()["problems"][0]["message"].get<std::string>(),
                HasSubstr("train.jsonl.no"));
    EXPECT_EQ(check("0.1").code, 2); // a share of the data is no file
}

TEST_F(DataCommands, CheckSaysThatAChatTemplateIsUnknown)
{
    const std::string rows =
        R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})"
        "\n";
    const std::vector<std::string> check = {
        "check", "--json", "--data", write("chat.jsonl", rows + rows).string()};
    EXPECT_THAT(lowrank(check).text, Not(HasSubstr("chat_template")));
    const fs::path settings = m_folder.path() / "model/tokenizer_config.json";
    Json json = engine::value_or_throw(engine::read_json_file(settings));
    json["chat_template"] = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}";
    tests::write_text(settings, json.dump());
    const Json answer = lowrank(check).json();
    EXPECT_EQ(answer["verdict"], "warn");
    EXPECT_THAT(answer["problems"].dump(), HasSubstr("none of the built-in formats"));
}

// The tiny model has 256 positions and reads a byte as a token.
TEST_F(DataCommands, CheckCutsWhereTrainingWould)
{
    struct Case
    {
        int long_rows; // of 20
        std::vector<std::string> options;
        std::int64_t seq_len;
        std::int64_t too_long;
        std::int64_t suggested;
    };

    for (const Case& wanted : {Case{20, {}, 256, 20, 256}, // all the positions there are
                               Case{1, {}, 128, 1, 128},   // the 95th percentile is short
                               Case{0, {}, 128, 0, 128},
                               Case{1, {"--seq-len", "64"}, 64, 1, 128}}) {
        SCOPED_TRACE(wanted.long_rows);
        std::string rows;
        for (int row = 0; row < 20; ++row) {
            const std::string number = std::to_string(row);
            const std::size_t length = row < wanted.long_rows ? 700 : 7;
            rows += engine::to_line({{"prompt", "say " + number + ":"},
                                     {"completion", std::string(length, 'x')}})
                    + "\n";
        }
        const fs::path file = write("long.jsonl", rows);
        std::vector<std::string> arguments = {"check", "--json", "--data", file.string()};
        arguments.insert(arguments.end(), wanted.options.begin(), wanted.options.end());
        const Json gate = lowrank(arguments).json();
        EXPECT_EQ(gate["seq_len"], wanted.seq_len);
        EXPECT_EQ(gate["tokens"]["too_long"], wanted.too_long);
        EXPECT_EQ(gate["warned"], wanted.too_long);
        EXPECT_EQ(gate["suggested_seq_len"], wanted.suggested);
        // What a run is planned with.
        arguments.front() = "estimate";
        EXPECT_EQ(lowrank(arguments).json()["seq_len"], wanted.seq_len);
    }
    const Output output = lowrank({"check", "--data", (m_folder.path() / "long.jsonl").string()});
    EXPECT_THAT(output.text, HasSubstr("cut at 128: 1,"));
}

TEST_F(DataCommands, MappedColumnsAreUnderstood)
{
    const fs::path file = write("mapped.csv", "Frage;Antwort\nEins?;1\nZwei?;2\n");
    EXPECT_EQ(lowrank({"check", "--data", file.string()}).code, 2);
    const Output output = lowrank(
        {"check", "--json", "--data", file.string(), "--map", "Frage=prompt,Antwort=completion"});
    EXPECT_EQ(output.code, 0);
    EXPECT_EQ(output.json()["accepted"], 2);
}

TEST_F(DataCommands, RenderShowsTheTokensThatTokenizeGives)
{
    const fs::path file = write("pairs.jsonl",
                                "{\"prompt\":\"first\",\"completion\":\" x\"}\n"
                                "{\"prompt\":\"say 2:\",\"completion\":\" the answer is 4\"}\n");
    const Output rendered = lowrank({"render", "--json", "--data", file.string(), "--row", "2"});
    ASSERT_EQ(rendered.code, 0);
    std::vector<std::int32_t> ids;
    std::string trained;
    const Json row = rendered.json();
    for (const Json& token : row["tokens"]) {
        ids.push_back(token["id"].get<std::int32_t>());
        trained += token["trained"].get<bool>() ? token["text"].get<std::string>() : "";
    }
    EXPECT_EQ(trained, " the answer is 4</s>");
    ASSERT_EQ(ids.back(), tests::kTinyEos);
    ids.pop_back();

    const Output tokenized = lowrank({"tokenize", "--text", "say 2: the answer is 4"});
    ASSERT_EQ(tokenized.code, 0);
    std::istringstream numbers(tokenized.text);
    std::vector<std::int32_t> wanted;
    for (std::int32_t id = 0; numbers >> id;) {
        wanted.push_back(id);
    }
    EXPECT_EQ(ids, wanted);
}

TEST_F(DataCommands, MissingRowsAndFilesAreBadInput)
{
    const std::string data = (m_folder.path() / "data.jsonl").string();
    EXPECT_EQ(lowrank({"render", "--data", data, "--row", "1000"}).code, 2);
    EXPECT_EQ(lowrank({"render", "--data", data + ".no"}).code, 2);
    EXPECT_EQ(lowrank({"check", "--data", data, "--format", "vicuna"}).code, 2);
}

} // namespace
