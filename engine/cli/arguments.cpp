// The options of every subcommand, read with CLI11.
// One file because they are one grammar.
#include "engine/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <memory>

#include "engine/core/build_config.h"
#include "engine/train/train_config.h"

namespace cli {

namespace {

constexpr int kUsageError = 2;

// A subcommand whose arguments become the parsed alternative when it is named.
template <typename T>
struct Command
{
    CLI::App* app;
    std::shared_ptr<T> arguments;

    T* operator->() const { return arguments.get(); }
};

template <typename T>
Command<T> add_command(CLI::App& app, const char* name, const char* help, Parsed& parsed)
{
    auto arguments = std::make_shared<T>();
    CLI::App* command = app.add_subcommand(name, help);
    command->final_callback([arguments, &parsed] { parsed.arguments = *arguments; });
    return {command, arguments};
}

void add_json(CLI::App& command, bool& json)
{
    command.add_flag("--json", json, "Print JSON");
}

// A value that is not what the option wants; what() is the whole sentence.
[[noreturn]] void refuse(const char* name, const std::string& found, const std::string& wanted)
{
    constexpr std::size_t kShown = 60;
    const std::string shown = found.empty() ? "\"\"" : found.substr(0, kShown);
    throw CLI::ConversionError(engine::concat(name, " is ", shown, ", wanted ", wanted));
}

// A whole number from `least` on.
template <typename Whole>
void add_whole(
    CLI::App& command, const char* name, Whole& value, const char* help, Whole least = Whole{0})
{
    command
        .add_option_function<std::string>(
            name,
            [name, &value, least](const std::string& text) {
                Whole number = 0;
                const char* end = text.data() + text.size();
                const auto [stop, status] = std::from_chars(text.data(), end, number);
                if (status == std::errc::result_out_of_range) {
                    refuse(name,
                           text,
                           engine::concat("a whole number from ",
                                          least,
                                          " to ",
                                          std::numeric_limits<Whole>::max()));
                }
                if (status != std::errc() || stop != end || number < least) {
                    refuse(name, text, engine::concat("a whole number of ", least, " or more"));
                }
                value = number;
            },
            help)
        ->type_name("INT");
}

// A number inside a range that `wanted` describes.
void add_number(CLI::App& command,
                const char* name,
                double& value,
                const char* help,
                bool (*inside)(double),
                const char* wanted)
{
    command
        .add_option_function<std::string>(
            name,
            [name, &value, inside, wanted](const std::string& text) {
                double number = 0.0;
                const char* end = text.data() + text.size();
                const auto [stop, status] = std::from_chars(text.data(), end, number);
                if (status != std::errc() || stop != end || !inside(number)) {
                    refuse(name, text, wanted);
                }
                value = number;
            },
            help)
        ->type_name("NUMBER");
}

// A path; empty text is none.
CLI::Option* add_path(CLI::App& command, const char* name, std::string& value, const char* help)
{
    return command.add_option_function<std::string>(
        name,
        [name, &value](const std::string& text) {
            if (text.empty()) {
                refuse(name, text, "a path");
            }
            value = text;
        },
        help);
}

CLI::Option*
add_paths(CLI::App& command, const char* name, std::vector<std::string>& values, const char* help)
{
    return command.add_option_function<std::vector<std::string>>(
        name,
        [name, &values](const std::vector<std::string>& texts) {
            if (std::find(texts.begin(), texts.end(), "") != texts.end()) {
                refuse(name, "", "a path");
            }
            values = texts;
        },
        help);
}

CLI::Option* add_base(CLI::App& command, std::string& base)
{
    return add_path(command, "--base", base, "Folder of the base model");
}

CLI::Option* add_data(CLI::App& command, DataArguments& data)
{
    command.add_option(
        "--format", data.format, "auto, alpaca, sharegpt, messages, completion or text");
    command.add_option("--map", data.map, "Column of the file to its role: col=role,...");
    command.add_option("--chat-format",
                       data.chat_format,
                       "auto, chatml, chatml-default, llama2, llama3, mistral, alpaca or plain");
    command.add_option("--mask-prompt", data.mask_prompt, "Loss on the answer only: on or off");
    return add_path(command, "--data", data.data, "Data file");
}

// One option per setting of a run, its text kept under its key for TrainConfig::from_json.
void add_settings(CLI::App& command, engine::Json& settings)
{
    for (const engine::TrainField& field : engine::train_fields()) {
        const std::string key(field.key);
        std::string name = "--" + key;
        std::replace(name.begin() + 2, name.end(), '_', '-');
        std::string help(field.help);
        for (const std::string_view choice : field.choices) {
            help += (choice == field.choices.front() ? " (" : ", ") + std::string(choice);
        }
        help += field.choices.empty() ? "" : ")";
        if (key == "sample_prompts") {
            command.add_option_function<std::vector<std::string>>(
                "--sample-prompt",
                [&settings, key](const std::vector<std::string>& texts) { settings[key] = texts; },
                help);
            continue;
        }
        CLI::Option* option = command.add_option_function<std::vector<std::string>>(
            name,
            [&settings, key](const std::vector<std::string>& texts) {
                settings[key] = texts.empty() || texts.front().empty() ? "on" : texts.front();
            },
            help);
        // A switch alone means on.
        option->expected(field.kind == engine::FieldKind::Switch ? 0 : 1, 1);
    }
}

void add_reading_commands(CLI::App& app, Parsed& parsed)
{
    const auto inspect = add_command<InspectArguments>(
        app, "inspect", "What a model folder, adapter or safetensors file is", parsed);
    add_path(*inspect.app, "path", inspect->path, "Folder or file")->required();
    add_json(*inspect.app, inspect->json);

    const auto tokenize = add_command<TokenizeArguments>(
        app, "tokenize", "Token ids of text, one line per input line", parsed);
    add_base(*tokenize.app, tokenize->base)->required();
    add_path(*tokenize.app, "--file", tokenize->file, "Text file; stdin without it");
    tokenize.app->add_option_function<std::string>(
        "--text",
        [arguments = tokenize.arguments](const std::string& text) {
            arguments->text = text;
            arguments->has_text = true;
        },
        "The text itself");
    tokenize.app->add_flag(
        "--no-special", tokenize->no_special, "Leave out what the tokenizer adds, such as BOS");
    tokenize.app->add_flag("--decode", tokenize->decode, "Lines of ids to text");
    add_json(*tokenize.app, tokenize->json);

    const auto render = add_command<RenderArguments>(
        app, "render", "A row as the chat format renders it, with tokens and loss mask", parsed);
    add_base(*render.app, render->base)->required();
    add_data(*render.app, render->data)->required();
    add_whole(*render.app, "--row", render->row, "Row number, from 1", std::int64_t{1});
    add_json(*render.app, render->json);

    const auto check = add_command<CheckArguments>(
        app, "check", "Rows accepted, warned, refused, each problem with its row", parsed);
    add_base(*check.app, check->base);
    add_data(*check.app, check->data)->required();
    check.app->add_option("--eval-data",
                          check->eval_data,
                          "Evaluation file: its rows that are in the data too are named");
    add_whole(
        *check.app, "--seq-len", check->seq_len, "Longest sequence in tokens; 0: as train chooses");
    add_whole(
        *check.app, "--preview-rows", check->preview_rows, "Rows shown as training sees them");
    add_json(*check.app, check->json);
}

void add_run_commands(CLI::App& app, Parsed& parsed)
{
    const auto estimate = add_command<EstimateArguments>(
        app, "estimate", "Memory of a run, term by term, and whether it fits", parsed);
    add_path(*estimate.app, "run_json", estimate->run_json, "A run.json, or the options of train");
    add_settings(*estimate.app, estimate->settings);
    add_json(*estimate.app, estimate->json);

    const auto train = add_command<TrainArguments>(app, "train", "Train into a run folder", parsed);
    add_path(*train.app, "--out", train->out, "The run folder")->required();
    train.app->add_option("--progress", train->progress, "auto, bar, json or none");
    add_settings(*train.app, train->settings);

    const auto resume = add_command<ResumeArguments>(
        app, "resume", "Go on from the last whole checkpoint of a run", parsed);
    add_path(*resume.app, "run_dir", resume->run_dir, "The run folder")->required();
    resume.app->add_option("--progress", resume->progress, "auto, bar, json or none");
}

void add_resident(CLI::App& app, engine::ResidentOptions& options)
{
    app.add_option("--dtype", options.dtype, "f32 or bf16");
    app.add_option("--base-quant", options.base_quant, "How the base is kept: none, nf4 or int8");
    add_whole(app, "--threads", options.threads, "CPU threads; 0: one per core");
    app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N");
}

void add_answering_commands(CLI::App& app, Parsed& parsed)
{
    const auto eval =
        add_command<EvalArguments>(app, "eval", "Loss and perplexity on a data file", parsed);
    add_base(*eval.app, eval->base)->required();
    add_path(*eval.app, "--adapter", eval->adapter, "Adapter folder");
    add_data(*eval.app, eval->data)->required();
    add_resident(*eval.app, eval->resident);
    add_whole(
        *eval.app, "--seq-len", eval->seq_len, "Longest sequence in tokens; 0: from the data");
    add_whole(*eval.app,
              "--micro-batch-size",
              eval->micro_batch_size,
              "Rows computed at once",
              std::int64_t{1});
    eval.app->add_flag("--exact-match",
                       eval->exact_match,
                       "Answer every row greedily and compare with its answer");
    add_whole(*eval.app,
              "--max-new-tokens",
              eval->max_new_tokens,
              "Longest answer in tokens",
              std::int64_t{1});
    add_whole(*eval.app, "--limit", eval->limit, "Rows to use; 0: all");
    add_json(*eval.app, eval->json);

    const auto generate =
        add_command<GenerateArguments>(app, "generate", "Answer a prompt", parsed);
    add_base(*generate.app, generate->base)->required();
    add_paths(*generate.app,
              "--adapter",
              generate->adapters,
              "Adapter folder; may be given several times");
    generate.app->add_option("--prompt", generate->prompt, "Raw text to go on with");
    add_path(*generate.app,
             "--messages",
             generate->messages,
             "JSON file with [{\"role\", \"content\"}, ...]");
    generate.app->add_option("--chat-format", generate->chat_format, "Format of --messages");
    add_resident(*generate.app, generate->resident);
    add_whole(*generate.app,
              "--max-new-tokens",
              generate->max_new_tokens,
              "Longest answer in tokens",
              std::int64_t{1});
    add_number(
        *generate.app,
        "--temperature",
        generate->temperature,
        "0: the likeliest token",
        [](double value) { return value >= 0.0 && value <= std::numeric_limits<double>::max(); },
        "a number of 0 or more");
    add_whole(*generate.app, "--top-k", generate->top_k, "Choose among the k likeliest; 0: all");
    add_number(
        *generate.app,
        "--top-p",
        generate->top_p,
        "Choose among this share of probability",
        [](double value) { return value > 0.0 && value <= 1.0; },
        "above 0 and at most 1");
    add_whole(*generate.app, "--seed", generate->seed, "Seed of the choices");
    add_json(*generate.app, generate->json);
}

void add_writing_commands(CLI::App& app, Parsed& parsed)
{
    const auto merge = add_command<MergeArguments>(
        app, "merge", "Write base and adapter as one Hugging Face folder, checked", parsed);
    add_base(*merge.app, merge->base)->required();
    add_path(*merge.app, "--adapter", merge->adapter, "Adapter folder")->required();
    add_path(*merge.app, "--out", merge->out, "The new folder")->required();
    merge.app->add_option("--dtype", merge->dtype, "f32, bf16 or f16");
    merge.app->add_option("--max-shard-size", merge->max_shard_size, "For example 5GB or 500MB");
    add_json(*merge.app, merge->json);

    const auto write = add_command<ExportArguments>(
        app, "export", "Write an adapter in a format of other software, checked", parsed);
    add_base(*write.app, write->base)->required();
    add_path(*write.app, "--adapter", write->adapter, "Adapter folder")->required();
    write.app->add_option("--format", write->format, "peft or hf")->required();
    add_path(*write.app, "--out", write->out, "The new folder")->required();
    write.app->add_option("--type", write->type, "Of hf: f32, bf16 (the default) or f16");
    add_json(*write.app, write->json);

    const auto diff = add_command<DiffArguments>(
        app, "diff", "Norms and spectra of BA per matrix; similarity of two adapters", parsed);
    add_base(*diff.app, diff->base)->required();
    add_paths(*diff.app, "--adapter", diff->adapters, "Adapter folder; once or twice")
        ->required()
        ->expected(1, 2);
    add_json(*diff.app, diff->json);
}

// One sentence for what the parser refused. What it does not know comes before what it misses: a
// misspelt option is often both.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error)
{
    const std::vector<CLI::App*> named = app.get_subcommands();
    const std::string command = named.empty() ? "" : named.front()->get_name();
    const std::string help =
        command.empty() ? " (lowrank --help lists the subcommands)"
                        : engine::concat(" (lowrank ", command, " --help lists the options)");
    const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr
                         || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    std::string unknown;
    for (const std::string& text : app.remaining(true)) {
        unknown += (unknown.empty() ? "" : " ") + text;
    }
    if (!missing || unknown.empty()) {
        return error.what() + help;
    }
    return command.empty() ? engine::concat("there is no subcommand ", unknown, help)
                           : engine::concat(command, " does not know ", unknown, help);
}

} // namespace

Parsed parse_arguments(const std::vector<std::string>& arguments)
{
    Parsed parsed;
    CLI::App app("Fine-tunes language models with low-rank adapters.", "lowrank");
    app.set_version_flag("--version", std::string("lowrank ") + engine::kVersion);
    app.require_subcommand(1);
    add_reading_commands(app, parsed);
    add_run_commands(app, parsed);
    add_answering_commands(app, parsed);
    add_writing_commands(app, parsed);
    add_command<WorkerArguments>(
        app, "worker", "JSON Lines on stdin and stdout, for the studio", parsed);
    const auto devices =
        add_command<DevicesArguments>(app, "devices", "What can compute here", parsed);
    add_json(*devices.app, devices->json);
    try {
        app.parse(
            std::vector<std::string>(arguments.rbegin(), arguments.rend())); // takes the last first
    } catch (const CLI::CallForVersion& version) {
        parsed.output = engine::concat(version.what(), "\n");
        parsed.done = true;
    } catch (const CLI::CallForHelp&) {
        parsed.done = true;
        for (const CLI::App* named : app.get_subcommands()) {
            parsed.output = named->help();
        }
        if (parsed.output.empty()) {
            parsed.output = app.help();
        }
    } catch (const CLI::ParseError& error) {
        parsed.done = true;
        parsed.exit_code = kUsageError;
        parsed.error = usage_error(app, error);
    }
    return parsed;
}

} // namespace cli
