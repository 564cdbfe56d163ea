// What a person is told about the GPUs of a computer, with the driver's double in the library path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program_output.h"

namespace engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tests::Output;

// Both streams of `lowrank ARGUMENTS` on a computer with the two GPUs of the fake driver.
Output with_fake_gpus(const std::string& arguments)
{
    return tests::output_of({"/bin/sh",
                             "-c",
                             "LD_LIBRARY_PATH='" FAKE_DRIVER_FOLDER
                             "' LOWRANK_FAKE_CUDA=two '" LOWRANK_PROGRAM "' "
                                 + arguments + " 2>&1"});
}

TEST(DevicesCommand, ListsEveryGpuWithTheReasonItIsNotUsed)
{
    const Output output = with_fake_gpus("devices --json");
    ASSERT_EQ(output.code, 0) << output.text;
    const Json json = output.json();
    EXPECT_EQ(json["note"], "");
    ASSERT_EQ(json["devices"].size(), 3U) << output.text;
    EXPECT_EQ(json["devices"][0]["device"], "cpu");
    EXPECT_EQ(json["devices"][0]["usable"], true);
    const Json& first = json["devices"][1];
    EXPECT_EQ(first["device"], "cuda:0");
    EXPECT_EQ(first["name"], "Fake H100");
    EXPECT_EQ(first["memory_bytes"], 80LL << 30);
    EXPECT_EQ(first["properties"]["compute_capability"], "9.0");
    EXPECT_EQ(first["properties"]["driver"], "13.1");
    EXPECT_EQ(first["usable"], false);
    EXPECT_EQ(first["reason"], "this version computes on the CPU only");
    const Json& second = json["devices"][2];
    EXPECT_EQ(second["device"], "cuda:1");
    EXPECT_EQ(second["reason"], "its compute capability is 6.1, wanted 7.5 or later");
}

TEST(DevicesCommand, IsReadableByAPerson)
{
    const Output output = with_fake_gpus("devices");
    EXPECT_EQ(output.code, 0);
    EXPECT_THAT(output.text,
                AllOf(HasSubstr("cuda:0  Fake H100  80"),
                      HasSubstr("not used: this version computes on the CPU only")));
}

TEST(DevicesCommand, ATrainingOnAGpuThatIsNotUsedSaysWhy)
{
    const Output output =
        with_fake_gpus("train --base /none --data /none --out /none --device cuda:1");
    EXPECT_EQ(output.code, 2);
    EXPECT_THAT(output.text,
                AllOf(HasSubstr("cuda:1"), HasSubstr("6.1"), HasSubstr("7.5"), HasSubstr("cpu")));
}

} // namespace
} // namespace engine
