// The operating system behind one small seam: files that appear whole, memory maps, memory figures,
// signals. platform_*posix.cpp and platform_*windows.cpp implement it; nothing else in the engine
// asks which system runs. One file because it is all that the engine asks of a system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/core/error.h"

namespace engine {

// A read-only memory map of a whole file; move-only. An empty file maps to an empty span.
class MappedFile
{
public:
    // Errors: NotFound, Io.
    [[nodiscard]] static Result<MappedFile> open(const std::filesystem::path& path);

    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    [[nodiscard]] std::span<const std::byte> bytes() const { return m_bytes; }

    [[nodiscard]] std::string_view text() const
    {
        return {reinterpret_cast<const char*>(m_bytes.data()), m_bytes.size()};
    }

    // Tells the system that the pages of a range are not needed soon; a hint that may do nothing.
    void drop_pages(std::size_t offset, std::size_t size) const;

private:
    std::span<const std::byte> m_bytes;
    void* m_handle = nullptr; // the mapping object on Windows
};

// A file written under a temporary name beside its final one. commit() syncs and renames; a file
// that was not committed is removed. So a reader sees the old file or the whole new one.
class AtomicFile
{
public:
    // Errors: Io (with the folder's free bytes when the disk is full).
    [[nodiscard]] static Result<AtomicFile> create(const std::filesystem::path& path);

    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&& other) noexcept;
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    [[nodiscard]] Result<void> write(std::span<const std::byte> bytes);
    [[nodiscard]] Result<void> write(std::string_view text);
    [[nodiscard]] Result<void> commit();

private:
    AtomicFile() = default;
    std::filesystem::path m_path;
    std::filesystem::path m_temporary;
    std::intptr_t m_file = -1;
};

// Writes a whole small file through AtomicFile.
[[nodiscard]] Result<void> write_file_atomically(const std::filesystem::path& path,
                                                 std::string_view text);

// Renames a finished temporary folder to its final name and syncs both parents. Every file inside
// must have been synced before (AtomicFile does). Errors: Io.
[[nodiscard]] Result<void> rename_folder_durably(const std::filesystem::path& temporary,
                                                 const std::filesystem::path& path);

// A file that lines are appended to; a line is one write, so a crash never leaves half a line
// followed by another. open() removes an unterminated last line that a crash left.
class AppendFile
{
public:
    [[nodiscard]] static Result<AppendFile> open(const std::filesystem::path& path);
    AppendFile(AppendFile&& other) noexcept;
    AppendFile& operator=(AppendFile&& other) noexcept;
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;
    ~AppendFile();

    // `line` without its newline.
    [[nodiscard]] Result<void> append_line(std::string_view line);
    [[nodiscard]] Result<void> sync();

private:
    AppendFile() = default;
    std::filesystem::path m_path;
    std::intptr_t m_file = -1;
};

// An advisory lock on a folder (a ".lock" file): one process trains in a run folder at a time;
// released by the system when the process dies. Errors: Io naming the folder when another process
// holds it.
class FolderLock
{
public:
    [[nodiscard]] static Result<FolderLock> acquire(const std::filesystem::path& folder);
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&& other) noexcept;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    ~FolderLock();

private:
    FolderLock() = default;
    std::intptr_t m_file = -1;
};

// Reads a whole file; refuses one larger than `max_bytes`. Errors: NotFound, Io.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::int64_t max_bytes = 1LL << 32);

struct MemoryUse
{
    std::int64_t resident_bytes = 0;
    std::int64_t peak_resident_bytes = 0; // since the process started
};

[[nodiscard]] MemoryUse process_memory();
[[nodiscard]] std::int64_t total_memory_bytes();
[[nodiscard]] std::int64_t available_memory_bytes();
[[nodiscard]] std::int64_t free_disk_bytes(const std::filesystem::path& folder);

// The user's folder for what can be made again; may not exist yet. Empty when the system names
// none.
[[nodiscard]] std::filesystem::path cache_folder();

// "AMD EPYC 9454", or the architecture when the system does not say.
[[nodiscard]] std::string processor_name();
[[nodiscard]] int processor_cores();

// The program's arguments without its name, as UTF-8. From here on the standard streams carry bytes
// as they are, and Windows' console takes them for UTF-8. Call it first in main().
[[nodiscard]] std::vector<std::string> program_arguments(int argc, char** argv);

// Raises `source` on SIGINT, SIGTERM and SIGHUP, of which a second one ends the process, and when
// the reader of stdout goes away. On Windows: on Ctrl-C, Ctrl-Break, a console that is closed and
// interrupt_process. Call it first from the
// thread that computes, before its team exists.
void stop_on_signals(StopSource& source);

// Lets waiting threads of the OpenMP team sleep instead of spinning, so that the studio's window
// and other programs keep their core. The runtime reads the wish once, when it is loaded: the
// program starts itself again with it, as the same process. Call it first in main(). Windows: the
// caller's environment decides.
void let_waiting_threads_sleep(char** arguments);

// Asks another process of this program to stop, as Ctrl-C does. Errors: NotFound when there is no
// such process, Io when it is not ours.
[[nodiscard]] Result<void> interrupt_process(std::int64_t process_id);

// A wish to be the first process that the system ends when memory runs out. A hint.
void volunteer_for_out_of_memory();

// Keeps descriptor 1 for the caller and points stdout at stderr, so that a library's stray print
// cannot corrupt a protocol. Returns a stream handle to write lines to.
[[nodiscard]] std::intptr_t take_over_stdout();
[[nodiscard]] Result<void> write_all(std::intptr_t handle, std::string_view text);

// Whether descriptor 1 (stdout) or 2 (stderr) is a terminal.
[[nodiscard]] bool is_terminal(int descriptor);

} // namespace engine
