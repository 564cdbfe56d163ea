// The worker's protocol: commands on stdin, events on stdout, one JSON object a line, UTF-8, "\n".
// The first event is hello {protocol, version, devices}. Unknown fields are ignored; an unknown
// command is answered with a failed event of its id. Every command may carry "id"; its answers
// carry the same "id". One file because it is the whole protocol.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/json.h"
#include "engine/model/generator.h"
#include "engine/train/train_event.h"

namespace engine {

inline constexpr int kProtocolVersion = 1;

// Commands. `train` and `resume_run` occupy the worker until the run ends; pause, continue,
// checkpoint, sample and stop act on it. The others are answered in order when no run is going on.
struct TrainCommand
{
    std::string run_dir; // holds run.json
};

struct ResumeRunCommand
{
    std::string run_dir;
};

struct PauseCommand
{};

struct ContinueCommand
{};

struct CheckpointCommand
{};

struct SampleCommand
{};

struct StopCommand
{
    bool save = true;
};

struct QuitCommand
{};

// Keeps a base resident; answered with progress states and `loaded`.
struct LoadModelCommand
{
    std::string base_model;
    std::string dtype = "f32";
    std::string base_quant = "none";
    std::string device = "auto";
};

// Makes an adapter resident on the loaded base under a key; answered with `loaded`.
struct LoadAdapterCommand
{
    std::string key;
    std::string path;
};

struct UnloadAdapterCommand
{
    std::string key;
};

// Answered with `token` events and one `generated`. An empty adapter key means the base.
struct GenerateCommand
{
    std::string adapter;
    std::string prompt; // raw text, or
    std::vector<std::pair<std::string, std::string>>
        messages; // (role, content) in the model's chat format
    std::string chat_format = "auto";
    SamplingConfig sampling;
};

struct CancelCommand // ends the running generate, merge, export, check, inspect or analyze
{};

struct MergeCommand
{
    std::string base_model;
    std::string adapter;
    std::string out;
    std::string dtype = "bf16";
    std::int64_t max_shard_bytes = 5'000'000'000;
};

struct ExportCommand
{
    std::string base_model;
    std::string adapter;
    std::string format; // "peft", "hf"
    std::string out;
    std::string dtype = "bf16";
};

struct InspectCommand // answered with `inspected`
{
    std::string path;
};

struct CheckCommand // answered with `checked`: the data gate
{
    std::string base_model; // may be empty: no token counts
    std::string dataset;
    std::string eval_data; // may be empty: a file whose rows must not be in the data set
    std::string format = "auto";
    std::map<std::string, std::string> column_map;
    std::string chat_format = "auto";
    std::int64_t preview_rows = 20; // rendered rows in the answer
    std::int64_t preview_offset = 0;
    std::int64_t seq_len = 0;
    bool mask_prompt = true;
};

// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json throws nothing.
struct EstimateCommand // answered with `estimated`
{
    Json config; // a TrainConfig
};

struct DevicesCommand // answered with `devices`
{};

struct AnalyzeCommand // answered with `analyzed`: what an adapter changed, matrix by matrix
{
    std::string base_model;
    std::string adapter; // folder
};

using CommandBody = std::variant<TrainCommand,
                                 ResumeRunCommand,
                                 PauseCommand,
                                 ContinueCommand,
                                 CheckpointCommand,
                                 SampleCommand,
                                 StopCommand,
                                 QuitCommand,
                                 LoadModelCommand,
                                 LoadAdapterCommand,
                                 UnloadAdapterCommand,
                                 GenerateCommand,
                                 CancelCommand,
                                 MergeCommand,
                                 ExportCommand,
                                 InspectCommand,
                                 CheckCommand,
                                 EstimateCommand,
                                 DevicesCommand,
                                 AnalyzeCommand>;

struct Command
{
    std::int64_t id = 0;
    CommandBody body;
};

// One line to a command and back. {"command":"train","id":1,"run_dir":"..."}. Errors: Format,
// InvalidArgument.
[[nodiscard]] Result<Command> parse_command(std::string_view line);
[[nodiscard]] std::string to_line(const Command& command);

// The id that a line states even when the rest of it cannot be understood; 0 when there is none.
[[nodiscard]] std::int64_t command_id(std::string_view line);
// The command's name as it is written in the line: "train", "resume_run", ...
[[nodiscard]] std::string_view name_of(const CommandBody& body);

} // namespace engine
