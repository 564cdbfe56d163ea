// Each checkpoint holds its adapter as PEFT reads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/platform.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using engine::RunControl;
using engine::TrainEvent;

constexpr std::int64_t kStop = 3; // of six steps

std::string bytes_of(const fs::path& path)
{
    return engine::value_or_throw(engine::read_file(path));
}

class CheckpointAdapter : public testing::TestWithParam<Json>
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    // Trains to the end, or until `last` has been reported.
    fs::path trained(const std::string& name, std::int64_t last)
    {
        Json settings = GetParam();
        settings["save_every"] = kStop;
        const fs::path run = tests::make_run(m_folder.path(), name, settings);
        RunControl control;
        const auto finished = engine::train_run(run, control, [&](const TrainEvent& event) {
            if (const auto* saved = std::get_if<engine::CheckpointEvent>(&event)) {
                // It is there when the checkpoint is told of.
                EXPECT_TRUE(fs::exists(fs::path(saved->path) / "adapter/adapter_config.json"));
            }
            const auto* step = std::get_if<engine::StepEvent>(&event);
            if (step != nullptr && step->step == last) {
                control.stop(engine::StopMode::Save);
            }
        });
        EXPECT_TRUE(finished) << finished.error().message;
        return run;
    }

    tests::TemporaryFolder m_folder;
};

TEST_P(CheckpointAdapter, IsTheResultOfARunStoppedThere)
{
    const fs::path whole = trained("whole", 0);
    const fs::path stopped = trained("stopped", kStop);
    const fs::path adapter = engine::RunFolder(whole).checkpoint_adapter(kStop);
    for (const char* name : {"adapter_config.json", "adapter_model.safetensors"}) {
        EXPECT_EQ(bytes_of(adapter / name), bytes_of(stopped / "adapter" / name)) << name;
    }
    EXPECT_NE(bytes_of(adapter / "adapter_model.safetensors"),
              bytes_of(whole / "adapter" / "adapter_model.safetensors"));
}

INSTANTIATE_TEST_SUITE_P(Starts,
                         CheckpointAdapter,
                         testing::Values(Json({{"init", "lora"}}),
                                         Json({{"init", "lora-ga"}, {"rslora", true}})));

} // namespace
