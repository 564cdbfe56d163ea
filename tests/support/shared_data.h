// Where the conformance data and data sets lie, when they are there: $LOWRANK_SHARED, or ../shared
// beside the project.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

#include "tests/support/test_data.h"

namespace tests {

// The folder that holds conformance/ and datasets/; empty when there is none.
inline std::filesystem::path shared_folder()
{
    if (const char* stated = std::getenv("LOWRANK_SHARED"); stated != nullptr) {
        return stated;
    }
    const auto beside = test_data().parent_path().parent_path().parent_path() / "shared";
    return std::filesystem::exists(beside / "conformance") ? beside : std::filesystem::path();
}

} // namespace tests

// Declares `shared` or skips the test by name.
#define LOWRANK_REQUIRE_SHARED(shared)                                                             \
    const std::filesystem::path shared = ::tests::shared_folder();                                 \
    if (shared.empty()) {                                                                          \
        GTEST_SKIP() << "needs the conformance data (set LOWRANK_SHARED)";                         \
    }
