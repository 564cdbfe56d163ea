// A fresh folder that is removed with its contents when the test ends.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "engine/core/random.h"

namespace tests {

class TemporaryFolder
{
public:
    TemporaryFolder()
    {
        const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
        engine::Random random(static_cast<std::uint64_t>(now),
                              reinterpret_cast<std::uintptr_t>(this));
        m_path = std::filesystem::temp_directory_path()
                 / ("lowrank-test-" + std::to_string(random.next_u64()));
        std::filesystem::create_directories(m_path);
    }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

} // namespace tests
