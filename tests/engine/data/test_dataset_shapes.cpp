// Every accepted shape of chat rows, in each JSON container, against the turns it becomes.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/engine/data/read_text.h"

namespace engine {
namespace {

using data_tests::read;
using data_tests::turns;

struct ShapeCase
{
    std::string name;
    std::string row;
    DataFormat format;
    std::vector<std::string> turns;
};

class DatasetShape : public ::testing::TestWithParam<ShapeCase>
{};

TEST_P(DatasetShape, BecomesMessages)
{
    // The same row as a line, as an array element and as an object that spans the file.
    const std::string& row = GetParam().row;
    for (const std::string& bytes :
         {row + "\n" + row + "\n", "[" + row + ",\n " + row + "]", row}) {
        const Dataset dataset = read(bytes, "a.json");
        ASSERT_FALSE(dataset.records.empty()) << bytes;
        EXPECT_EQ(dataset.format, GetParam().format);
        EXPECT_EQ(turns(dataset.records[0]), GetParam().turns);
        EXPECT_EQ(dataset.records[0].row, 1);
        EXPECT_EQ(dataset.refused, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes,
    DatasetShape,
    ::testing::Values(
        ShapeCase{"alpaca",
                  R"({"instruction":"Add.","input":"2, 3","output":"5"})",
                  DataFormat::Alpaca,
                  {"user: Add.\n2, 3", "assistant: 5"}},
        ShapeCase{"alpaca_null_input",
                  R"({"instruction":"Add.","input":null,"output":"5"})",
                  DataFormat::Alpaca,
                  {"user: Add.", "assistant: 5"}},
        ShapeCase{"alpaca_system_history",
                  R"({"system":"s","history":[["a","b"]],"instruction":"c","output":"d"})",
                  DataFormat::Alpaca,
                  {"system: s", "user: a", "assistant: b", "user: c", "assistant: d"}},
        ShapeCase{"dolly",
                  R"({"instruction":"q","context":"c","response":"r","category":"x"})",
                  DataFormat::Alpaca,
                  {"user: q\nc", "assistant: r"}},
        ShapeCase{"question_answer",
                  R"({"question":"q","answer":"a"})",
                  DataFormat::Alpaca,
                  {"user: q", "assistant: a"}},
        ShapeCase{"query_response",
                  R"({"query":"q","response":"a"})",
                  DataFormat::Alpaca,
                  {"user: q", "assistant: a"}},
        ShapeCase{"input_output",
                  R"({"input":"q","output":"a"})",
                  DataFormat::Alpaca,
                  {"user: q", "assistant: a"}},
        ShapeCase{"messages",
                  R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},)"
                  R"({"role":"assistant","content":"a"}]})",
                  DataFormat::Messages,
                  {"system: s", "user: u", "assistant: a"}},
        ShapeCase{"messages_parts_and_developer",
                  R"({"messages":[{"role":"developer","content":"s"},{"role":"user","content":)"
                  R"([{"type":"text","text":"u"},{"type":"text","text":"v"}]},)"
                  R"({"role":"assistant","content":"a"}]})",
                  DataFormat::Messages,
                  {"system: s", "user: uv", "assistant: a"}},
        ShapeCase{"messages_weights",
                  R"({"messages":[{"role":"user","content":"u"},)"
                  R"({"role":"assistant","content":"a","weight":0},{"role":"user","content":"v"},)"
                  R"({"role":"assistant","content":"b","weight":1}]})",
                  DataFormat::Messages,
                  {"user: u", "(assistant: a)", "user: v", "assistant: b"}},
        ShapeCase{
            "tool_calls",
            R"({"messages":[{"role":"user","content":"u"},{"role":"assistant","content":null,)"
            R"("tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}}]},)"
            R"({"role":"tool","content":"r"},{"role":"assistant","content":"a"}]})",
            DataFormat::Messages,
            {"user: u", R"(assistant: {"name":"f","arguments":"{}"})", "tool: r", "assistant: a"}},
        ShapeCase{"row_system",
                  R"({"system":"s","messages":[{"role":"user","content":"u"},)"
                  R"({"role":"assistant","content":"a"}]})",
                  DataFormat::Messages,
                  {"system: s", "user: u", "assistant: a"}},
        ShapeCase{"sharegpt",
                  R"({"id":"1","conversations":[{"from":"human","value":"u"},)"
                  R"({"from":"function_call","value":"c"},{"from":"observation","value":"o"},)"
                  R"({"from":"gpt","value":"a"}]})",
                  DataFormat::ShareGpt,
                  {"user: u", "assistant: c", "tool: o", "assistant: a"}},
        ShapeCase{"conversations_with_roles",
                  R"({"conversations":[{"role":"user","content":"u"},)"
                  R"({"role":"assistant","content":"a"}]})",
                  DataFormat::Messages,
                  {"user: u", "assistant: a"}},
        ShapeCase{"conversational_completion",
                  R"({"prompt":[{"role":"user","content":"u"},{"role":"assistant","content":"x"},)"
                  R"({"role":"user","content":"v"}],)"
                  R"("completion":[{"role":"assistant","content":"a"}]})",
                  DataFormat::Completion,
                  {"user: u", "(assistant: x)", "user: v", "assistant: a"}}),
    [](const auto& tested) { return tested.param.name; });

} // namespace
} // namespace engine
