// A folder that is filled under a temporary name beside its final one and appears whole.
#pragma once

#include <filesystem>
#include <optional>

#include "engine/core/error.h"
#include "engine/core/platform.h"

namespace engine {

// What becomes of a folder with contents that has the final name already.
enum class ExistingFolder { Refuse, Replace };

class TemporaryFolder
{
public:
    // Removes what a killed process left of the same final name first: a folder of ours whose lock
    // nobody holds. Errors: Io; InvalidArgument when a file, or with Refuse a folder that is not
    // empty, has the final name.
    [[nodiscard]] static Result<TemporaryFolder>
    create(const std::filesystem::path& final_path,
           ExistingFolder existing = ExistingFolder::Refuse);

    TemporaryFolder(TemporaryFolder&& other) noexcept;
    TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    // Removes what was not committed.
    ~TemporaryFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

    // Renames to the final name, durably. A folder to replace is moved aside first and removed
    // last.
    [[nodiscard]] Result<void> commit();

private:
    TemporaryFolder() = default;
    std::filesystem::path m_path; // empty when committed or moved from
    std::filesystem::path m_final;
    std::optional<FolderLock> m_lock; // held while this process fills the folder
};

} // namespace engine
