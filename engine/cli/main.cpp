// The program `lowrank`: arguments to a subcommand, errors to an exit code.
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/core/platform.h"

namespace {

// The file whose JSON a subcommand reads; empty when it reads none, or several.
template <typename Arguments>
std::string input_of(const Arguments& arguments)
{
    if constexpr (requires { arguments.run_json; }) {
        return arguments.run_json;
    } else if constexpr (requires { arguments.path; }) {
        return arguments.path;
    } else if constexpr (requires { arguments.run_dir; }) {
        return arguments.run_dir;
    } else if constexpr (requires { arguments.messages; }) {
        return arguments.messages;
    } else if constexpr (requires { arguments.data; }) {
        return arguments.data.data;
    }
    return {};
}

template <typename Arguments>
int run(const Arguments& arguments)
{
    try {
        return cli::run(arguments);
    } catch (const engine::Json::exception& error) {
        // Whoever reads JSON checks its shape first; where one forgot, it is still bad input.
        const std::string input = input_of(arguments);
        return cli::report({engine::ErrorCode::Format,
                            engine::concat(input.empty() ? "the input" : input,
                                           ": JSON of another shape than wanted: ",
                                           error.what()),
                            "check the file's content"});
    }
}

// Threads that cannot be started end the program before anything of ours could say why.
void require_memory()
{
    constexpr std::int64_t kMebi = 1 << 20;
    constexpr std::int64_t kProgram = 64 * kMebi;
    constexpr std::int64_t kThread = 8 * kMebi; // its stack
    const std::int64_t needed = kProgram + kThread * engine::processor_cores();
    const std::int64_t available = engine::available_memory_bytes();
    if (available < needed) {
        throw engine::EngineError(
            {engine::ErrorCode::OutOfHostMemory,
             engine::concat("memory: ",
                            available / kMebi,
                            " MiB available, the program needs ",
                            needed / kMebi),
             "close other programs, or raise this process's limit (ulimit -v)"});
    }
}

int run_program(const std::vector<std::string>& words)
{
    const cli::Parsed parsed = cli::parse_arguments(words);
    if (!parsed.error.empty()) {
        std::cerr << "lowrank: " << parsed.error << "\n";
    }
    if (parsed.done) {
        std::cout << parsed.output;
        return parsed.exit_code;
    }
    require_memory();
    return std::visit([](const auto& arguments) { return run(arguments); }, parsed.arguments);
}

} // namespace

int main(int argc, char** argv)
{
    engine::let_waiting_threads_sleep(argv);
    int code = 0;
    try {
        code = run_program(engine::program_arguments(argc, argv));
    } catch (const engine::EngineError& error) {
        code = cli::report(error.error());
    } catch (const std::bad_alloc&) {
        code = cli::report({engine::ErrorCode::OutOfHostMemory,
                            "no memory is left in this computer",
                            "close other programs, or choose smaller settings"});
    } catch (const std::exception& error) {
        code = cli::report({engine::ErrorCode::Internal, error.what()});
    }
    const engine::Result<void> written = cli::flush_output();
    if (!written) {
        const int failed = cli::report(written.error());
        return code == 0 ? failed : code;
    }
    return code;
}
