// The command line as plain structs, one per subcommand: the only file that knows the option parser
// is arguments.cpp. One file because every subcommand shares its option groups.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/worker/resident_model.h"

namespace cli {

// Where a data file is, and how to read it.
struct DataArguments
{
    std::string data;
    std::string format = "auto";
    std::string map; // "col=role,..."
    std::string chat_format = "auto";
    std::string mask_prompt = "on";
};

struct InspectArguments
{
    std::string path;
    bool json = false;
};

struct TokenizeArguments
{
    std::string base;
    std::string file;
    std::string text;
    bool has_text = false;
    bool no_special = false;
    bool decode = false;
    bool json = false;
};

struct RenderArguments
{
    std::string base;
    DataArguments data;
    std::int64_t row = 1; // as `check` counts them, from 1
    bool json = false;
};

struct CheckArguments
{
    std::string base;
    DataArguments data;
    std::string eval_data; // a file, or empty
    std::int64_t seq_len = 0;
    std::int64_t preview_rows = 3;
    bool json = false;
};

struct EstimateArguments
{
    std::string run_json; // a file, or
    engine::Json settings = engine::Json::object();
    bool json = false;
};

struct TrainArguments
{
    engine::Json settings = engine::Json::object(); // keys of run.json
    std::string out;
    std::string progress = "auto";
};

struct ResumeArguments
{
    std::string run_dir;
    std::string progress = "auto";
};

struct EvalArguments
{
    std::string base;
    std::string adapter;
    DataArguments data;
    engine::ResidentOptions resident;
    std::int64_t seq_len = 0;
    std::int64_t micro_batch_size = 4;
    bool exact_match = false;
    std::int64_t max_new_tokens = 128;
    std::int64_t limit = 0; // rows; 0: all
    bool json = false;
};

struct GenerateArguments
{
    std::string base;
    std::vector<std::string> adapters;
    std::string prompt;
    std::string messages; // a JSON file
    std::string chat_format = "auto";
    engine::ResidentOptions resident;
    std::int64_t max_new_tokens = 256;
    double temperature = 0.0;
    std::int64_t top_k = 0;
    double top_p = 1.0;
    std::uint64_t seed = 0;
    bool json = false;
};

struct MergeArguments
{
    std::string base;
    std::string adapter;
    std::string out;
    std::string dtype = "bf16";
    std::string max_shard_size = "5GB";
    bool json = false;
};

struct ExportArguments
{
    std::string base;
    std::string adapter;
    std::string format;
    std::string out;
    std::string type; // of hf; empty: bf16
    bool json = false;
};

struct DiffArguments
{
    std::string base;
    std::vector<std::string> adapters;
    bool json = false;
};

struct WorkerArguments
{};

struct DevicesArguments
{
    bool json = false;
};

using Arguments = std::variant<InspectArguments,
                               TokenizeArguments,
                               RenderArguments,
                               CheckArguments,
                               EstimateArguments,
                               TrainArguments,
                               ResumeArguments,
                               EvalArguments,
                               GenerateArguments,
                               MergeArguments,
                               ExportArguments,
                               DiffArguments,
                               WorkerArguments,
                               DevicesArguments>;

// What the parser decided: a subcommand, or text to print with an exit code (--help, --version, a
// usage error).
struct Parsed
{
    Arguments arguments;
    bool done = false;
    int exit_code = 0;
    std::string output; // to stdout
    std::string error;  // to stderr: one sentence
};

// Without the program's name.
[[nodiscard]] Parsed parse_arguments(const std::vector<std::string>& arguments);

} // namespace cli
