// What a person is told about the GPUs of a computer, with the emulated driver in the library path.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/build_config.h"
#include "tests/support/program_output.h"
#include "tests/support/temporary_folder.h"

namespace engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tests::Output;

// Both streams of `lowrank ARGUMENTS` on a computer with the two GPUs of the emulator.
Output with_emulated_gpus(const std::string& arguments)
{
    return tests::output_of({"/bin/sh",
                             "-c",
                             "LD_LIBRARY_PATH='" EMULATED_DRIVER_FOLDER
                             "' LOWRANK_EMULATED_GPU=two '" LOWRANK_PROGRAM "' "
                                 + arguments + " 2>&1"});
}

TEST(DevicesCommand, ListsEveryGpuWithTheReasonItIsNotUsed)
{
    const Output output = with_emulated_gpus("devices --json");
    ASSERT_EQ(output.code, 0) << output.text;
    const Json json = output.json();
    EXPECT_EQ(json["note"], "");
    ASSERT_EQ(json["devices"].size(), 3U) << output.text;
    EXPECT_EQ(json["devices"][0]["device"], "cpu");
    EXPECT_EQ(json["devices"][0]["usable"], true);
    const Json& first = json["devices"][1];
    EXPECT_EQ(first["device"], "cuda:0");
    EXPECT_EQ(first["name"], "Emulated H100");
    EXPECT_EQ(first["memory_bytes"], 80LL << 30);
    EXPECT_EQ(first["properties"]["compute_capability"], "9.0");
    EXPECT_EQ(first["properties"]["driver"], "13.1");
    EXPECT_EQ(first["properties"]["cublas"], "13.1.0");
    EXPECT_EQ(first["properties"]["cudnn"], "9.19.0");
    EXPECT_EQ(first["usable"], kHasGpuCode);
    EXPECT_EQ(first["reason"], kHasGpuCode ? "" : "this build has no code for GPUs");
    const Json& second = json["devices"][2];
    EXPECT_EQ(second["device"], "cuda:1");
    EXPECT_EQ(second["reason"], "its compute capability is 6.1, wanted 7.5 or later");
}

TEST(DevicesCommand, IsReadableByAPerson)
{
    const Output output = with_emulated_gpus("devices");
    EXPECT_EQ(output.code, 0);
    EXPECT_THAT(output.text,
                AllOf(HasSubstr("cuda:0  Emulated H100  80"),
                      HasSubstr("; compute capability 9.0; multiprocessors 132; driver 13.1; "
                                "cuBLAS 13.1.0; cuDNN 9.19.0\n"),
                      HasSubstr("not used: its compute capability is 6.1")));
}

TEST(DevicesCommand, SaysWhyCudnnIsNotUsed)
{
    const auto cudnn = [](const std::string& environment) {
        const Output output =
            tests::output_of({"/bin/sh",
                              "-c",
                              environment
                                  + " LD_LIBRARY_PATH='" EMULATED_DRIVER_FOLDER
                                    "' '" LOWRANK_PROGRAM "' devices --json 2>&1"});
        return output.json()["devices"][1]["properties"]["cudnn"].get<std::string>();
    };
    EXPECT_EQ(cudnn("LOWRANK_CUDNN=off"), "off");
    EXPECT_EQ(cudnn("LOWRANK_EMULATED_CUDNN=old"),
              "libcudnn.so.9: is version 9.1.0, wanted 9.18.1 or later");
}

TEST(DevicesCommand, AGpuWithoutCublasSaysWhatToInstall)
{
    if (!kHasGpuCode) {
        GTEST_SKIP() << "this build has no code for GPUs";
    }
    const tests::TemporaryFolder folder;
    std::filesystem::create_symlink(EMULATED_DRIVER, folder.path() / "libcuda.so.1");
    // One that is broken, as this computer may have a good one elsewhere.
    const std::ofstream broken(folder.path() / "libcublasLt.so.13");
    const Output output = tests::output_of(
        {"/bin/sh",
         "-c",
         "LD_LIBRARY_PATH='" + folder.path().string() + "' '" LOWRANK_PROGRAM "' devices 2>&1"});
    EXPECT_EQ(output.code, 0);
    EXPECT_THAT(output.text,
                AllOf(HasSubstr("cuBLAS is not installed"), HasSubstr("install cuBLAS 13")));
}

TEST(DevicesCommand, ATrainingOnAGpuThatIsNotUsedSaysWhy)
{
    const Output output =
        with_emulated_gpus("train --base /none --data /none --out /none --device cuda:1");
    EXPECT_EQ(output.code, 2);
    EXPECT_THAT(output.text,
                AllOf(HasSubstr("cuda:1"), HasSubstr("6.1"), HasSubstr("7.5"), HasSubstr("cpu")));
}

} // namespace
} // namespace engine
