// The options of every subcommand, read with CLI11.
#include "engine/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "engine/core/build_config.h"

namespace cli {

namespace {

constexpr int kUsageError = 2;

// A subcommand whose arguments become the parsed alternative when it is named.
template <typename T>
std::pair<CLI::App*, std::shared_ptr<T>>
add_command(CLI::App& app, const char* name, const char* help, Parsed& parsed)
{
    auto arguments = std::make_shared<T>();
    CLI::App* command = app.add_subcommand(name, help);
    command->callback([arguments, &parsed] { parsed.arguments = *arguments; });
    return {command, arguments};
}

void add_devices(CLI::App& app, Parsed& parsed)
{
    const auto [command, arguments] =
        add_command<DevicesArguments>(app, "devices", "What can compute here", parsed);
    command->add_flag("--json", arguments->json, "Print JSON");
}

} // namespace

Parsed parse_arguments(int argc, const char* const* argv)
{
    Parsed parsed;
    CLI::App app("Fine-tunes language models with low-rank adapters.", "lowrank");
    app.set_version_flag("--version", std::string("lowrank ") + engine::kVersion);
    app.require_subcommand(1);
    add_command<WorkerArguments>(
        app, "worker", "JSON Lines on stdin and stdout, for the studio", parsed);
    add_devices(app, parsed);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForVersion& version) {
        parsed.output = version.what();
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
        parsed.error = error.what();
    }
    return parsed;
}

} // namespace cli
