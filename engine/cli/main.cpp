// The program `lowrank`: arguments to a subcommand, errors to an exit code.
#include <iostream>
#include <new>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/core/platform.h"

int main(int argc, char** argv)
{
    engine::let_waiting_threads_sleep(argv);
    try {
        const cli::Parsed parsed = cli::parse_arguments(argc, argv);
        if (!parsed.error.empty()) {
            std::cerr << "lowrank: " << parsed.error << " (lowrank --help lists the options)\n";
        }
        if (parsed.done) {
            std::cout << parsed.output << (parsed.output.ends_with('\n') ? "" : "\n");
            return parsed.exit_code;
        }
        return std::visit([](const auto& arguments) { return cli::run(arguments); },
                          parsed.arguments);
    } catch (const engine::EngineError& error) {
        return cli::report(error.error());
    } catch (const std::bad_alloc&) {
        return cli::report({engine::ErrorCode::OutOfHostMemory,
                            "no memory is left in this computer",
                            "close other programs, or choose smaller settings"});
    } catch (const std::exception& error) {
        return cli::report({engine::ErrorCode::Internal, error.what()});
    }
}
