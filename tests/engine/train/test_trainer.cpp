// Runs from folder to result: learning, reproducing, stopping, resuming, failing well.
// One file because the cases share one tiny run.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Error;
using engine::ErrorCode;
using engine::FinishedEvent;
using engine::Json;
using engine::Result;
using engine::RunControl;
using engine::StepEvent;
using engine::TrainEvent;
using testing::HasSubstr;

template <typename Event>
std::vector<Event> only(const std::vector<TrainEvent>& events)
{
    std::vector<Event> found;
    for (const TrainEvent& event : events) {
        if (const auto* match = std::get_if<Event>(&event)) {
            found.push_back(*match);
        }
    }
    return found;
}

std::vector<Json> lines_of(const fs::path& path)
{
    std::vector<Json> lines;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        lines.push_back(engine::value_or_throw(engine::parse_json(line, path.string())));
    }
    return lines;
}

std::vector<double> metric_losses(const fs::path& run)
{
    std::vector<double> losses;
    for (const Json& line : lines_of(run / "metrics.jsonl")) {
        if (line["event"] == "step") {
            losses.push_back(line["loss"].get<double>());
        }
    }
    return losses;
}

std::string bytes_of(const fs::path& path)
{
    return engine::value_or_throw(engine::read_file(path));
}

class TrainerTest : public testing::Test
{
protected:
    void SetUp() override { tests::write_tiny_workspace(m_folder.path()); }

    fs::path make(const std::string& name, const Json& changes = Json::object())
    {
        return tests::make_run(m_folder.path(), name, changes);
    }

    Result<FinishedEvent> train(const fs::path& run)
    {
        m_events.clear();
        return engine::train_run(
            run, m_control, [&](const TrainEvent& event) { m_events.push_back(event); });
    }

    Result<FinishedEvent> resume(const fs::path& run)
    {
        m_events.clear();
        RunControl control;
        return engine::resume_run(
            run, control, [&](const TrainEvent& event) { m_events.push_back(event); });
    }

    // Trains, and asks to stop when the step has been reported.
    Result<FinishedEvent> train_until(const fs::path& run, std::int64_t step)
    {
        RunControl control;
        return engine::train_run(run, control, [&](const TrainEvent& event) {
            const auto* done = std::get_if<StepEvent>(&event);
            if (done != nullptr && done->step == step) {
                control.stop(engine::StopMode::Save);
            }
        });
    }

    // The second run, stopped after `stop_at` and resumed, equals the first bit for bit.
    void expect_resume_equals_straight(const Json& changes, std::int64_t stop_at)
    {
        const fs::path straight = make("straight", changes);
        const fs::path parts = make("parts", changes);
        ASSERT_EQ(train(straight)->reason, "done");
        ASSERT_EQ(train_until(parts, stop_at)->reason, "stopped");
        ASSERT_EQ(metric_losses(parts).size(), static_cast<std::size_t>(stop_at));
        ASSERT_EQ(resume(parts)->reason, "done");
        EXPECT_EQ(metric_losses(parts), metric_losses(straight));
        EXPECT_EQ(bytes_of(parts / "adapter" / "adapter_model.safetensors"),
                  bytes_of(straight / "adapter" / "adapter_model.safetensors"));
    }

    tests::TemporaryFolder m_folder;
    RunControl m_control;
    std::vector<TrainEvent> m_events;
};

TEST_F(TrainerTest, LeavesEverythingARunShould)
{
    const fs::path run = make("run", {{"eval_data", "0.25"}, {"eval_every", 3}});
    const Result<FinishedEvent> finished = train(run);
    ASSERT_TRUE(finished) << finished.error().message;
    EXPECT_EQ(finished->reason, "done");
    EXPECT_EQ(finished->step, 6);
    EXPECT_EQ(only<StepEvent>(m_events).size(), 6U);
    EXPECT_EQ(only<engine::EvalEvent>(m_events).size(), 2U);
    EXPECT_EQ(only<engine::SampleEvent>(m_events).size(), 2U);
    for (const char* name : {"run.json",
                             "metrics.jsonl",
                             "samples.jsonl",
                             "log.txt",
                             "outcome.json",
                             "adapter/adapter_config.json",
                             "adapter/adapter_model.safetensors",
                             "checkpoints/step-3/state.json",
                             "checkpoints/step-6/state.json"}) {
        EXPECT_TRUE(fs::exists(run / name)) << name;
    }
    EXPECT_EQ(metric_losses(run).size(), 6U);
}

TEST_F(TrainerTest, WarnsOfEvaluationRowsThatAreTrainedOn)
{
    const fs::path valid = m_folder.path() / "valid.jsonl";
    const auto row = [](const char* prompt, const char* completion) {
        return engine::to_line({{"prompt", prompt}, {"completion", completion}}) + "\n";
    };
    tests::write_text(valid,
                      row("say 99:", " no") + row("say 1:", " the answer is 7")
                          + row("say 2:", " the answer is 4"));
    const fs::path run = make("run", {{"eval_data", valid.string()}, {"max_steps", 1}});
    ASSERT_TRUE(train(run));
    std::string warnings;
    for (const engine::WarningEvent& warning : only<engine::WarningEvent>(m_events)) {
        warnings += warning.message + "\n";
    }
    EXPECT_THAT(warnings,
                HasSubstr("2 of 3 evaluation rows are also trained on: row 2 (training row 2), "
                          "row 3 (training row 3)"));

    tests::write_text(valid, row("say 99:", " no"));
    ASSERT_TRUE(train(make("clean", {{"eval_data", valid.string()}, {"max_steps", 1}})));
    for (const engine::WarningEvent& warning : only<engine::WarningEvent>(m_events)) {
        EXPECT_EQ(warning.message.find("also trained on"), std::string::npos) << warning.message;
    }
}

TEST_F(TrainerTest, RunJsonHoldsEverySettingResolved)
{
    const fs::path run = make("run",
                              {{"max_steps", 0},
                               {"seq_len", 0},
                               {"micro_batch_size", 0},
                               {"grad_accum_steps", 0},
                               {"warmup_steps", -1}});
    ASSERT_TRUE(train(run));
    const Json json = engine::value_or_throw(engine::read_json_file(run / "run.json"));
    EXPECT_EQ(json["seq_len"], 128); // short rows, rounded up
    EXPECT_EQ(json["micro_batch_size"].get<int>() * json["grad_accum_steps"].get<int>(), 16);
    EXPECT_GT(json["max_steps"].get<int>(), 0);
    EXPECT_EQ(json["warmup_steps"].get<int>(), json["max_steps"].get<int>() / 2); // 5 % is less
    EXPECT_EQ(json["facts"]["examples"], 24);
    EXPECT_TRUE(engine::RunFolder(run).read_config());
}

TEST_F(TrainerTest, OverfitsOneBatch)
{
    // The base is random and its head small, so every weight must move for this.
    tests::write_tiny_data(m_folder.path() / "data.jsonl", 2);
    const fs::path run = make("run",
                              {{"method", "full"},
                               {"max_steps", 80},
                               {"schedule", "constant"},
                               {"warmup_steps", 0},
                               {"learning_rate", 1e-2},
                               {"save_every", 0}});
    ASSERT_TRUE(train(run));
    const std::vector<double> losses = metric_losses(run);
    EXPECT_GT(losses.front(), 4.0); // about log 258
    // The lowest: at such a rate AdamW jumps now and then once the gradients are almost nothing.
    EXPECT_LT(*std::min_element(losses.begin(), losses.end()), 0.05);
}

TEST_F(TrainerTest, SameSeedSameCurveAndAnotherSeedAnother)
{
    const fs::path first = make("first", {{"dropout", 0.2}});
    const fs::path second = make("second", {{"dropout", 0.2}});
    const fs::path third = make("third", {{"dropout", 0.2}, {"seed", 43}});
    ASSERT_TRUE(train(first));
    ASSERT_TRUE(train(second));
    ASSERT_TRUE(train(third));
    EXPECT_EQ(metric_losses(first), metric_losses(second));
    EXPECT_NE(metric_losses(first), metric_losses(third));
}

TEST_F(TrainerTest, ResumeGoesOnBitForBit)
{
    expect_resume_equals_straight({{"max_steps", 20}, {"dropout", 0.1}, {"loraplus_ratio", 4}}, 10);
}

TEST_F(TrainerTest, ResumeGoesOnBitForBitInBf16)
{
    expect_resume_equals_straight({{"max_steps", 8}, {"dtype", "bf16"}}, 5);
}

TEST_F(TrainerTest, ResumeGoesOnBitForBitWithLoraGa)
{
    expect_resume_equals_straight(
        {{"max_steps", 8}, {"init", "lora-ga"}, {"rslora", true}, {"lora_ga_batches", 2}}, 5);
}

TEST_F(TrainerTest, ResumeGoesOnBitForBitOnAQuantisedBase)
{
    expect_resume_equals_straight({{"max_steps", 8}, {"base_quant", "nf4"}}, 5);
}

TEST_F(TrainerTest, ABudgetForActivationsChangesNoBit)
{
    Json settings = {{"dropout", 0.1}, {"seq_len", 256}, {"micro_batch_size", 8}};
    const auto activations = [](const fs::path& run) {
        const Json json = engine::value_or_throw(engine::read_json_file(run / "run.json"));
        return json["facts"]["memory_terms"]["activations"].get<std::int64_t>();
    };
    const fs::path plain = make("plain", settings);
    ASSERT_TRUE(train(plain));
    settings["activation_budget"] = activations(plain) >> 20U; // a little less than it takes
    const fs::path budget = make("budget", settings);
    ASSERT_TRUE(train(budget));
    EXPECT_LT(activations(budget), activations(plain));
    EXPECT_LE(activations(budget), settings["activation_budget"].get<std::int64_t>() << 20U);
    EXPECT_EQ(metric_losses(plain), metric_losses(budget));
    EXPECT_TRUE(only<engine::WarningEvent>(m_events).empty());

    // One that cannot be kept is said with what it takes.
    settings["activation_budget"] = 1;
    ASSERT_TRUE(train(make("too_small", settings)));
    ASSERT_EQ(only<engine::WarningEvent>(m_events).size(), 1U);
    EXPECT_THAT(only<engine::WarningEvent>(m_events).front().message,
                testing::AllOf(HasSubstr("activation_budget: 1 MiB"), HasSubstr("take")));
}

TEST_F(TrainerTest, AQuantisedBaseTrainsAndTheAdapterSaysSo)
{
    const fs::path plain = make("plain", {{"max_steps", 4}});
    ASSERT_TRUE(train(plain));
    for (const std::string type : {"nf4", "int8"}) {
        for (const char* init : {"lora", "lora-ga"}) {
            const fs::path run = make(type + init,
                                      {{"max_steps", 4},
                                       {"base_quant", type},
                                       {"init", init},
                                       {"lora_ga_scale", "weight_svd"}});
            const Result<FinishedEvent> finished = train(run);
            ASSERT_TRUE(finished) << finished.error().message;
            EXPECT_NE(metric_losses(run), metric_losses(plain)); // the base is another
            EXPECT_NEAR(metric_losses(run).front(), metric_losses(plain).front(), 0.5);
            const auto file = engine::value_or_throw(
                engine::SafetensorsFile::open(run / "adapter" / "adapter_model.safetensors"));
            EXPECT_EQ(file.metadata().at("base_quant"), type);
            const Json json = engine::value_or_throw(engine::read_json_file(run / "run.json"));
            EXPECT_EQ(json["base_quant"], type);
        }
    }
    const fs::path full = make("full", {{"method", "full"}, {"base_quant", "nf4"}});
    const Result<FinishedEvent> refused = train(full);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("base_quant"));
}

TEST_F(TrainerTest, ResumeGoesOnBitForBitWithSgdAndEvaluation)
{
    expect_resume_equals_straight(
        {{"max_steps", 8}, {"optimizer", "sgd"}, {"eval_data", "0.25"}, {"eval_every", 2}}, 5);
}

TEST_F(TrainerTest, ResumeCutsMetricsBackToTheCheckpoint)
{
    const fs::path straight = make("straight");
    const fs::path crashed = make("crashed");
    ASSERT_TRUE(train(straight));
    ASSERT_TRUE(train(crashed));
    // As after a crash at step 5: the checkpoint of step 3, two lines more, a torn third, and a
    // checkpoint that was being written.
    fs::remove_all(crashed / "checkpoints" / "step-6");
    fs::remove_all(crashed / "adapter");
    std::ofstream(crashed / "metrics.jsonl", std::ios::app) << R"({"event":"step","st)";
    fs::create_directories(crashed / "checkpoints" / ".tmp-step-6");
    ASSERT_EQ(resume(crashed)->reason, "done");
    EXPECT_EQ(only<engine::StartedEvent>(m_events).front().start_step, 3);
    EXPECT_EQ(metric_losses(crashed), metric_losses(straight));
    EXPECT_FALSE(fs::exists(crashed / "checkpoints" / ".tmp-step-6"));
    EXPECT_EQ(bytes_of(crashed / "adapter" / "adapter_model.safetensors"),
              bytes_of(straight / "adapter" / "adapter_model.safetensors"));
}

TEST_F(TrainerTest, DamagedCheckpointIsSetAsideForTheOneBefore)
{
    const fs::path run = make("run");
    ASSERT_TRUE(train(run));
    const fs::path weights = run / "checkpoints" / "step-6" / "adapter.safetensors";
    std::string bytes = bytes_of(weights);
    bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 1);
    tests::write_text(weights, bytes);
    ASSERT_EQ(resume(run)->reason, "done");
    EXPECT_EQ(only<engine::StartedEvent>(m_events).front().start_step, 3);
    const auto warnings = only<engine::WarningEvent>(m_events);
    ASSERT_FALSE(warnings.empty());
    EXPECT_THAT(warnings.front().message, HasSubstr("checksum"));
}

TEST_F(TrainerTest, StopsWithinOneMicroBatch)
{
    const fs::path run = make("run", {{"max_steps", 1000}, {"grad_accum_steps", 8}});
    ASSERT_EQ(train_until(run, 2)->reason, "stopped");
    EXPECT_EQ(metric_losses(run).size(), 2U);
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "step-2" / "state.json"));
}

TEST_F(TrainerTest, StopWithoutSavingLeavesTheLastCheckpoint)
{
    const fs::path run = make("run", {{"max_steps", 1000}});
    const auto result = engine::train_run(run, m_control, [&](const TrainEvent& event) {
        const auto* step = std::get_if<StepEvent>(&event);
        if (step != nullptr && step->step == 5) {
            m_control.stop(engine::StopMode::Discard);
        }
    });
    ASSERT_EQ(result->reason, "stopped");
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "step-3"));
    EXPECT_FALSE(fs::exists(run / "checkpoints" / "step-5"));
}

TEST_F(TrainerTest, PausesSavesAndContinues)
{
    const fs::path run = make("run", {{"max_steps", 8}, {"save_every", 0}});
    std::thread person;
    std::atomic<bool> paused = false;
    const auto result = engine::train_run(run, m_control, [&](const TrainEvent& event) {
        const auto* step = std::get_if<StepEvent>(&event);
        if (step != nullptr && step->step == 2) {
            m_control.pause();
            person = std::thread([&] {
                while (!paused) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                }
                m_control.request_checkpoint();
                while (!fs::exists(run / "checkpoints" / "step-2")) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                }
                m_control.unpause();
            });
        }
        const auto* state = std::get_if<engine::StateEvent>(&event);
        if (state != nullptr && state->state == "paused") {
            paused = true;
        }
    });
    person.join();
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->reason, "done");
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "step-2" / "state.json"));
}

TEST_F(TrainerTest, KeepsTheNewestCheckpointsAndTheBest)
{
    const fs::path run = make("run", {{"max_steps", 9}, {"save_every", 1}, {"keep", 2}});
    ASSERT_TRUE(train(run));
    EXPECT_THAT(engine::RunFolder(run).checkpoint_steps(), testing::ElementsAre(8, 9));
}

TEST_F(TrainerTest, EarlyStoppingKeepsTheBestWeights)
{
    // A rate this high makes the held-out loss rise soon.
    const fs::path run = make("run",
                              {{"max_steps", 200},
                               {"learning_rate", 0.5},
                               {"schedule", "constant"},
                               {"warmup_steps", 0},
                               {"eval_data", "0.25"},
                               {"eval_every", 2},
                               {"early_stopping", 2}});
    const auto result = train(run);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->reason, "early_stopping");
    EXPECT_LT(result->step, 200);
    const auto evals = only<engine::EvalEvent>(m_events);
    EXPECT_FALSE(evals[evals.size() - 1].best);
    EXPECT_FALSE(evals[evals.size() - 2].best);
    EXPECT_EQ(result->eval_loss, evals[evals.size() - 3].loss);
}

// AdamW does not see a gradient's scale, so B at ratio times the rate moves s B as alpha times the
// ratio would: which alpha a comparison of LoRA+ with LoRA is made at decides what it shows.
TEST_F(TrainerTest, LoraPlusMovesAsALargerAlphaWould)
{
    const Json common = {{"adam_eps", 1e-30}, // below every float's last bit here
                         {"max_grad_norm", 0},
                         {"weight_decay", 0}};
    Json plus = common;
    plus.update({{"alpha", 8}, {"loraplus_ratio", 4}});
    Json large = common;
    large.update({{"alpha", 32}, {"loraplus_ratio", 1}});
    ASSERT_TRUE(train(make("plus", plus)));
    ASSERT_TRUE(train(make("large", large)));
    const std::vector<double> losses = metric_losses(m_folder.path() / "plus");
    EXPECT_EQ(losses, metric_losses(m_folder.path() / "large")); // powers of two: bit for bit
    ASSERT_TRUE(train(make("equal", common)));
    EXPECT_NE(losses, metric_losses(m_folder.path() / "equal"));
}

TEST_F(TrainerTest, LossThatIsNotFiniteEndsTheRunAndKeepsTheCheckpoint)
{
    const fs::path run = make("run",
                              {{"max_steps", 200},
                               {"optimizer", "sgd"},
                               {"learning_rate", 10.0},
                               {"max_grad_norm", 0},
                               {"loraplus_ratio", 1000},
                               {"schedule", "constant"},
                               {"warmup_steps", 0},
                               {"save_every", 1}});
    const auto result = train(run);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("step"));
    EXPECT_THAT(result.error().message, HasSubstr(" is not finite: "));
    EXPECT_THAT(result.error().hint, HasSubstr("learning_rate"));
    EXPECT_EQ(only<engine::FailedEvent>(m_events).size(), 1U);
    EXPECT_FALSE(engine::RunFolder(run).checkpoint_steps().empty());
    for (const double loss : metric_losses(run)) {
        EXPECT_TRUE(std::isfinite(loss));
    }
}

TEST_F(TrainerTest, ResumeRefusesDataThatChanged)
{
    const fs::path run = make("run");
    ASSERT_EQ(train_until(run, 4)->reason, "stopped");
    const std::string settings = bytes_of(run / "run.json");
    const std::string data = bytes_of(m_folder.path() / "data.jsonl");
    tests::write_text(m_folder.path() / "data.jsonl", data + data);
    const auto changed = resume(run);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(changed.error().message, HasSubstr("data.jsonl: has changed"));
    EXPECT_EQ(bytes_of(run / "run.json"), settings);
    tests::write_text(m_folder.path() / "data.jsonl", data);
    EXPECT_EQ(resume(run)->reason, "done");
}

// What an older program recognised goes on, whatever the template means to this one.
TEST_F(TrainerTest, ResumeKeepsTheChatFormatItBeganWith)
{
    tests::write_text(
        m_folder.path() / "model" / "tokenizer_config.json",
        Json{{"eos_token", "</s>"},
             {"chat_template",
              "{% if messages[0].role != 'system' %}<|im_start|>system\nBe good.<|im_end|>\n"
              "{% endif %}"}}
            .dump());
    const fs::path run = make("run");
    ASSERT_EQ(train_until(run, 4)->reason, "stopped");
    Json json = engine::value_or_throw(engine::read_json_file(run / "run.json"));
    EXPECT_EQ(json["chat_format"], "auto");
    EXPECT_EQ(json["facts"]["chat_format"], "chatml-default");
    json["facts"]["chat_format"] = "chatml";
    tests::write_text(run / "run.json", json.dump());
    ASSERT_EQ(resume(run)->reason, "done");
    json = engine::value_or_throw(engine::read_json_file(run / "run.json"));
    EXPECT_EQ(json["facts"]["chat_format"], "chatml");
}

TEST_F(TrainerTest, AShortRunIsNotAllWarmUp)
{
    const fs::path run = make("run", {{"max_steps", 1}, {"save_every", 0}});
    ASSERT_TRUE(train(run));
    EXPECT_GT(only<StepEvent>(m_events).front().learning_rate, 0.0);
}

TEST_F(TrainerTest, ASecondRunInTheFolderIsRefused)
{
    const fs::path run = make("run");
    ASSERT_TRUE(train(run));
    const std::string metrics = bytes_of(run / "metrics.jsonl");
    const auto again = train(run);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(bytes_of(run / "metrics.jsonl"), metrics);
}

TEST_F(TrainerTest, ALockedFolderIsRefused)
{
    const fs::path run = make("run");
    const auto lock = engine::FolderLock::acquire(run);
    ASSERT_TRUE(lock);
    const auto result = train(run);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Io);
}

TEST_F(TrainerTest, DataWithoutTargetsIsRefused)
{
    tests::write_text(m_folder.path() / "data.jsonl",
                      R"({"prompt": "a", "completion": ""})"
                      "\n");
    const auto result = train(make("run"));
    ASSERT_FALSE(result);
    EXPECT_EQ(engine::exit_code(result.error().code), 2);
}

TEST_F(TrainerTest, SeqLenBeyondThePositionsIsRefused)
{
    const auto result = train(make("run", {{"seq_len", 512}}));
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("256"));
}

TEST_F(TrainerTest, FullTrainingWritesAModelFolder)
{
    const fs::path run = make("run", {{"method", "full"}, {"max_steps", 4}});
    const auto result = train(run);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(fs::exists(run / "model" / "tokenizer.json"));
    engine::CpuBackend backend(1);
    const auto before = engine::BaseModel::load(backend, m_folder.path() / "model");
    const auto after = engine::BaseModel::load(backend, run / "model");
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_NE(after->embed_tokens().data<float>()['s'],
              before->embed_tokens().data<float>()['s' * 32]);
    const std::vector<double> losses = metric_losses(run);
    EXPECT_LT(losses.back(), losses.front());
}

TEST_F(TrainerTest, FullTrainingResumesBitForBit)
{
    const Json changes = {{"method", "full"}, {"max_steps", 6}};
    const fs::path straight = make("straight", changes);
    const fs::path parts = make("parts", changes);
    ASSERT_EQ(train(straight)->reason, "done");
    ASSERT_EQ(train_until(parts, 4)->reason, "stopped");
    ASSERT_EQ(resume(parts)->reason, "done");
    EXPECT_EQ(bytes_of(parts / "model" / "model.safetensors"),
              bytes_of(straight / "model" / "model.safetensors"));
}

TEST_F(TrainerTest, TheLossIsTheMeanOverTheStepsTargets)
{
    // Four rows at once and one row four times are the same step.
    const fs::path once = make("once", {{"micro_batch_size", 4}, {"grad_accum_steps", 1}});
    const fs::path four = make("four", {{"micro_batch_size", 1}, {"grad_accum_steps", 4}});
    ASSERT_TRUE(train(once));
    ASSERT_TRUE(train(four));
    const std::vector<double> a = metric_losses(once);
    const std::vector<double> b = metric_losses(four);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_NEAR(a[i], b[i], 1e-4 * a[i]) << "step " << i + 1;
    }
}

} // namespace
