// Result, EngineError and the exit codes of the command-line contract.
#include <gtest/gtest.h>
#include <memory>

#include "engine/core/check.h"
#include "engine/core/error.h"

namespace engine {
namespace {

Result<std::unique_ptr<int>> make(bool good)
{
    if (!good) {
        return Error{ErrorCode::NotFound, "thing: absent", "look elsewhere"};
    }
    return std::make_unique<int>(7);
}

TEST(Result, HoldsAMoveOnlyValueOrAnError)
{
    Result<std::unique_ptr<int>> good = make(true);
    ASSERT_TRUE(good);
    EXPECT_EQ(**good, 7);
    const std::unique_ptr<int> taken = std::move(good).value();
    EXPECT_EQ(*taken, 7);

    const Result<std::unique_ptr<int>> bad = make(false);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().message, "thing: absent");
    EXPECT_EQ(bad.error().hint, "look elsewhere");
}

TEST(Result, ValueOrThrowCarriesTheError)
{
    EXPECT_EQ(*value_or_throw(make(true)), 7);
    try {
        (void)value_or_throw(make(false));
        FAIL() << "nothing thrown";
    } catch (const EngineError& error) {
        EXPECT_EQ(error.error().code, ErrorCode::NotFound);
        EXPECT_STREQ(error.what(), "thing: absent");
    }
}

TEST(Check, NamesTheNumbers)
{
    const int found = 3;
    try {
        ENGINE_CHECK(found == 4, "op: size is ", found, ", wanted ", 4);
        FAIL() << "nothing thrown";
    } catch (const EngineError& error) {
        EXPECT_EQ(error.error().code, ErrorCode::InvalidArgument);
        EXPECT_EQ(error.error().message, "op: size is 3, wanted 4");
    }
}

TEST(ExitCode, FollowsTheContract)
{
    EXPECT_EQ(exit_code(ErrorCode::InvalidConfig), 2);
    EXPECT_EQ(exit_code(ErrorCode::Format), 2);
    EXPECT_EQ(exit_code(ErrorCode::Cancelled), 3);
    EXPECT_EQ(exit_code(ErrorCode::OutOfHostMemory), 4);
    EXPECT_EQ(exit_code(ErrorCode::OutOfDeviceMemory), 4);
    EXPECT_EQ(exit_code(ErrorCode::DeviceLost), 5);
    EXPECT_EQ(exit_code(ErrorCode::Internal), 70);
}

} // namespace
} // namespace engine
