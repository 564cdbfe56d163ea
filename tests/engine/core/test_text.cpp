// Trimming, lower case and shapes as text.
#include <gtest/gtest.h>

#include "engine/core/text.h"

namespace engine {
namespace {

TEST(Text, TrimsEveryAsciiSpaceAtBothEndsOnly)
{
    EXPECT_EQ(trimmed(" \t\r\n\f\v a b \t\r\n\f\v "), "a b");
    EXPECT_EQ(trimmed("a b"), "a b");
    EXPECT_EQ(trimmed(" \n "), "");
    EXPECT_EQ(trimmed(""), "");
    // A no-break space is no ASCII space: its two bytes stay.
    EXPECT_EQ(trimmed("\xC2\xA0x"), "\xC2\xA0x");
}

TEST(Text, LowersAsciiLettersAndNothingElse)
{
    EXPECT_EQ(lower_ascii("AZaz@[09"), "azaz@[09");
    EXPECT_EQ(lower_ascii("\xC3\x84"), "\xC3\x84"); // a capital A with two dots keeps its bytes
}

TEST(Text, ShapesShowEightSizesAtMost)
{
    EXPECT_EQ(shape_text({}), "[]");
    EXPECT_EQ(shape_text({7}), "[7]");
    EXPECT_EQ(shape_text({2, 3}), "[2, 3]");
    EXPECT_EQ(shape_text({1, 2, 3, 4, 5, 6, 7, 8}), "[1, 2, 3, 4, 5, 6, 7, 8]");
    EXPECT_EQ(shape_text({1, 2, 3, 4, 5, 6, 7, 8, 9}), "[1, 2, 3, 4, 5, 6, 7, 8, ...]");
}

} // namespace
} // namespace engine
