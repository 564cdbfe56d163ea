// The command line as plain structs, one per subcommand: the only file that knows the option parser
// is arguments.cpp.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/core/error.h"

namespace cli {

struct WorkerArguments
{};

struct DevicesArguments
{
    bool json = false;
};

using Arguments = std::variant<WorkerArguments, DevicesArguments>;

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

[[nodiscard]] Parsed parse_arguments(int argc, const char* const* argv);

} // namespace cli
