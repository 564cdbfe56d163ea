// Where tests/data lies: LOWRANK_TEST_DATA in the environment, for a program that was carried to
// another computer, else where it was when the program was built.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace tests {

inline std::filesystem::path test_data()
{
    const char* moved = std::getenv("LOWRANK_TEST_DATA"); // NOLINT(concurrency-mt-unsafe)
    return moved != nullptr ? moved : LOWRANK_TEST_DATA;
}

} // namespace tests
