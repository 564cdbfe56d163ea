// The program `lowrank`: arguments to a subcommand, errors to an exit code.
#include <cstdio>

#include "engine/core/build_config.h"

int main()
{
    std::printf("lowrank %s\n", engine::kVersion);
    return 0;
}
