// Every command to a line and back; what a line may lack and must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/worker/protocol.h"

namespace {

using engine::Command;
using engine::Error;
using engine::Json;
using engine::parse_command;
using testing::HasSubstr;

Json fields_of(const Command& command)
{
    return engine::value_or_throw(engine::parse_json(to_line(command), "line"));
}

std::vector<Command> every_command()
{
    using namespace engine;
    GenerateCommand generate;
    generate.adapter = "a";
    generate.prompt = "p";
    generate.messages = {{"system", "be short"}, {"user", "hi \"there\"\n\xF0\x9F\x99\x82"}};
    generate.sampling.max_new_tokens = 9;
    generate.sampling.temperature = 0.25;
    generate.sampling.top_k = 3;
    generate.sampling.top_p = 0.5;
    generate.sampling.seed = 18446744073709551615ULL;
    generate.sampling.stop_token_ids = {1, 2};
    CheckCommand check;
    check.base_model = "m";
    check.dataset = "d";
    check.eval_data = "e";
    check.format = "alpaca";
    check.column_map = {{"q", "prompt"}};
    check.preview_rows = 5;
    check.preview_offset = 10;
    check.seq_len = 77;
    check.mask_prompt = false;
    EstimateCommand estimate;
    estimate.config = {{"rank", 4}, {"targets", {"q_proj"}}};
    std::vector<CommandBody> bodies = {TrainCommand{"/runs/a b"},
                                       ResumeRunCommand{"r"},
                                       PauseCommand{},
                                       ContinueCommand{},
                                       CheckpointCommand{},
                                       SampleCommand{},
                                       StopCommand{false},
                                       QuitCommand{},
                                       LoadModelCommand{"m", "bf16", "nf4"},
                                       LoadAdapterCommand{"k", "p"},
                                       UnloadAdapterCommand{"k"},
                                       generate,
                                       CancelCommand{},
                                       MergeCommand{"m", "a", "o", "f16", 123},
                                       ExportCommand{"m", "a", "peft", "o", "f32"},
                                       InspectCommand{"p"},
                                       check,
                                       estimate,
                                       DevicesCommand{},
                                       AnalyzeCommand{"m", "a"}};
    std::vector<Command> commands;
    for (CommandBody& body : bodies) {
        commands.push_back({static_cast<std::int64_t>(commands.size()) + 1, std::move(body)});
    }
    return commands;
}

TEST(Protocol, EveryCommandRoundTrips)
{
    const std::vector<Command> commands = every_command();
    ASSERT_EQ(commands.size(), std::variant_size_v<engine::CommandBody>);
    for (const Command& command : commands) {
        const std::string line = to_line(command);
        EXPECT_EQ(line.find('\n'), std::string::npos);
        const auto read = parse_command(line);
        ASSERT_TRUE(read) << line << ": " << read.error().message;
        EXPECT_EQ(read->id, command.id);
        EXPECT_EQ(read->body.index(), command.body.index());
        EXPECT_EQ(to_line(*read), line);
    }
}

TEST(Protocol, NamesAreTheContracts)
{
    EXPECT_EQ(fields_of({3, engine::ResumeRunCommand{"x"}}),
              Json({{"command", "resume_run"}, {"id", 3}, {"run_dir", "x"}}));
    EXPECT_EQ(fields_of({4, engine::StopCommand{}})["save"], true);
}

TEST(Protocol, DefaultsFillWhatALineLeavesOut)
{
    const auto command = parse_command(R"({"command":"generate","prompt":"x"})");
    ASSERT_TRUE(command);
    const auto& generate = std::get<engine::GenerateCommand>(command->body);
    EXPECT_EQ(command->id, 0);
    EXPECT_EQ(generate.sampling.max_new_tokens, 256);
    EXPECT_EQ(generate.sampling.temperature, 0.0);
}

TEST(Protocol, UnknownFieldsAreIgnored)
{
    EXPECT_TRUE(parse_command(R"({"command":"pause","id":1,"colour":"red"})"));
}

struct Bad
{
    const char* name;
    const char* line;
    const char* says;
};

class ProtocolRefuses : public testing::TestWithParam<Bad>
{};

TEST_P(ProtocolRefuses, WithAReason)
{
    const auto command = parse_command(GetParam().line);
    ASSERT_FALSE(command);
    EXPECT_THAT(command.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Lines,
    ProtocolRefuses,
    testing::Values(Bad{"Nothing", "", "JSON"},
                    Bad{"Rubbish", "rubbish", "JSON"},
                    Bad{"AList", "[]", "command"},
                    Bad{"NoCommand", "{}", "command"},
                    Bad{"CommandIsANumber", R"({"command":7})", "command"},
                    Bad{"UnknownCommand", R"({"command":"fly"})", "fly"},
                    Bad{"TrainWithoutFolder", R"({"command":"train"})", "run_dir"},
                    Bad{"FolderIsANumber", R"({"command":"train","run_dir":5})", "run_dir"},
                    Bad{"IdIsText", R"({"command":"pause","id":"one"})", "id"},
                    Bad{"SaveIsText", R"({"command":"stop","save":"yes"})", "true or false"},
                    Bad{"TopKIsAFraction", R"({"command":"generate","top_k":1.5})", "top_k"},
                    Bad{"NegativeSeed", R"({"command":"generate","seed":-1})", "seed"},
                    Bad{"MessageWithoutContent",
                        R"({"command":"generate","messages":[{"role":"user"}]})",
                        "content"},
                    Bad{"ConfigIsAList", R"({"command":"estimate","config":[]})", "config"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(Protocol, IdIsKnownEvenOfABadCommand)
{
    EXPECT_EQ(engine::command_id(R"({"command":"fly","id":12})"), 12);
    EXPECT_EQ(engine::command_id("rubbish"), 0);
}

} // namespace
