// The real worker over real pipes: hello, commands, a run with pause and stop, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/worker/protocol.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_run.h"

namespace {

namespace fs = std::filesystem;
using engine::Json;
using testing::HasSubstr;
using tests::ChildProcess;

class WorkerProgram : public testing::Test
{
protected:
    void SetUp() override
    {
        tests::write_tiny_workspace(m_folder.path());
        m_worker.emplace(std::vector<std::string>{LOWRANK_PROGRAM, "worker"});
        ASSERT_EQ(m_worker->wait_for("hello")["protocol"], engine::kProtocolVersion);
    }

    void send(engine::CommandBody body)
    {
        m_worker->send(engine::to_line(engine::Command{++m_id, std::move(body)}));
    }

    Json answer()
    {
        const std::int64_t id = m_id;
        return m_worker->wait_for([id](const Json& event) {
            return event.value("id", 0) == id && event["event"] != "state"
                   && event["event"] != "token";
        });
    }

    // Starts a run that goes on until it is told to stop.
    fs::path start_long_run()
    {
        const fs::path run =
            tests::make_run(m_folder.path(), "run", {{"max_steps", 1000000}, {"save_every", 0}});
        send(engine::TrainCommand{run.string()});
        EXPECT_FALSE(m_worker->wait_for("step").is_null());
        return run;
    }

    tests::TemporaryFolder m_folder;
    std::optional<ChildProcess> m_worker;
    std::int64_t m_id = 0;
};

TEST_F(WorkerProgram, AnswersWithTheIdOfTheCommand)
{
    send(engine::DevicesCommand{});
    const Json devices = answer();
    EXPECT_EQ(devices["event"], "devices");
    EXPECT_EQ(devices["devices"][0]["device"], "cpu");
    send(engine::InspectCommand{(m_folder.path() / "model").string()});
    const Json model = answer();
    EXPECT_EQ(model["kind"], "model");
    EXPECT_EQ(model["usable"], true) << model["reason"];
    EXPECT_EQ(model["num_layers"], 2);
    EXPECT_EQ(model["tokenizer"]["chat_format"], "plain");
    EXPECT_EQ(model["target_shapes"]["k_proj"], Json({16, 32}));
}

TEST_F(WorkerProgram, GarbageIsAnsweredAndSurvived)
{
    m_worker->send("rubbish");
    EXPECT_EQ(m_worker->wait_for("failed")["code"], "format");
    m_worker->send(R"({"command":"fly","id":77})");
    const Json failed = m_worker->wait_for("failed");
    EXPECT_EQ(failed["id"], 77);
    EXPECT_THAT(failed["message"].get<std::string>(), HasSubstr("fly"));
    m_worker->send("\xff\xfe\x00");
    EXPECT_EQ(m_worker->wait_for("failed")["code"], "format");
    send(engine::PauseCommand{});
    EXPECT_EQ(answer()["event"], "failed");
    send(engine::DevicesCommand{});
    EXPECT_EQ(answer()["event"], "devices");
}

TEST_F(WorkerProgram, TrainsToTheEndAndStaysForMore)
{
    const fs::path run = tests::make_run(m_folder.path(), "run");
    send(engine::TrainCommand{run.string()});
    const Json finished = m_worker->wait_for("finished");
    EXPECT_EQ(finished["reason"], "done");
    EXPECT_EQ(finished["id"], m_id);
    EXPECT_EQ(finished["step"], 6);
    send(engine::DevicesCommand{});
    EXPECT_EQ(answer()["event"], "devices");
    send(engine::QuitCommand{});
    EXPECT_EQ(m_worker->wait(), 0);
}

TEST_F(WorkerProgram, SaysWhatAnAdapterChanged)
{
    const fs::path run =
        tests::make_run(m_folder.path(), "run", {{"targets", {"q_proj", "v_proj"}}});
    send(engine::TrainCommand{run.string()});
    ASSERT_EQ(m_worker->wait_for("finished")["reason"], "done");
    const std::string base = (m_folder.path() / "model").string();
    const std::string adapter = (run / "adapter").string();
    send(engine::AnalyzeCommand{base, adapter});
    const Json analyzed = answer();
    ASSERT_EQ(analyzed["event"], "analyzed") << analyzed;
    EXPECT_EQ(analyzed["adapter"], adapter);
    ASSERT_EQ(analyzed["matrices"].size(), 4U); // 2 layers
    for (const Json& matrix : analyzed["matrices"]) {
        EXPECT_EQ(matrix["rank"], 4);
        EXPECT_GT(matrix["weight_norm"].get<double>(), 0.0);
        EXPECT_GT(matrix["delta_norm"].get<double>(), 0.0);
        EXPECT_GE(matrix["effective_rank"].get<double>(), 1.0);
        EXPECT_LE(matrix["effective_rank"].get<double>(), 4.0 + 1e-9);
    }
    send(engine::AnalyzeCommand{base, (run / "nothing").string()});
    EXPECT_EQ(answer()["code"], "not_found");
    send(engine::AnalyzeCommand{(m_folder.path() / "nowhere").string(), adapter});
    EXPECT_EQ(answer()["event"], "failed");
}

TEST_F(WorkerProgram, ARunThatCannotStartFailsWithAReason)
{
    send(engine::TrainCommand{(m_folder.path() / "nowhere").string()});
    const Json failed = answer();
    EXPECT_EQ(failed["event"], "failed");
    EXPECT_EQ(failed["code"], "not_found");
    EXPECT_THAT(failed["hint"].get<std::string>(), HasSubstr("spelling"));
}

TEST_F(WorkerProgram, WarnsOfAnAdapterOfAnotherBase)
{
    const fs::path run = tests::make_run(m_folder.path(), "run");
    send(engine::TrainCommand{run.string()});
    ASSERT_EQ(m_worker->wait_for("finished")["reason"], "done");
    const std::string adapter = (run / "adapter").string();
    const std::string out = (m_folder.path() / "merged").string();
    send(engine::LoadModelCommand{.base_model = (m_folder.path() / "model").string()});
    ASSERT_EQ(m_worker->wait_for("loaded")["what"], "model");
    send(engine::LoadAdapterCommand{.key = "mine", .path = adapter});
    EXPECT_EQ(answer()["event"], "loaded"); // its own base: no warning comes before
    send(engine::MergeCommand{.base_model = (m_folder.path() / "model").string(),
                              .adapter = adapter,
                              .out = out,
                              .dtype = "f32"});
    ASSERT_FALSE(m_worker->wait_for("exported").is_null());
    send(engine::LoadModelCommand{.base_model = out});
    ASSERT_EQ(m_worker->wait_for("loaded")["what"], "model");
    send(engine::LoadAdapterCommand{.key = "mine", .path = adapter});
    EXPECT_THAT(m_worker->wait_for("warning")["message"].get<std::string>(), HasSubstr(out));
}

TEST_F(WorkerProgram, PausesContinuesSavesAndStops)
{
    const fs::path run = start_long_run();
    send(engine::TrainCommand{run.string()});
    EXPECT_THAT(answer()["message"].get<std::string>(), HasSubstr("going on"));
    send(engine::PauseCommand{});
    m_worker->wait_for([](const Json& event) { return event.value("state", "") == "paused"; });
    send(engine::CheckpointCommand{});
    const Json checkpoint = m_worker->wait_for("checkpoint");
    EXPECT_TRUE(fs::exists(fs::path(checkpoint["path"].get<std::string>()) / "state.json"));
    send(engine::ContinueCommand{});
    m_worker->wait_for([](const Json& event) { return event.value("state", "") == "training"; });
    send(engine::SampleCommand{});
    EXPECT_EQ(m_worker->wait_for("sample")["prompt"], "say 1:");
    send(engine::StopCommand{});
    const Json finished = m_worker->wait_for("finished");
    EXPECT_EQ(finished["reason"], "stopped");
    EXPECT_TRUE(fs::exists(run / "adapter" / "adapter_model.safetensors"));
    send(engine::QuitCommand{});
    EXPECT_EQ(m_worker->wait(), 0);
}

TEST_F(WorkerProgram, TheEndOfTheInputSavesAndExits)
{
    const fs::path run = start_long_run();
    m_worker->close_input();
    const Json finished = m_worker->wait_for("finished");
    EXPECT_EQ(finished["reason"], "stopped");
    EXPECT_EQ(m_worker->wait(), 3);
    EXPECT_TRUE(
        fs::exists(run / "checkpoints" / ("step-" + std::to_string(finished["step"].get<int>()))
                   / "state.json"));
}

TEST_F(WorkerProgram, ASignalSavesAndExits)
{
    start_long_run();
    m_worker->terminate();
    EXPECT_EQ(m_worker->wait_for("finished")["reason"], "stopped");
    EXPECT_EQ(m_worker->wait(), 3);
}

TEST_F(WorkerProgram, ResumesWhereTheRunStopped)
{
    const fs::path run = start_long_run();
    send(engine::StopCommand{});
    const Json stopped = m_worker->wait_for("finished");
    send(engine::ResumeRunCommand{run.string()});
    EXPECT_EQ(m_worker->wait_for("started")["start_step"], stopped["step"]);
    send(engine::StopCommand{});
    m_worker->wait_for("finished");
}

TEST_F(WorkerProgram, GeneratesFromBaseAndAdapterOnOneResidentBase)
{
    const fs::path run = tests::make_run(m_folder.path(), "run");
    send(engine::TrainCommand{run.string()});
    m_worker->wait_for("finished");
    send(engine::GenerateCommand{});
    EXPECT_THAT(answer()["hint"].get<std::string>(), HasSubstr("load_model"));
    send(engine::LoadModelCommand{(m_folder.path() / "model").string()});
    EXPECT_EQ(answer()["what"], "model");
    send(engine::LoadAdapterCommand{"one", (run / "adapter").string()});
    EXPECT_EQ(answer()["matrices"], 14);
    engine::GenerateCommand generate;
    generate.prompt = "say 1:";
    generate.sampling.max_new_tokens = 5;
    for (const char* key : {"", "one"}) {
        generate.adapter = key;
        send(generate);
        const Json generated = answer();
        EXPECT_EQ(generated["event"], "generated");
        EXPECT_EQ(generated["adapter"], key);
        EXPECT_EQ(generated["prompt_tokens"], 6);
        EXPECT_LE(generated["tokens"].get<int>(), 5);
    }
    send(engine::UnloadAdapterCommand{"one"});
    EXPECT_EQ(answer()["event"], "done");
    send(generate);
    EXPECT_EQ(answer()["code"], "not_found");
}

TEST_F(WorkerProgram, ChecksDataAndEstimates)
{
    engine::CheckCommand check;
    check.base_model = (m_folder.path() / "model").string();
    check.dataset = (m_folder.path() / "data.jsonl").string();
    check.preview_rows = 2;
    check.preview_offset = 3;
    send(check);
    const Json checked = answer();
    EXPECT_EQ(checked["verdict"], "accept");
    EXPECT_EQ(checked["rows"], 24);
    EXPECT_EQ(checked["suggested_seq_len"], 128);
    EXPECT_EQ(checked["seq_len"], 128);
    ASSERT_EQ(checked["preview"].size(), 2U);
    EXPECT_EQ(checked["preview"][0]["row"], 4);

    check.eval_data = check.dataset;
    send(check);
    const Json leaking = answer();
    EXPECT_EQ(leaking["verdict"], "warn");
    EXPECT_EQ(leaking["leaked"], 24);
    EXPECT_EQ(leaking["eval_rows"], 24);

    send(engine::EstimateCommand{tests::tiny_settings(m_folder.path())});
    const Json estimated = answer();
    EXPECT_EQ(estimated["fits"], true);
    EXPECT_EQ(estimated["max_steps"], 6);
    std::int64_t sum = 0;
    for (const Json& term : estimated["terms"]) {
        sum += term["bytes"].get<std::int64_t>();
    }
    EXPECT_EQ(sum, estimated["total_bytes"].get<std::int64_t>());
    send(engine::EstimateCommand{{{"rank", 0}}});
    EXPECT_EQ(answer()["problems"].size(), 3U);
}

} // namespace
