// lowrank worker: the protocol on stdin and stdout.
#include "engine/worker/worker.h"

#include <iostream>

#include "engine/cli/commands.h"
#include "engine/core/platform.h"

namespace cli {

int run(const WorkerArguments& /*arguments*/)
{
    const std::intptr_t output = engine::take_over_stdout();
    std::ios::sync_with_stdio(false);
    engine::Worker worker(std::cin, [output](std::string_view line) {
        return engine::write_all(output, line).has_value();
    });
    return worker.run();
}

} // namespace cli
