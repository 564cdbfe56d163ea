// Whole runs of the program on the emulated GPU: the CPU's losses, the same bits twice, memory that
// runs out, a device that is lost.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/build_config.h"
#include "engine/core/platform.h"
#include "tests/support/program_output.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using testing::AllOf;
using testing::HasSubstr;
using tests::Output;

class GpuRun : public testing::Test
{
protected:
    void SetUp() override
    {
        if (!engine::kHasGpuCode) {
            GTEST_SKIP() << "this build has no code for GPUs";
        }
        tests::write_tiny_workspace(m_folder.path());
    }

    fs::path make(const std::string& name, const Json& changes = Json::object())
    {
        Json settings = {{"device", "cuda:0"}};
        settings.update(changes);
        return tests::make_run(m_folder.path(), name, settings);
    }

    // Goes on with the run; `environment` is "NAME=VALUE ..." for the emulator.
    static Output go_on(const fs::path& run, const std::string& environment = "")
    {
        return tests::output_of({"/bin/sh",
                                 "-c",
                                 environment
                                     + " LD_LIBRARY_PATH='" EMULATED_DRIVER_FOLDER
                                       "' '" LOWRANK_PROGRAM "' resume '"
                                     + run.string() + "' --progress json 2>&1"});
    }

    // The device is lost when there is such a file.
    static std::string fault_after(const fs::path& path)
    {
        return "LOWRANK_EMULATED_FAULT_AFTER=" + path.string();
    }

    static std::vector<Json> events(const Output& output, const std::string& name)
    {
        std::vector<Json> found;
        std::istringstream lines(output.text);
        std::string line;
        while (std::getline(lines, line)) {
            if (line.rfind('{', 0) == 0) {
                Json event = engine::value_or_throw(engine::parse_json(line, "event"));
                if (event["event"] == name) {
                    found.push_back(std::move(event));
                }
            }
        }
        return found;
    }

    static std::vector<double> losses(const fs::path& run)
    {
        std::vector<double> found;
        std::ifstream file(run / "metrics.jsonl");
        std::string line;
        while (std::getline(file, line)) {
            const Json event = engine::value_or_throw(engine::parse_json(line, "metrics"));
            if (event["event"] == "step") {
                found.push_back(event["loss"].get<double>());
            }
        }
        return found;
    }

    static void expect_near(const std::vector<double>& got, const std::vector<double>& wanted)
    {
        constexpr double kTolerance = 1e-5; // relative; sums in another order
        ASSERT_EQ(got.size(), wanted.size());
        ASSERT_FALSE(wanted.empty());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            EXPECT_NEAR(got[i], wanted[i], kTolerance * wanted[i]) << "step " << i + 1;
        }
    }

    static std::string adapter_bytes(const fs::path& run)
    {
        return engine::value_or_throw(
            engine::read_file(run / "adapter" / "adapter_model.safetensors"));
    }

    tests::TemporaryFolder m_folder;
};

TEST_F(GpuRun, GivesTheCpusLossesAndStaysWithinItsEstimate)
{
    const Json changes = {{"dropout", 0.1}, {"eval_data", "0.25"}};
    const fs::path gpu = make("gpu", changes);
    const fs::path cpu = make("cpu", changes);
    Json settings = engine::value_or_throw(engine::read_json_file(cpu / "run.json"));
    settings["device"] = "cpu";
    tests::write_text(cpu / "run.json", settings.dump());
    const Output output = go_on(gpu);
    ASSERT_EQ(output.code, 0) << output.text;
    ASSERT_EQ(go_on(cpu).code, 0);
    expect_near(losses(gpu), losses(cpu));
    const double estimate = events(output, "started").at(0)["estimated_memory"].get<double>();
    const double peak = events(output, "finished").at(0)["peak_memory"].get<double>();
    const Json facts = engine::value_or_throw(engine::read_json_file(gpu / "run.json"))["facts"];
    EXPECT_EQ(facts["device"], "cuda:0");
    // Without cuBLAS' workspace, which is most of so small a run and no estimate.
    const double baseline = facts["memory_terms"]["baseline"].get<double>();
    EXPECT_GT(peak, baseline);
    EXPECT_NEAR(estimate, peak, 0.05 * (peak - baseline)) << facts.dump(1);
}

TEST_F(GpuRun, RepeatsBitForBitAlsoOverAResume)
{
    const fs::path whole = make("whole", {{"dtype", "bf16"}, {"init", "lora-ga"}});
    const fs::path parts = make("parts", {{"dtype", "bf16"}, {"init", "lora-ga"}});
    ASSERT_EQ(go_on(whole).code, 0);
    // Lost after the checkpoint of step 3.
    const Output lost = go_on(parts, fault_after(parts / "checkpoints" / "step-3"));
    ASSERT_EQ(lost.code, 5) << lost.text;
    ASSERT_TRUE(fs::exists(parts / "checkpoints" / "step-3")) << lost.text;
    ASSERT_FALSE(fs::exists(parts / "checkpoints" / "step-6"));
    const Json failed = events(lost, "failed").at(0);
    EXPECT_EQ(failed["code"], "device_lost");
    EXPECT_THAT(failed.dump(), HasSubstr("last checkpoint"));
    ASSERT_EQ(go_on(parts).code, 0);
    EXPECT_EQ(losses(parts), losses(whole));
    EXPECT_EQ(adapter_bytes(parts), adapter_bytes(whole));
}

// What the studio starts: the process ends after it said why, and the run can be gone on with.
TEST_F(GpuRun, ALostDeviceEndsTheWorkerAfterTheLastCheckpoint)
{
    const fs::path run = make("run", {{"sample_prompts", Json::array()}});
    tests::ChildProcess worker({"/usr/bin/env",
                                "LD_LIBRARY_PATH=" EMULATED_DRIVER_FOLDER,
                                fault_after(run / "checkpoints" / "step-3"),
                                LOWRANK_PROGRAM,
                                "worker"});
    worker.send(engine::to_line({{"command", "resume_run"}, {"id", 1}, {"run_dir", run.string()}}));
    const Json failed = worker.wait_for("failed");
    ASSERT_FALSE(failed.is_null());
    EXPECT_EQ(failed["code"], "device_lost");
    EXPECT_EQ(worker.wait(), 5); // though its input is open
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "step-3"));
    EXPECT_FALSE(fs::exists(run / "adapter"));
    EXPECT_EQ(go_on(run).code, 0);
    EXPECT_EQ(losses(run).size(), 6U);
}

// Nothing of a run asks who computes its attention, and its memory is known before it starts.
TEST_F(GpuRun, HasTheSameLossesWithAndWithoutCudnn)
{
    const Json changes = {{"dtype", "bf16"}, {"max_steps", 4}};
    const fs::path with = make("with", changes);
    const fs::path without = make("without", changes);
    const Output output = go_on(with);
    ASSERT_EQ(output.code, 0) << output.text;
    EXPECT_THAT(output.text, Not(HasSubstr("GPU attention")));
    ASSERT_EQ(go_on(without, "LOWRANK_CUDNN=off").code, 0);
    const std::vector<double> got = losses(with);
    const std::vector<double> wanted = losses(without);
    EXPECT_NE(got, wanted);             // or cuDNN was not asked
    constexpr double kTolerance = 2e-3; // relative; roundings to bf16 in other places
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_NEAR(got[i], wanted[i], kTolerance * wanted[i]) << "step " << i + 1;
    }
    const double estimate = events(output, "started").at(0)["estimated_memory"].get<double>();
    const double peak = events(output, "finished").at(0)["peak_memory"].get<double>();
    const Json facts = engine::value_or_throw(engine::read_json_file(with / "run.json"))["facts"];
    const double baseline = facts["memory_terms"]["baseline"].get<double>();
    EXPECT_NEAR(estimate, peak, 0.05 * (peak - baseline)) << facts.dump(1);
}

TEST_F(GpuRun, TakesASmallerMicroBatchWhenMemoryRunsOut)
{
    // Rows of some thirty tokens; sixteen of them want more than one MiB of activations.
    const Json changes = {
        {"micro_batch_size", 16}, {"grad_accum_steps", 1}, {"max_steps", 2}, {"packing", false}};
    const fs::path plenty = make("plenty", changes);
    const fs::path scarce = make("scarce", changes);
    ASSERT_EQ(go_on(plenty).code, 0);
    const Output output = go_on(scarce, "LOWRANK_EMULATED_MIB=100 LOWRANK_EMULATED_TAKEN_MIB=65");
    ASSERT_EQ(output.code, 0) << output.text;
    const std::vector<Json> warnings = events(output, "warning");
    ASSERT_FALSE(warnings.empty()) << output.text;
    EXPECT_THAT(warnings.back()["message"].get<std::string>(),
                AllOf(HasSubstr("MiB asked"), HasSubstr("micro_batch_size 16 -> 8")));
    expect_near(losses(scarce), losses(plenty));
    const Json settings = engine::value_or_throw(engine::read_json_file(scarce / "run.json"));
    EXPECT_EQ(settings["micro_batch_size"].get<int>() * settings["grad_accum_steps"].get<int>(),
              16);
    EXPECT_LT(settings["micro_batch_size"].get<int>(), 16);
}

TEST_F(GpuRun, ARunThatCannotBeSmallerEndsWithNumbers)
{
    const fs::path run =
        make("run", {{"micro_batch_size", 1}, {"seq_len", 256}, {"method", "full"}});
    const Output output = go_on(run, "LOWRANK_EMULATED_MIB=100 LOWRANK_EMULATED_TAKEN_MIB=65");
    EXPECT_EQ(output.code, 4) << output.text;
    EXPECT_THAT(output.text, AllOf(HasSubstr("GPU memory"), HasSubstr("MiB asked")));
}

TEST_F(GpuRun, StartsWithASmallerMicroBatchWhereTheChosenOneDoesNotFit)
{
    const Json changes = {
        {"micro_batch_size", 16}, {"grad_accum_steps", 1}, {"max_steps", 2}, {"packing", false}};
    const fs::path plenty = make("plenty", changes);
    const fs::path scarce = make("scarce", changes);
    ASSERT_EQ(go_on(plenty).code, 0);
    const Output output = go_on(scarce, "LOWRANK_EMULATED_MIB=35");
    ASSERT_EQ(output.code, 0) << output.text;
    const std::vector<Json> warnings = events(output, "warning");
    ASSERT_EQ(warnings.size(), 1U) << output.text;
    EXPECT_THAT(warnings.front()["message"].get<std::string>(),
                AllOf(HasSubstr("GPU memory: the run needs "),
                      HasSubstr("the run starts with micro_batch_size 16 -> ")));
    const Json settings = engine::value_or_throw(engine::read_json_file(scarce / "run.json"));
    EXPECT_EQ(settings["micro_batch_size"].get<int>() * settings["grad_accum_steps"].get<int>(),
              16);
    expect_near(losses(scarce), losses(plenty));
    const double estimate = events(output, "started").at(0)["estimated_memory"].get<double>();
    EXPECT_GE(1.05 * estimate, events(output, "finished").at(0)["peak_memory"].get<double>());
}

TEST_F(GpuRun, ARunThatDoesNotFitIsRefusedBeforeItStarts)
{
    const fs::path run =
        make("run", {{"micro_batch_size", 4}, {"seq_len", 256}, {"method", "full"}});
    const Output output = go_on(run, "LOWRANK_EMULATED_MIB=35");
    EXPECT_EQ(output.code, 4) << output.text;
    EXPECT_THAT(output.text, HasSubstr("GPU memory: the run needs "));
    EXPECT_FALSE(fs::exists(run / "checkpoints" / "step-3"));
}

} // namespace
