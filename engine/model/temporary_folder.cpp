// Temporary folders that become final by one rename.
#include "engine/model/temporary_folder.h"

#include <string>
#include <utility>
#include <vector>

namespace engine {

namespace {

namespace fs = std::filesystem;

Error io_error(const fs::path& path, std::string_view what, const std::error_code& code)
{
    return {ErrorCode::Io, concat(path.string(), ": ", what, ": ", code.message())};
}

constexpr std::string_view kTemporary = ".tmp-";
constexpr const char* kLockFile = ".lock"; // FolderLock's

bool is_temporary_of(const fs::path& target, const fs::path& candidate)
{
    const std::string name = candidate.filename().string();
    const std::string begin = target.filename().string() + std::string(kTemporary);
    return name.size() > begin.size() && name.starts_with(begin)
           && name.find_first_not_of("0123456789", begin.size()) == std::string::npos;
}

void remove_locked(const fs::path& folder, std::optional<FolderLock> lock)
{
    std::error_code code;
    fs::remove_all(folder, code);
    if (code) { // Windows keeps an open file
        lock.reset();
        fs::remove_all(folder, code);
    }
}

// A folder without our lock file is not ours, or is being made at this moment.
void remove_abandoned(const fs::path& target)
{
    std::error_code code;
    const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, code)) {
        if (is_temporary_of(target, entry.path())
            && fs::is_directory(fs::symlink_status(entry.path(), code))
            && fs::exists(entry.path() / kLockFile, code)) {
            found.push_back(entry.path());
        }
    }
    for (const fs::path& folder : found) {
        if (Result<FolderLock> lock = FolderLock::acquire(folder); lock) {
            remove_locked(folder, std::move(*lock));
        }
    }
}

// A name beside `path` that nothing has yet.
Result<fs::path> unused_name(const fs::path& path, std::string_view suffix)
{
    constexpr int kAttempts = 1000;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        fs::path candidate = path;
        candidate += concat(suffix, attempt);
        std::error_code code;
        if (!fs::exists(fs::symlink_status(candidate, code))) {
            return candidate;
        }
    }
    return Error{ErrorCode::Io,
                 concat(path.string(), ": ", kAttempts, " temporary folders lie beside it"),
                 concat("Remove the folders whose names end in ", suffix, " and a number.")};
}

} // namespace

Result<TemporaryFolder> TemporaryFolder::create(const fs::path& final_path, ExistingFolder existing)
{
    // "runs/a/" and "runs/a" name the same folder; the temporary one lies beside it.
    fs::path target = final_path;
    if (target.filename().empty()) {
        target = target.parent_path();
    }
    std::error_code code;
    const fs::file_status status = fs::symlink_status(target, code);
    const bool folder_stands =
        fs::is_directory(status)
        && (existing == ExistingFolder::Replace || fs::is_empty(target, code));
    if (fs::exists(status) && !folder_stands) {
        return Error{ErrorCode::InvalidArgument,
                     concat(target.string(), ": exists already and is not an empty folder"),
                     "Choose another folder, or remove this one."};
    }
    if (target.has_parent_path()) {
        fs::create_directories(target.parent_path(), code);
        if (code) {
            return io_error(target.parent_path(), "cannot create the folder", code);
        }
    }
    remove_abandoned(target);
    TemporaryFolder folder;
    const Result<fs::path> unused = unused_name(target, kTemporary);
    if (!unused) {
        return unused.error();
    }
    if (!fs::create_directory(*unused, code)) {
        return io_error(*unused, "cannot create the folder", code);
    }
    folder.m_path = *unused;
    folder.m_final = std::move(target);
    // On a file system without locks nothing is taken for abandoned either.
    if (Result<FolderLock> lock = FolderLock::acquire(folder.m_path); lock) {
        folder.m_lock.emplace(std::move(*lock));
    }
    return folder;
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : m_path(std::exchange(other.m_path, {}))
    , m_final(std::exchange(other.m_final, {}))
    , m_lock(std::exchange(other.m_lock, std::nullopt))
{}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept
{
    std::swap(m_path, other.m_path);
    std::swap(m_final, other.m_final);
    std::swap(m_lock, other.m_lock);
    return *this;
}

TemporaryFolder::~TemporaryFolder()
{
    if (!m_path.empty()) {
        remove_locked(m_path, std::move(m_lock));
    }
}

Result<void> TemporaryFolder::commit()
{
    std::error_code code;
    fs::remove(m_path / kLockFile, code);
    m_lock.reset();
    fs::remove(m_path / kLockFile, code); // where an open file stays
    fs::remove(m_final, code);            // an empty folder; one with contents stays
    fs::path aside;
    if (fs::exists(fs::symlink_status(m_final, code))) {
        const Result<fs::path> unused = unused_name(m_final, ".old-");
        if (!unused) {
            return unused.error();
        }
        aside = *unused;
        if (Result<void> moved = rename_folder_durably(m_final, aside); !moved) {
            return moved;
        }
    }
    if (Result<void> renamed = rename_folder_durably(m_path, m_final); !renamed) {
        if (!aside.empty()) {
            fs::rename(aside, m_final, code);
        }
        return renamed;
    }
    m_path.clear();
    if (!aside.empty()) {
        fs::remove_all(aside, code);
    }
    return {};
}

} // namespace engine
