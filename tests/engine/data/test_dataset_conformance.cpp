// Real data sets against verdicts and counts that were found by reading the files with Python's
// json module.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "engine/data/data_gate.h"
#include "tests/support/shared_data.h"

namespace engine {
namespace {

struct Expected
{
    std::string file;
    DataFormat format = DataFormat::Auto;
    Verdict verdict = Verdict::Accept;
    std::int64_t rows = 0;
    std::int64_t accepted = 0;
    std::int64_t duplicates = 0;
    std::int64_t warned = 0;
};

struct Refused
{
    std::string file;
    std::string reason;
};

DataGate gate_of(const std::filesystem::path& path)
{
    const Result<Dataset> dataset = read_dataset(path);
    if (!dataset) {
        return refused_gate(dataset.error());
    }
    Result<DataGate> gate = check_dataset(*dataset, nullptr, {});
    EXPECT_TRUE(gate);
    return std::move(*gate);
}

void expect_all(const std::filesystem::path& folder, const std::vector<Expected>& table)
{
    for (const Expected& wanted : table) {
        SCOPED_TRACE(wanted.file);
        const DataGate gate = gate_of(folder / wanted.file);
        if (gate.file_error) {
            ADD_FAILURE() << gate.file_error->message;
            continue;
        }
        EXPECT_EQ(gate.format, to_string(wanted.format));
        EXPECT_EQ(gate.verdict, wanted.verdict);
        EXPECT_EQ(gate.rows, wanted.rows);
        EXPECT_EQ(gate.accepted, wanted.accepted);
        EXPECT_EQ(gate.duplicates, wanted.duplicates);
        EXPECT_EQ(gate.warned, wanted.warned);
        EXPECT_EQ(gate.accepted + gate.refused + gate.blank, gate.rows);
    }
}

void expect_refused(const std::filesystem::path& folder, const std::vector<Refused>& table)
{
    for (const Refused& wanted : table) {
        SCOPED_TRACE(wanted.file);
        const DataGate gate = gate_of(folder / wanted.file);
        if (!gate.file_error) {
            ADD_FAILURE() << "accepted";
            continue;
        }
        EXPECT_NE(gate.file_error->message.find(wanted.reason), std::string::npos)
            << gate.file_error->message;
        EXPECT_FALSE(gate.file_error->hint.empty());
    }
}

TEST(DatasetConformanceTest, SmallSets)
{
    LOWRANK_REQUIRE_SHARED(shared)
    const auto accept = Verdict::Accept;
    const auto warn = Verdict::Warn;
    expect_all(shared / "datasets/small",
               {{"dolly_chat.small.jsonl", DataFormat::Messages, accept, 1000, 1000, 0, 0},
                {"e2e_test.small.jsonl", DataFormat::Completion, warn, 500, 500, 6, 6},
                {"e2e_train.small.jsonl", DataFormat::Completion, warn, 5000, 5000, 20, 20},
                {"e2e_valid.small.jsonl", DataFormat::Completion, warn, 500, 500, 22, 22},
                {"gpteacher_roleplay.small.jsonl", DataFormat::Alpaca, accept, 1000, 1000, 0, 0},
                {"gpteacher_toolformer.small.jsonl", DataFormat::Alpaca, accept, 1000, 1000, 0, 0},
                {"gsm8k_alpaca_format.small.jsonl", DataFormat::Alpaca, accept, 1000, 1000, 0, 0},
                {"gsm8k_test.small.jsonl", DataFormat::Alpaca, accept, 200, 200, 0, 0},
                {"gsm8k_train.small.jsonl", DataFormat::Alpaca, accept, 2000, 2000, 0, 0},
                {"gutenberg.small.jsonl", DataFormat::Text, accept, 40, 40, 0, 0},
                {"identity_alpaca.small.jsonl", DataFormat::Alpaca, accept, 91, 91, 0, 0},
                {"math.small.jsonl", DataFormat::Alpaca, accept, 300, 300, 0, 0},
                {"mbpp.small.jsonl", DataFormat::Text, warn, 200, 200, 0, 0},
                {"oasst_chat.small.jsonl", DataFormat::Messages, accept, 95, 95, 0, 0},
                {"prompt_completion_superbowl.small.jsonl",
                 DataFormat::Completion,
                 warn,
                 500,
                 500,
                 107,
                 107},
                {"sharegpt_dummy.small.jsonl", DataFormat::ShareGpt, accept, 500, 500, 0, 0},
                {"squad_chat.small.jsonl", DataFormat::Messages, accept, 500, 500, 0, 0},
                {"tinystories.small.jsonl", DataFormat::Text, accept, 1000, 1000, 0, 0},
                {"toolcall_sharegpt.small.jsonl", DataFormat::ShareGpt, warn, 100, 100, 5, 5},
                {"wikisql_text.small.jsonl", DataFormat::Text, warn, 1000, 1000, 1, 1}});
    expect_refused(shared / "datasets/small",
                   {{"dpo_sharegpt.small.jsonl", "preference set"},
                    {"kto_messages.small.jsonl", "preference set"},
                    {"humaneval.small.jsonl", "\"canonical_solution\""},
                    {"qnli_dev.small.jsonl", "\"sentence\""},
                    {"seed_tasks.small.jsonl", "\"instances\""},
                    {"svamp.small.jsonl", "\"Question\""}});
}

TEST(DatasetConformanceTest, Gsm8kAndCorpora)
{
    LOWRANK_REQUIRE_SHARED(shared)
    const auto accept = Verdict::Accept;
    expect_all(
        shared / "datasets",
        {{"gsm8k/train.jsonl", DataFormat::Alpaca, accept, 7473, 7473, 0, 0},
         {"gsm8k/test.jsonl", DataFormat::Alpaca, accept, 1319, 1319, 0, 0},
         {"gsm8k/test_socratic.jsonl", DataFormat::Alpaca, accept, 1319, 1319, 0, 0},
         // 2316 end marks, and the last story is cut.
         {"corpus/tinystories_sample_2MiB.txt", DataFormat::Text, accept, 2317, 2317, 0, 0}});
}

TEST(DatasetConformanceTest, LlamaFactoryDemos)
{
    LOWRANK_REQUIRE_SHARED(shared)
    const auto accept = Verdict::Accept;
    const auto warn = Verdict::Warn;
    const auto error = Verdict::Error;
    const auto folder = shared / "conformance/import/llama-factory";
    expect_all(folder,
               {{"alpaca_en_demo.json", DataFormat::Alpaca, warn, 999, 999, 14, 14},
                {"alpaca_zh_demo.json", DataFormat::Alpaca, warn, 1000, 1000, 8, 8},
                {"c4_demo.jsonl", DataFormat::Text, warn, 300, 300, 0, 4},
                {"glaive_toolcall_en_demo.json", DataFormat::ShareGpt, warn, 300, 300, 38, 38},
                {"glaive_toolcall_zh_demo.json", DataFormat::ShareGpt, warn, 300, 300, 43, 43},
                {"identity.json", DataFormat::Alpaca, accept, 91, 91, 0, 0},
                {"reason_tool_use_demo_50.jsonl", DataFormat::Messages, error, 50, 0, 0, 0},
                {"v1_multimodal_demo.jsonl", DataFormat::Messages, error, 24, 0, 0, 0},
                {"v1_sft_demo.jsonl", DataFormat::Messages, warn, 500, 500, 1, 1}});
    expect_refused(folder,
                   {{"dpo_en_demo.json", "preference set"},
                    {"dpo_zh_demo.json", "preference set"},
                    {"kto_en_demo.json", "preference set"},
                    {"v1_dpo_demo.jsonl", "preference set"},
                    {"mllm_demo.json", "pictures"},
                    {"mllm_audio_demo.json", "sound"},
                    {"mllm_video_demo.json", "video"},
                    {"mllm_video_audio_demo.json", "video"},
                    {"dataset_info.json", "different length"}});
}

TEST(DatasetConformanceTest, FmsFiles)
{
    LOWRANK_REQUIRE_SHARED(shared)
    const auto accept = Verdict::Accept;
    const auto warn = Verdict::Warn;
    const auto folder = shared / "conformance/import/fms";
    const std::string tokenized = "twitter_complaints_tokenized_with_maykeye_tinyllama_v0";
    expect_all(
        folder,
        {{"json/twitter_complaints_input_output.json", DataFormat::Alpaca, warn, 50, 50, 0, 2},
         {"jsonl/twitter_complaints_input_output.jsonl", DataFormat::Alpaca, warn, 50, 50, 0, 2},
         {"jsonl/multi_turn_chat.jsonl", DataFormat::Messages, accept, 10, 10, 0, 0},
         {"jsonl/multi_turn_chat_conversations.jsonl", DataFormat::Messages, accept, 10, 10, 0, 0},
         {"jsonl/multi_turn_chat_granite_instruct.jsonl", DataFormat::Messages, warn, 8, 8, 3, 3},
         {"jsonl/nestful_100_samples_input_output.jsonl", DataFormat::Alpaca, warn, 100, 100, 0, 0},
         {"jsonl/single_turn_chat.jsonl", DataFormat::Messages, accept, 18, 18, 0, 0}});
    expect_refused(folder,
                   {{"json/empty_data.json", "empty"},
                    {"json/malformatted_data.json", "an array [ or an object { is wanted"},
                    {"json/twitter_complaints_small.json", "\"Tweet text\""},
                    {"json/" + tokenized + ".json", "tokenized"},
                    {"json/" + tokenized + "_only_input_ids.json", "tokenized"},
                    {"jsonl/image_dataset.jsonl", "pictures"},
                    {"jsonl/" + tokenized + ".jsonl", "tokenized"},
                    {"arrow/twitter_complaints_small.arrow", "Arrow"},
                    {"parquet/twitter_complaints_small.parquet", "Parquet"}});
}

} // namespace
} // namespace engine
