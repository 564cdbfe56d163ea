// Every file of tests/data/nasty against its expected verdict and bad rows, read as `lowrank check`
// reads it.
#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/data/data_gate.h"
#include "tests/engine/data/tiny_tokenizer.h"
#include "tests/support/test_data.h"

namespace engine {
namespace {

constexpr std::int64_t kSeqLen = 2048;
constexpr double kMaxSeconds = 10;              // a file; the largest is 1.6 MB
constexpr std::int64_t kMaxBytes = 512LL << 20; // of additional resident memory

struct Expectation
{
    std::string file;
    std::string verdict;
    std::int64_t rows = 0;
    std::set<std::int64_t> bad_rows;
};

std::filesystem::path nasty_folder()
{
    return tests::test_data() / "nasty";
}

std::vector<Expectation> expectations()
{
    const Result<Json> table = read_json_file(nasty_folder() / "expected.json");
    std::vector<Expectation> result;
    if (!table) {
        return result;
    }
    for (const Json& entry : (*table)["files"]) {
        Expectation expectation;
        expectation.file = entry["file"].get<std::string>();
        expectation.verdict = entry["verdict"].get<std::string>();
        expectation.rows = entry["rows"].get<std::int64_t>();
        expectation.bad_rows = entry["bad_rows"].get<std::set<std::int64_t>>();
        result.push_back(std::move(expectation));
    }
    return result;
}

// Files that are refused as a whole, and what the message must say.
const std::map<std::string, std::string>& refused_files()
{
    static const std::map<std::string, std::string> kFiles = {
        {"enc_utf16le.jsonl", "utf-16le"},
        {"enc_utf16be_nobom.jsonl", "line 1: the text is utf-16be"},
        {"enc_gzip_named_jsonl.jsonl", "gzip"},
        {"enc_gzip_bomb_100MB.jsonl.gz", "gzip"},
        {"syn_empty.jsonl", "the file is empty"},
        {"syn_only_bom.jsonl", "the file is empty"},
        {"syn_empty_array.json", "no rows"},
        {"syn_null.json", "an array [ or an object { is wanted"},
        {"syn_splits.json", "\"train\" (5 rows), \"validation\" (2 rows)"},
        {"syn_html_error_page.jsonl", "HTML"},
        {"syn_fake.parquet", "Parquet"},
        {"syn_png_named_txt.txt", "binary"},
        {"syn_zip_traversal.zip", "zip"},
        {"sch_key_case.jsonl", "row 1: the columns \"Instruction\", \" output \""},
        {"dpo_problems.jsonl", "preference set"},
        {"csv_dup_header.csv", "column \"output\" is in the header twice"},
        {"csv_no_header.csv", "is the first line a header?"},
        {"txt_tiny.txt", "too small"},
        {"txt_latin1.txt", "line 1: byte 4 (0xE9) is not UTF-8"},
    };
    return kFiles;
}

// Where more rows are named than the table lists: the second comment line is an error too.
const std::map<std::string, std::set<std::int64_t>>& other_bad_rows()
{
    static const std::map<std::string, std::set<std::int64_t>> kRows = {
        {"syn_comments.jsonl", {1, 2}},
        // Row 7 says what row 4 says, whose speaker "bing" is read as the assistant: a duplicate.
        {"sharegpt_problems.jsonl", {3, 4, 5, 6, 7, 8, 9, 10, 11}},
        // Longer than the 2048 tokens that the test allows.
        {"csv_big_field.csv", {1}},
    };
    return kRows;
}

// What is said of files whose every row is imported. A file of one row leaves nothing to evaluate
// on, which the table asks to be said of sch_one_row.jsonl and so holds for all of its kind.
const std::map<std::string, std::set<std::string>>& remarks()
{
    static const std::map<std::string, std::set<std::string>> kRemarks = {
        {"sch_secrets_like.jsonl", {"one_row"}},
        {"csv_excel_bom.csv", {"one_row"}},
        {"csv_big_field.csv", {"one_row", "too_long"}},
    };
    return kRemarks;
}

// Evaluation files, with the training file that they are checked beside.
const std::map<std::string, std::string>& training_twins()
{
    static const std::map<std::string, std::string> kTwins = [] {
        std::string train;
        for (int i = 1; i <= 5; ++i) {
            const std::string n = std::to_string(i);
            train += R"({"instruction": "Say the number )" + n
                     + R"(.", "input": "", "output": "The number is )" + n + ".\"}\n";
        }
        return std::map<std::string, std::string>{{"sch_leak_valid.jsonl", train}};
    }();
    return kTwins;
}

std::set<std::int64_t> named_rows(const DataGate& gate)
{
    std::set<std::int64_t> rows;
    for (const RowProblem& problem : gate.problems) {
        EXPECT_FALSE(problem.message.empty());
        EXPECT_FALSE(problem.code.empty());
        if (problem.row > 0) {
            rows.insert(problem.row);
        }
    }
    return rows;
}

std::set<std::string> codes(const DataGate& gate)
{
    std::set<std::string> found;
    for (const RowProblem& problem : gate.problems) {
        found.insert(problem.code);
    }
    return found;
}

std::string problems_text(const DataGate& gate)
{
    std::string text;
    for (const RowProblem& problem : gate.problems) {
        text += "\n  " + std::to_string(problem.row) + " " + problem.code + ": " + problem.message;
    }
    return text;
}

DataGate gate_of(const Result<Dataset>& dataset, const std::vector<Record>* evaluation = nullptr)
{
    static const Tokenizer kTokenizer = tests::chatml_tokenizer();
    if (!dataset) {
        return refused_gate(dataset.error());
    }
    DataGateOptions options;
    options.chat_format = ChatFormat::ChatMl;
    options.seq_len = kSeqLen;
    options.evaluation = evaluation;
    Result<DataGate> gate = check_dataset(*dataset, &kTokenizer, options);
    EXPECT_TRUE(gate);
    return std::move(*gate);
}

DataGate gate_of(const std::filesystem::path& path)
{
    return gate_of(read_dataset(path));
}

// The gate of the file's training twin, with the file as its evaluation data.
DataGate gate_of_twin(const std::filesystem::path& path)
{
    const Result<Dataset> evaluation = read_dataset(path);
    EXPECT_TRUE(evaluation);
    return gate_of(
        read_dataset_text(training_twins().at(path.filename().string()), "sch_leak_train.jsonl"),
        &evaluation->records);
}

// The evaluation file's rows that the warnings of a leak name.
std::set<std::int64_t> leaked_rows(const DataGate& gate)
{
    static const std::string kBefore = "also in the evaluation file, row ";
    std::set<std::int64_t> rows;
    for (const RowProblem& problem : gate.problems) {
        if (problem.code == "leaked") {
            EXPECT_TRUE(problem.message.starts_with(kBefore)) << problem.message;
            rows.insert(std::stoll(problem.message.substr(kBefore.size())));
        }
    }
    return rows;
}

class NastyFile : public ::testing::TestWithParam<Expectation>
{};

TEST_P(NastyFile, GetsItsVerdict)
{
    const Expectation& wanted = GetParam();
    const auto started = std::chrono::steady_clock::now();
    const std::int64_t memory_before = process_memory().peak_resident_bytes;
    const bool has_twin = training_twins().contains(wanted.file);
    const DataGate gate = has_twin ? gate_of_twin(nasty_folder() / wanted.file)
                                   : gate_of(nasty_folder() / wanted.file);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    EXPECT_LT(seconds.count(), kMaxSeconds);
    EXPECT_LT(process_memory().peak_resident_bytes - memory_before, kMaxBytes);
    EXPECT_FALSE(to_json(gate).dump().empty());

    if (const auto refused = refused_files().find(wanted.file); refused != refused_files().end()) {
        EXPECT_NE(wanted.verdict, "accept");
        EXPECT_NE(wanted.verdict, "warn");
        ASSERT_TRUE(gate.file_error) << problems_text(gate);
        EXPECT_NE(gate.file_error->message.find(refused->second), std::string::npos)
            << gate.file_error->message;
        EXPECT_NE(gate.file_error->message.find(wanted.file), std::string::npos);
        return;
    }
    ASSERT_FALSE(gate.file_error) << gate.file_error->message;
    const auto other = other_bad_rows().find(wanted.file);
    EXPECT_EQ(has_twin ? leaked_rows(gate) : named_rows(gate),
              other == other_bad_rows().end() ? wanted.bad_rows : other->second)
        << problems_text(gate);
    EXPECT_EQ(gate.accepted + gate.blank + gate.refused, gate.rows);
    if (wanted.verdict == "accept") {
        EXPECT_EQ(gate.accepted, wanted.rows);
        const auto remark = remarks().find(wanted.file);
        const bool remarked = remark != remarks().end();
        EXPECT_EQ(codes(gate), remarked ? remark->second : std::set<std::string>());
        EXPECT_EQ(gate.verdict, remarked ? Verdict::Warn : Verdict::Accept) << problems_text(gate);
    } else if (wanted.verdict == "warn") {
        EXPECT_EQ(gate.verdict, Verdict::Warn) << problems_text(gate);
        EXPECT_EQ(has_twin ? read_dataset(nasty_folder() / wanted.file)->rows : gate.rows,
                  wanted.rows);
    } else if (wanted.verdict == "error") {
        EXPECT_EQ(gate.verdict, Verdict::Error) << problems_text(gate);
        EXPECT_GT(gate.refused, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(
    AllFiles, NastyFile, ::testing::ValuesIn(expectations()), [](const auto& tested) {
        std::string name;
        for (const char c : tested.param.file) {
            const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
            name += letter ? c : '_';
        }
        return name;
    });

TEST(NastyDataTest, TableCoversEveryFile)
{
    std::set<std::string> listed = {"README.md", "expected.json"};
    for (const Expectation& expectation : expectations()) {
        listed.insert(expectation.file);
    }
    std::set<std::string> present;
    for (const auto& entry : std::filesystem::directory_iterator(nasty_folder())) {
        present.insert(entry.path().filename().string());
    }
    EXPECT_EQ(listed, present);
    EXPECT_GT(present.size(), 60U);
}

TEST(NastyDataTest, ValuesArriveUnchanged)
{
    const auto record = [](const std::string& file, std::size_t index) {
        const Result<Dataset> dataset = read_dataset(nasty_folder() / file);
        EXPECT_TRUE(dataset) << file;
        return dataset->records.at(index);
    };
    EXPECT_EQ(record("enc_bom.jsonl", 0).messages.at(0).content, "Say the number 1.");
    EXPECT_EQ(record("enc_crlf.jsonl", 4).messages.at(1).content, "The number is 5.");
    EXPECT_EQ(record("enc_nul_escaped_row2.jsonl", 1).messages.at(0).content, "Badbyte");
    EXPECT_EQ(record("enc_lone_surrogate_row2.jsonl", 1).messages.at(0).content,
              "Half emoji \xEF\xBF\xBD end");
    EXPECT_EQ(record("syn_dup_keys_row1.jsonl", 0).messages.at(0).content, "second");
    EXPECT_EQ(record("sch_template_text.jsonl", 0).messages.at(1).content,
              "Use {instruction} and {0} and %s and %(x)s and ${HOME} and {{name}} and {% for x in "
              "y %}{{x}}{% endfor %}");
    EXPECT_EQ(record("sch_template_text.jsonl", 2).messages.at(1).content,
              "back\\slash \\n \\u0041 C:\\new\\table");
    EXPECT_EQ(record("csv_ok_quoted.csv", 0).messages.at(0).content, "Say \"hi\"");
    EXPECT_EQ(record("csv_ok_quoted.csv", 0).messages.at(1).content, "line 1\nline 2, with comma");
    EXPECT_EQ(record("csv_formula.csv", 0).messages.at(1).content,
              "=HYPERLINK(\"http://127.0.0.1/\",\"x\")");
    EXPECT_EQ(record("csv_big_field.csv", 0).messages.at(1).content.size(), 200000U);
    EXPECT_EQ(record("enc_unicode_line_separators.jsonl", 0).messages.at(0).content,
              "a\xE2\x80\xA8"
              "b\xE2\x80\xA9"
              "c\xC2\x85"
              "d");
}

TEST(NastyDataTest, EmptyOutputsAreLeftOutAndCounted)
{
    const DataGate gate = gate_of(nasty_folder() / "sch_empty_output_rows.jsonl");
    EXPECT_EQ(gate.rows, 5);
    EXPECT_EQ(gate.accepted, 2);
    EXPECT_EQ(gate.blank, 3);
    EXPECT_EQ(gate.warned, 3);
}

TEST(NastyDataTest, DuplicatesAreCounted)
{
    const DataGate gate = gate_of(nasty_folder() / "sch_duplicates.jsonl");
    EXPECT_EQ(gate.duplicates, 99);
    EXPECT_EQ(gate.accepted, 104);
}

TEST(NastyDataTest, LeakedRowsAreNamedByBothFiles)
{
    const std::filesystem::path path = nasty_folder() / "sch_leak_valid.jsonl";
    EXPECT_EQ(gate_of(path).verdict, Verdict::Accept); // nothing is wrong with it alone
    const DataGate gate = gate_of_twin(path);
    EXPECT_EQ(gate.verdict, Verdict::Warn);
    EXPECT_EQ(gate.leaked, 2);
    EXPECT_EQ(gate.warned, 2);
    EXPECT_EQ(named_rows(gate), (std::set<std::int64_t>{4, 5}));
    EXPECT_EQ(leaked_rows(gate), (std::set<std::int64_t>{1, 2}));
    ASSERT_FALSE(gate.problems.empty());
    EXPECT_EQ(gate.problems.front().row, 4);
    EXPECT_EQ(gate.problems.front().message, "also in the evaluation file, row 1");
}

TEST(NastyDataTest, AnEvaluationFileLeavesARowToEvaluateOn)
{
    const Result<Dataset> row = read_dataset(nasty_folder() / "sch_secrets_like.jsonl");
    const Result<Dataset> other = read_dataset(nasty_folder() / "sch_leak_valid.jsonl");
    ASSERT_TRUE(row);
    ASSERT_TRUE(other);
    EXPECT_EQ(gate_of(row).verdict, Verdict::Warn);
    EXPECT_EQ(gate_of(row, &other->records).verdict, Verdict::Accept);
    const DataGate itself = gate_of(row, &row->records);
    EXPECT_EQ(codes(itself), std::set<std::string>{"leaked"});
    EXPECT_EQ(itself.leaked, 1);
}

TEST(NastyDataTest, ChatProblemsHaveTheRightSeverity)
{
    const DataGate gate = gate_of(nasty_folder() / "chat_problems.jsonl");
    std::set<std::int64_t> errors;
    for (const RowProblem& problem : gate.problems) {
        if (problem.severity == Severity::Error) {
            errors.insert(problem.row);
        }
    }
    EXPECT_EQ(errors, (std::set<std::int64_t>{2, 3, 7, 8, 9, 10, 11, 12, 15}));
}

} // namespace
} // namespace engine
