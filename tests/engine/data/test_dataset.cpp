// Containers, column mapping and problems of the data reader, one small text each.
// One file because the cases share one table of shapes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "engine/core/platform.h"
#include "engine/core/sha256.h"
#include "engine/data/dataset.h"
#include "tests/engine/data/read_text.h"
#include "tests/support/sanitizer.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using data_tests::read;
using data_tests::turns;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Error refusal(std::string_view bytes, const std::string& name, const DatasetOptions& options = {})
{
    Result<Dataset> dataset = read_dataset_text(bytes, name, options);
    if (dataset) {
        ADD_FAILURE() << "accepted with " << dataset->records.size() << " records";
        return {};
    }
    return dataset.error();
}

std::vector<std::string> codes(const Dataset& dataset)
{
    std::vector<std::string> result;
    for (const RowProblem& problem : dataset.problems) {
        result.push_back(std::to_string(problem.row) + " " + problem.code);
    }
    return result;
}

TEST(DatasetTest, PromptAndCompletionStayApart)
{
    const Dataset dataset = read("{\"prompt\":\"p \",\"completion\":\"c\"}\n", "a.jsonl");
    ASSERT_EQ(dataset.records.size(), 1U);
    EXPECT_EQ(dataset.format, DataFormat::Completion);
    EXPECT_EQ(dataset.records[0].kind, Record::Kind::PromptCompletion);
    EXPECT_EQ(dataset.records[0].prompt, "p ");
    EXPECT_EQ(dataset.records[0].completion, "c");
    EXPECT_EQ(dataset.fingerprint, sha256_hex("{\"prompt\":\"p \",\"completion\":\"c\"}\n"));
}

TEST(DatasetTest, LineNumbersCountBlankLines)
{
    const Dataset dataset =
        read("\n{\"text\":\"a\"}\r\n\n  \n{\"text\":\"b\"}\n{\"text\":7}\n", "a.jsonl");
    ASSERT_EQ(dataset.records.size(), 2U);
    EXPECT_EQ(dataset.records[0].row, 2);
    EXPECT_EQ(dataset.records[1].row, 5);
    EXPECT_THAT(codes(dataset), ElementsAre("6 wrong_type"));
    EXPECT_THAT(dataset.problems[0].message, HasSubstr("a number (7), text is wanted"));
}

TEST(DatasetTest, ArraysNameTheElementAndGoOn)
{
    const Dataset dataset = read(R"([{"text":"a"}, {"text":"b",}, 7, {"text":"c"}])", "a.json");
    EXPECT_EQ(dataset.rows, 4);
    EXPECT_EQ(dataset.records.size(), 2U);
    EXPECT_EQ(dataset.records[1].row, 4);
    EXPECT_THAT(codes(dataset), ElementsAre("2 invalid_json", "3 not_an_object"));
}

TEST(DatasetTest, ACutOffArrayIsAnError)
{
    EXPECT_THAT(codes(read(R"([{"text":"a"}, {"text":"b)", "a.json")),
                ElementsAre("2 invalid_json", "3 invalid_json"));
    EXPECT_THAT(codes(read(R"([{"text":"a"})", "a.json")), ElementsAre("2 invalid_json"));
    EXPECT_THAT(codes(read(R"([{"text":"a"} {"text":"b"}])", "a.json")),
                ElementsAre("2 invalid_json"));
    EXPECT_THAT(codes(read(R"([{"text":"a"}] trailing)", "a.json")), ElementsAre("2 invalid_json"));
}

TEST(DatasetTest, ObjectShapedFiles)
{
    const Dataset data = read(R"({"version": 1, "data": [{"text":"a"},{"text":"b"}]})", "a.json");
    EXPECT_EQ(data.records.size(), 2U);
    const Dataset columns = read(R"({"question":["a","b","c"],"answer":["1","2","3"]})", "a.json");
    ASSERT_EQ(columns.records.size(), 3U);
    EXPECT_THAT(turns(columns.records[2]), ElementsAre("user: c", "assistant: 3"));
    const Dataset pandas =
        read(R"({"question":{"0":"a","5":"b"},"answer":{"0":"1","5":"2"}})", "a.json");
    ASSERT_EQ(pandas.records.size(), 2U);
    EXPECT_THAT(turns(pandas.records[1]), ElementsAre("user: b", "assistant: 2"));
    const Dataset chats = read(R"({"id":[7,8],"messages":[[{"role":"user","content":"u"},)"
                               R"({"role":"assistant","content":"a"}],[]]})",
                               "a.json");
    ASSERT_EQ(chats.records.size(), 1U);
    EXPECT_THAT(codes(chats), ElementsAre("2 no_turns"));
    EXPECT_THAT(refusal(R"({"question":["a","b"],"answer":["1"]})", "a.json").message,
                HasSubstr("different length"));
    EXPECT_THAT(refusal("{\n\"text\": \"a\"\n", "a.json").message, HasSubstr("never ends"));
    EXPECT_THAT(refusal("{\n\"text\": \"a\"\n}\n{\n\"text\": \"b\"\n}\n", "a.json").message,
                HasSubstr("several lines"));
}

TEST(DatasetTest, DelimitersAreSniffed)
{
    for (const char delimiter : {',', ';', '\t', '|'}) {
        const std::string d(1, delimiter);
        const Dataset dataset = read("question" + d + "answer\n\"a, b; c|d\"" + d + "e\n", "a.csv");
        ASSERT_EQ(dataset.records.size(), 1U) << d;
        EXPECT_THAT(turns(dataset.records[0]), ElementsAre("user: a, b; c|d", "assistant: e"));
        EXPECT_EQ(dataset.container, delimiter == '\t' ? "tsv" : "csv");
    }
    // By content: a delimited file under another name.
    EXPECT_EQ(read("prompt,completion\na,b\n", "export.txt").container, "csv");
}

TEST(DatasetTest, TabSeparatedQuotesMayStandAlone)
{
    const Dataset dataset =
        read("question\tanswer\nsay \"hi\t\"no end\n\"x\ty\"\t\"a\"\"b\"\n", "a.tsv");
    ASSERT_EQ(dataset.records.size(), 2U);
    EXPECT_THAT(turns(dataset.records[0]), ElementsAre("user: say \"hi", "assistant: \"no end"));
    EXPECT_THAT(turns(dataset.records[1]), ElementsAre("user: x\ty", "assistant: a\"b"));
}

TEST(DatasetTest, CsvProblemsNameTheFileLine)
{
    const Dataset dataset = read("question,answer\n\"a\nb\",1\nc\n\"d\"x,2\n\"open,3\n", "a.csv");
    EXPECT_EQ(dataset.records.size(), 1U);
    EXPECT_THAT(codes(dataset), ElementsAre("2 cell_count", "3 invalid_csv", "4 invalid_csv"));
    EXPECT_THAT(dataset.problems[0].message, HasSubstr("file line 4: 1 cell, 2"));
    EXPECT_THAT(dataset.problems[2].message, HasSubstr("opens at line 6 never closes"));
}

TEST(DatasetTest, CsvCellsMayHoldMessages)
{
    const Dataset dataset =
        read("messages\n\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"u\"\"},"
             "{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"a\"\"}]\"\n",
             "a.csv");
    ASSERT_EQ(dataset.records.size(), 1U);
    EXPECT_THAT(turns(dataset.records[0]), ElementsAre("user: u", "assistant: a"));
}

TEST(DatasetTest, TextSplitsAtDocumentsThenBlankLinesThenLines)
{
    const auto texts = [](std::string_view bytes) {
        std::vector<std::string> result;
        for (const Record& record : read(bytes, "a.txt").records) {
            EXPECT_EQ(record.kind, Record::Kind::Text);
            result.push_back(record.completion);
        }
        return result;
    };
    EXPECT_THAT(texts("one story\n\nsecond part\n<|endoftext|>\ntwo\n<|endoftext|>\n"),
                ElementsAre("one story\n\nsecond part", "two"));
    EXPECT_THAT(texts("a first\r\nparagraph\r\n\r\n\r\nand a second\r\n"),
                ElementsAre("a first\nparagraph", "and a second"));
    EXPECT_THAT(texts("a first line\nand a second\n\n"),
                ElementsAre("a first line", "and a second"));
    EXPECT_THAT(texts("[Verse 1] of a song\nand its end\n"),
                ElementsAre("[Verse 1] of a song", "and its end"));
}

TEST(DatasetTest, MappedColumnsWinOverNames)
{
    DatasetOptions options;
    options.column_map = {{"Body", "input"}, {"Question", "instruction"}, {"Answer", "output"}};
    const std::string row = R"({"Answer":"4","Question":"How many?","Body":"2 and 2"})";
    const Dataset dataset = read(row, "a.jsonl", options);
    ASSERT_EQ(dataset.records.size(), 1U);
    EXPECT_THAT(turns(dataset.records[0]), ElementsAre("user: How many?\n2 and 2", "assistant: 4"));
    EXPECT_THAT(dataset.columns, ElementsAre("Answer", "Question", "Body"));

    options.column_map = {{"Body", "prompt"}, {"Answer", "output"}};
    EXPECT_EQ(read(row, "a.jsonl", options).records.at(0).completion, "4");
    // A preference set trains on its chosen answers when somebody says so.
    options.column_map = {{"prompt", "prompt"}, {"chosen", "completion"}};
    EXPECT_EQ(read(R"({"prompt":"p","chosen":"good","rejected":"bad"})", "a.jsonl", options)
                  .records.at(0)
                  .completion,
              "good");

    options.column_map = {{"Nope", "text"}};
    EXPECT_THAT(refusal(row, "a.jsonl", options).message, HasSubstr("\"Answer\", \"Question\""));
    options.column_map = {{"Body", "reply"}};
    EXPECT_EQ(refusal(row, "a.jsonl", options).code, ErrorCode::InvalidArgument);
}

// Advice on encodings helps nobody who chose a program's own file.
TEST(DatasetTest, BytesWithControlCharactersAreNoTextInAnotherEncoding)
{
    std::string bytes;
    for (int i = 0; i < 200; ++i) {
        bytes.push_back(i % 20 == 0 ? '\x01' : i % 3 == 0 ? '\xDB' : 'a'); // one in twenty
    }
    EXPECT_THAT(refusal(bytes, "a.parquet").message, HasSubstr("a binary file"));
    const Error text = refusal("Ein Caf\xE9.\nZwei Caf\xE9s.\n", "a.txt");
    EXPECT_THAT(text.message + text.hint, HasSubstr("Latin-1"));
}

TEST(DatasetTest, AnAskedFormatRefusesOthers)
{
    DatasetOptions options;
    options.format = DataFormat::Completion;
    const Error error = refusal(R"({"instruction":"a","output":"b"})", "a.jsonl", options);
    EXPECT_THAT(error.message, HasSubstr("are not the shape completion"));
    EXPECT_THAT(error.hint, HasSubstr("--map"));
    options.format = DataFormat::Text;
    EXPECT_EQ(read(R"({"text":"a","instruction":"a","output":"b"})", "a.jsonl", options).format,
              DataFormat::Text);
}

TEST(DatasetTest, SetsOfOtherPurposesAreRefusedWithAReason)
{
    EXPECT_THAT(refusal(R"({"prompt":"p","chosen":"a","rejected":"b"})", "a.jsonl").message,
                HasSubstr("preference set (column \"chosen\")"));
    EXPECT_THAT(refusal(R"({"prompt":"p","completion":"a","label":true})", "a.jsonl").message,
                HasSubstr("true/false column \"label\""));
    EXPECT_THAT(refusal("{\"input_ids\":[1,2]}\n{\"input_ids\":[3]}\n", "a.jsonl").message,
                HasSubstr("tokenized"));
    EXPECT_THAT(
        refusal(R"({"messages":[{"role":"user","content":"u"}],"images":["a.png"]})", "a.jsonl")
            .message,
        HasSubstr("pictures"));
    EXPECT_EQ(refusal(R"({"prompt":"p","chosen":"a"})", "a.jsonl").code, ErrorCode::Unsupported);
    // An empty list of pictures is none.
    EXPECT_EQ(read(R"({"question":"q","answer":"a","images":[]})", "a.jsonl").records.size(), 1U);
}

TEST(DatasetTest, UnusedTextColumnsAreNamed)
{
    const Dataset dataset = read("{\"text\":\"a\",\"code\":\"x\",\"id\":3}\n", "a.jsonl");
    EXPECT_THAT(codes(dataset), ElementsAre("0 unused_columns"));
    EXPECT_THAT(dataset.problems[0].message, HasSubstr("\"code\""));
}

TEST(DatasetTest, LimitsKeepCountsCompleteAndListsShort)
{
    std::string bytes = "{\"text\":\"a\"}\n";
    for (int i = 0; i < 1500; ++i) {
        bytes += "{\"text\":\"a\"}\n{\"text\":1}\n";
    }
    const Dataset dataset = read(bytes, "a.jsonl");
    EXPECT_EQ(dataset.rows, 3001);
    EXPECT_EQ(dataset.refused, 1500);
    EXPECT_EQ(dataset.duplicates, 1500);
    EXPECT_EQ(dataset.warned, 1500);
    EXPECT_EQ(dataset.problems.size(), 2 * Dataset::kMaxProblems);
    DatasetOptions preview;
    preview.max_rows = 10;
    EXPECT_EQ(read(bytes, "a.jsonl", preview).rows, 10);
}

TEST(DatasetTest, StopsWhenAsked)
{
    StopSource source;
    source.request_stop();
    DatasetOptions options;
    options.stop = StopToken(source);
    EXPECT_EQ(refusal("{\"text\":\"a\"}\n", "a.jsonl", options).code, ErrorCode::Cancelled);
}

TEST(DatasetTest, MissingFilesAndFoldersAreNamed)
{
    const tests::TemporaryFolder folder;
    const Result<Dataset> missing = read_dataset(folder.path() / "no.jsonl");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
    EXPECT_FALSE(read_dataset(folder.path()));
}

TEST(DatasetTest, HostileTextIsReadInLinearTime)
{
    // Many keys, deep nesting, endless quotes and brackets: each must come back quickly.
    std::string keys = "{";
    for (int i = 0; i < 200000; ++i) {
        keys += "\"k" + std::to_string(i) + "\":1,";
    }
    keys += "\"text\":\"a\"}";
    EXPECT_EQ(read(keys, "a.jsonl").records.size(), 1U);
    // The element is too deep, and the array does not end.
    EXPECT_EQ(read(std::string(2000000, '['), "a.json").refused, 2);
    EXPECT_EQ(read("{\"text\":\"" + std::string(2000000, '\\'), "a.jsonl").refused, 1);
    EXPECT_FALSE(read_dataset_text("question,answer\n" + std::string(2000001, '"'), "a.csv")
                     ->problems.empty());
}

TEST(DatasetTest, MemoryStaysNearTheFileSize)
{
    if (tests::kSanitizer) {
        GTEST_SKIP() << "a sanitizer keeps memory of its own";
    }
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "large.jsonl";
    constexpr std::int64_t kRows = 200000;
    std::int64_t size = 0;
    {
        Result<AtomicFile> file = AtomicFile::create(path);
        ASSERT_TRUE(file);
        for (std::int64_t i = 0; i < kRows; ++i) {
            const std::string n = std::to_string(i);
            const std::string row = "{\"question\":\"What follows the number " + n
                                    + " when one counts on?\",\"answer\":\"After " + n
                                    + " comes the number one more than it.\"}\n";
            size += static_cast<std::int64_t>(row.size());
            ASSERT_TRUE(file->write(row));
        }
        ASSERT_TRUE(file->commit());
    }
    const std::int64_t before = process_memory().resident_bytes;
    const Result<Dataset> dataset = read_dataset(path);
    ASSERT_TRUE(dataset);
    EXPECT_EQ(static_cast<std::int64_t>(dataset->records.size()), kRows);
    EXPECT_LT(process_memory().peak_resident_bytes - before, 5 * size);
}

} // namespace
} // namespace engine
