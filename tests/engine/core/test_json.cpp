// The JSON reader's limits: position, duplicates, depth, size, strictness.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/json.h"

namespace engine {
namespace {

using testing::HasSubstr;

TEST(Json, KeepsTheOrderOfKeys)
{
    const Result<Json> json = parse_json(R"({"b": 1, "a": [true, null, 2.5, "x"]})", "text");
    ASSERT_TRUE(json);
    EXPECT_EQ(json->dump(), R"({"b":1,"a":[true,null,2.5,"x"]})");
}

TEST(Json, SaysWhereTheSyntaxBreaks)
{
    const Result<Json> json = parse_json("{\"a\": 1,\n \"b\": ]}", "file.json");
    ASSERT_FALSE(json);
    EXPECT_EQ(json.error().code, ErrorCode::Format);
    EXPECT_THAT(json.error().message, HasSubstr("file.json: not valid JSON: line 2, column 7"));
}

TEST(Json, RefusesWhatIsNotJson)
{
    for (const char* text :
         {"", "  ", "{\"a\": NaN}", "[1,]", "{'a': 1}", "// c\n{}", "{} {}", "[1", "\"\\ud800"}) {
        EXPECT_FALSE(parse_json(text, "text")) << text;
    }
}

TEST(Json, RefusesInvalidUtf8)
{
    EXPECT_FALSE(parse_json("{\"a\": \"\xff\"}", "text"));
}

TEST(Json, DuplicateKeysAreRefusedOrTheLastWins)
{
    const Result<Json> refused = parse_json(R"({"key": 1, "key": 2})", "text");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("duplicate key \"key\""));

    const Result<Json> allowed =
        parse_json(R"({"key": 1, "key": 2})", "text", {.reject_duplicate_keys = false});
    ASSERT_TRUE(allowed);
    EXPECT_EQ((*allowed)["key"], 2);
    EXPECT_EQ(allowed->size(), 1U);
}

TEST(Json, EqualKeysInDifferentObjectsAreFine)
{
    EXPECT_TRUE(parse_json(R"({"a": {"a": 1}, "b": {"a": 2}})", "text"));
}

TEST(Json, DepthIsLimited)
{
    const std::string deep = std::string(300, '[') + std::string(300, ']');
    const Result<Json> refused = parse_json(deep, "text");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("deeper than 200"));
    EXPECT_TRUE(parse_json(std::string(200, '[') + std::string(200, ']'), "text"));
    EXPECT_FALSE(parse_json(std::string(1'000'000, '['), "text"));
}

TEST(Json, SizeIsLimited)
{
    const Result<Json> refused = parse_json("[1, 2, 3]", "text", {.max_bytes = 5});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("9 bytes of JSON, at most 5"));
}

} // namespace
} // namespace engine
