// The subcommands: each takes its arguments, prints to stdout and returns the process exit code.
#pragma once

#include "engine/cli/arguments.h"

namespace cli {

[[nodiscard]] int run(const WorkerArguments& arguments);
[[nodiscard]] int run(const DevicesArguments& arguments);

} // namespace cli
