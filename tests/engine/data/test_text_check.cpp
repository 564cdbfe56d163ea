// UTF-8 validity, blankness, guesses about encodings, quotations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "engine/data/text_check.h"

namespace engine {
namespace {

using ::testing::HasSubstr;

TEST(TextCheckTest, FindsTheFirstInvalidByte)
{
    EXPECT_FALSE(first_invalid_utf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"));
    EXPECT_EQ(first_invalid_utf8("a\x80"), 1U);
    EXPECT_EQ(first_invalid_utf8("ab\xC0\xAF"), 2U);       // overlong
    EXPECT_EQ(first_invalid_utf8("\xED\xA0\x80"), 0U);     // surrogate
    EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0U); // above U+10FFFF
    EXPECT_EQ(first_invalid_utf8("a\xE2\x82"), 1U);        // cut off
}

TEST(TextCheckTest, BlankIsWhatCannotBeSeen)
{
    EXPECT_TRUE(is_blank(""));
    EXPECT_TRUE(is_blank(" \t\n\xC2\xA0\xE2\x80\x83\xE3\x80\x80\xE2\x80\x8B\xEF\xBB\xBF"));
    EXPECT_TRUE(is_blank("\xEF\xBF\xBD"));
    EXPECT_FALSE(is_blank(" .\n"));
    EXPECT_FALSE(is_blank("\xE6\x95\xB0"));
}

TEST(TextCheckTest, GuessesTheEncoding)
{
    EXPECT_EQ(looks_like_utf16(std::string("\xFF\xFE\x61\x00", 4)), "utf-16le");
    EXPECT_EQ(looks_like_utf16(std::string("\0a\0b\0c\0d\0e", 10)), "utf-16be");
    EXPECT_EQ(looks_like_utf16("plain text, no zero bytes"), "");
    EXPECT_THAT(encoding_hint("it\x92s"), HasSubstr("looks like Windows-1252"));
    EXPECT_THAT(encoding_hint("caf\xE9"), HasSubstr("looks like Latin-1"));
}

TEST(TextCheckTest, FindsTheFirstWordOfTheList)
{
    const std::vector<std::string> words = {"<|end|>", "<s>", "", "[INST]", "word"};
    EXPECT_EQ(find_word("a <s> b <|end|>", words), &words[0]);
    EXPECT_EQ(find_word("only [INST] here", words), &words[3]);
    EXPECT_EQ(find_word("a < b, [x], a word", words), &words[4]);
    EXPECT_EQ(find_word("nothing", words), nullptr);
    EXPECT_EQ(find_word("", words), nullptr);
}

TEST(TextCheckTest, QuotationsCutAtACodePoint)
{
    EXPECT_EQ(in_quotes("abc"), "\"abc\"");
    EXPECT_EQ(in_quotes("a\nb"), "\"a b\"");
    EXPECT_EQ(in_quotes("\xE2\x82\xAC\xE2\x82\xAC", 4), "\"\xE2\x82\xAC...\"");
    EXPECT_EQ(in_quotes("a\x80"), "\"a\xEF\xBF\xBD\"");
    EXPECT_EQ(as_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
}

} // namespace
} // namespace engine
