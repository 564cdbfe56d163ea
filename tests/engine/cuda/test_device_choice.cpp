// What "auto" computes on, with the emulated GPU in the library path: a GPU that computes right,
// and the CPU after a sentence on whatever is wrong with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/build_config.h"
#include "engine/model/device_check.h"
#include "tests/engine/cuda/emulated_gpu.h"
#include "tests/support/program_output.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DeviceChoice : public testing::Test
{
protected:
    void SetUp() override
    {
        if (!kHasGpuCode) {
            GTEST_SKIP() << "this build has no code for GPUs";
        }
        tests::write_tiny_workspace(m_folder.path());
    }

    // Both streams of an answer to a prompt; `environment` is "NAME=VALUE ...".
    [[nodiscard]] std::string answer(const std::string& environment,
                                     const std::string& device = "auto") const
    {
        const tests::Output output = tests::output_of(
            {"/bin/sh",
             "-c",
             environment + " '" LOWRANK_PROGRAM "' generate --base '"
                 + (m_folder.path() / "model").string()
                 + "' --prompt say --max-new-tokens 4 --device " + device + " 2>&1"});
        EXPECT_EQ(output.code, 0) << output.text;
        return output.text;
    }

    // Both streams of a run that goes on, on a computer with the emulated GPU.
    static tests::Output resume(const std::string& environment, const std::filesystem::path& run)
    {
        return tests::output_of({"/bin/sh",
                                 "-c",
                                 environment + kEmulated + " '" LOWRANK_PROGRAM "' resume '"
                                     + run.string() + "' 2>&1"});
    }

    static std::string fact(const std::filesystem::path& run, const char* name)
    {
        return value_or_throw(read_json_file(run / "run.json"))["facts"][name];
    }

    // What comes after the first line, which says what computes.
    static std::string without_note(const std::string& text)
    {
        EXPECT_THAT(text.substr(0, text.find('\n')), testing::EndsWith("computes."));
        return text.substr(text.find('\n') + 1);
    }

    static constexpr const char* kEmulated = "LD_LIBRARY_PATH='" EMULATED_DRIVER_FOLDER "'";

    tests::TemporaryFolder m_folder;
};

TEST_F(DeviceChoice, AutoIsAGpuThatComputesRight)
{
    const std::string text = answer(kEmulated);
    EXPECT_THAT(text, HasSubstr("cuda:0, Emulated H100, computes.\n"));
    const std::string asked = answer(kEmulated, "cuda:0");
    EXPECT_THAT(asked, Not(HasSubstr("computes.")));
    EXPECT_EQ(without_note(text), asked);
    EXPECT_EQ(asked, answer(kEmulated, "cpu")); // the likeliest tokens
}

TEST_F(DeviceChoice, AutoIsTheCpuWhereTheGpuIsWrong)
{
    const std::string text = answer(std::string("LOWRANK_EMULATED_CUBLAS=wrong ") + kEmulated);
    EXPECT_THAT(text,
                AllOf(HasSubstr("cuda:0, Emulated H100: logits in f32 differ from the CPU's by "),
                      HasSubstr(". The CPU computes.\n")));
    EXPECT_EQ(without_note(text), answer(kEmulated, "cpu"));
}

TEST_F(DeviceChoice, AutoIsTheCpuWhereTheGpuFails)
{
    const std::string text = answer(std::string("LOWRANK_EMULATED_FAULT_AT=5 ") + kEmulated);
    EXPECT_THAT(text,
                AllOf(HasSubstr("cuda:0, Emulated H100: GPU: "), HasSubstr("The CPU computes.")));
    EXPECT_EQ(without_note(text), answer(kEmulated, "cpu"));
}

TEST_F(DeviceChoice, AutoIsTheCpuWhereThereIsNoDriver)
{
    // One that is broken, as this computer may have a good one.
    tests::write_text(m_folder.path() / "libcuda.so.1", "");
    const std::string none = "LD_LIBRARY_PATH='" + m_folder.path().string() + "'";
    EXPECT_THAT(answer(none), Not(HasSubstr("GPU")));
    const std::filesystem::path run = tests::make_run(m_folder.path(), "run", {{"max_steps", 1}});
    const tests::Output output = tests::output_of(
        {"/bin/sh", "-c", none + " '" LOWRANK_PROGRAM "' resume '" + run.string() + "' 2>&1"});
    EXPECT_EQ(output.code, 0);
    EXPECT_THAT(output.text, AllOf(HasSubstr("No GPU: "), HasSubstr("The CPU computes.\n")));
}

TEST_F(DeviceChoice, AutoIsTheCpuWhereTheGpuIsTooSmall)
{
    const std::string text = answer(std::string("LOWRANK_EMULATED_MIB=34 ") + kEmulated);
    EXPECT_THAT(text, AllOf(HasSubstr("GPU memory: "), HasSubstr("The CPU computes.\n")));
    const std::filesystem::path run = tests::make_run(m_folder.path(),
                                                      "run",
                                                      {{"max_steps", 1},
                                                       {"micro_batch_size", 4},
                                                       {"seq_len", 256},
                                                       {"method", "full"},
                                                       {"sample_prompts", Json::array()}});
    const tests::Output output = resume("LOWRANK_EMULATED_MIB=35 ", run);
    EXPECT_EQ(output.code, 0) << output.text;
    EXPECT_THAT(output.text,
                AllOf(HasSubstr("GPU memory: the run needs "), HasSubstr("The CPU computes.")));
    EXPECT_EQ(fact(run, "device"), "cpu");
}

// What began on one device does not go on on another.
TEST_F(DeviceChoice, AResumedRunStaysWhereItBegan)
{
    const Json changes = {{"max_steps", 4}, {"save_every", 2}, {"sample_prompts", Json::array()}};
    const std::filesystem::path run = tests::make_run(m_folder.path(), "run", changes);
    const std::string checkpoint = (run / "checkpoints" / "step-2").string();
    EXPECT_EQ(resume("LOWRANK_EMULATED_FAULT_AFTER=" + checkpoint + " ", run).code, 5);
    EXPECT_EQ(fact(run, "device"), "cuda:0");
    const tests::Output nowhere = tests::output_of(
        {"/bin/sh", "-c", "'" LOWRANK_PROGRAM "' resume '" + run.string() + "' 2>&1"});
    EXPECT_EQ(nowhere.code, 0) << nowhere.text;
    EXPECT_THAT(nowhere.text, HasSubstr("the run began on cuda:0 and goes on elsewhere: "));

    const std::filesystem::path other = tests::make_run(m_folder.path(), "other", changes);
    EXPECT_EQ(resume("LOWRANK_EMULATED_CUBLAS=wrong ", other).code, 0);
    EXPECT_EQ(fact(other, "device"), "cpu");
    Json settings = value_or_throw(read_json_file(other / "run.json"));
    settings["max_steps"] = 6;
    tests::write_text(other / "run.json", settings.dump());
    EXPECT_EQ(resume("", other).code, 0);
    EXPECT_EQ(fact(other, "device"), "cpu");
}

TEST_F(DeviceChoice, ARunSaysWhatItComputesOn)
{
    const std::filesystem::path run = tests::make_run(
        m_folder.path(), "run", {{"max_steps", 1}, {"sample_prompts", Json::array()}});
    const tests::Output output = resume("", run);
    EXPECT_EQ(output.code, 0);
    EXPECT_THAT(output.text, HasSubstr("cuda:0, Emulated H100, computes."));
    EXPECT_EQ(fact(run, "device"), "cuda:0");
    EXPECT_THAT(value_or_throw(read_file(run / "log.txt")), HasSubstr("computes."));
}

TEST(DeviceCheck, SeesNothingInADeviceThatIsRight)
{
    EXPECT_EQ(difference_from_cpu(*open_emulated()), std::nullopt);
}

TEST(DeviceCheck, SeesWhatIsWrong)
{
    const Behaviour wrong("LOWRANK_EMULATED_CUBLAS", "wrong");
    EXPECT_THAT(difference_from_cpu(*open_emulated()).value_or(""), HasSubstr("logits in f32"));
}

} // namespace
} // namespace engine
