// The subcommands: each takes its arguments, prints to stdout and returns the process exit code.
// What cannot go on is thrown as an EngineError, which main reports.
#pragma once

#include "engine/cli/arguments.h"

namespace cli {

[[nodiscard]] int run(const InspectArguments& arguments);
[[nodiscard]] int run(const TokenizeArguments& arguments);
[[nodiscard]] int run(const RenderArguments& arguments);
[[nodiscard]] int run(const CheckArguments& arguments);
[[nodiscard]] int run(const EstimateArguments& arguments);
[[nodiscard]] int run(const TrainArguments& arguments);
[[nodiscard]] int run(const ResumeArguments& arguments);
[[nodiscard]] int run(const EvalArguments& arguments);
[[nodiscard]] int run(const GenerateArguments& arguments);
[[nodiscard]] int run(const MergeArguments& arguments);
[[nodiscard]] int run(const ExportArguments& arguments);
[[nodiscard]] int run(const DiffArguments& arguments);
[[nodiscard]] int run(const WorkerArguments& arguments);
[[nodiscard]] int run(const DevicesArguments& arguments);

} // namespace cli
