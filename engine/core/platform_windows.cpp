// The operating system seam on Windows. One file because it implements one header for one system.
#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/core/platform.h"
#include "engine/core/shared_library.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
// These need windows.h first.
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>

namespace engine {

namespace {

enum class Access { Read, Write };

// What to do next, where the error tells.
std::string hint_of(Access access, DWORD error)
{
    const bool reading = access == Access::Read;
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return reading ? "check the spelling of the name"
                       : "create the folder first, or choose one that exists";
    case ERROR_ACCESS_DENIED:
        return reading ? "choose a file that you may read, or change its permissions"
                       : "choose a folder that you may write to";
    case ERROR_WRITE_PROTECT:
        return "choose a folder that you may write to";
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return "free some disk space or choose another folder, then try again";
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_COMMITMENT_LIMIT:
        return "close other programs";
    default:
        return {};
    }
}

ErrorCode code_of(DWORD error)
{
    const bool absent = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
    const bool memory = error == ERROR_NOT_ENOUGH_MEMORY || error == ERROR_COMMITMENT_LIMIT;
    return absent ? ErrorCode::NotFound : memory ? ErrorCode::OutOfHostMemory : ErrorCode::Io;
}

Error io_error(const std::filesystem::path& path, Access access, const char* action, DWORD error)
{
    std::string message = concat(
        path.string(), ": ", action, ": ", std::system_category().message(static_cast<int>(error)));
    if (error == ERROR_DISK_FULL || error == ERROR_HANDLE_DISK_FULL) {
        message += concat(" (", free_disk_bytes(path.parent_path()), " bytes free)");
    }
    return {code_of(error), std::move(message), hint_of(access, error)};
}

HANDLE handle_of(std::intptr_t file)
{
    return reinterpret_cast<HANDLE>(file);
}

HANDLE open_file(const std::filesystem::path& path, DWORD access, DWORD share, DWORD disposition)
{
    return ::CreateFileW(
        path.c_str(), access, share, nullptr, disposition, FILE_ATTRIBUTE_NORMAL, nullptr);
}

Result<void> write_fully(HANDLE file, std::string_view bytes, const std::filesystem::path& path)
{
    constexpr std::size_t kPiece = 1U << 30U;
    while (!bytes.empty()) {
        DWORD written = 0;
        const auto size = static_cast<DWORD>(bytes.size() < kPiece ? bytes.size() : kPiece);
        if (::WriteFile(file, bytes.data(), size, &written, nullptr) == 0) {
            return io_error(path, Access::Write, "cannot write", ::GetLastError());
        }
        bytes.remove_prefix(written);
    }
    return {};
}

// A rename that is on the disk when it returns. Where someone has the old or the new file open it
// tries again: a reader and a virus scanner are gone in a moment.
Result<void>
rename_through(const std::filesystem::path& from, const std::filesystem::path& to, DWORD flags)
{
    constexpr std::array<DWORD, 8> kWaits = {0, 4, 16, 64, 128, 256, 512, 1024}; // milliseconds
    DWORD error = ERROR_SUCCESS;
    for (const DWORD wait : kWaits) {
        ::Sleep(wait);
        if (::MoveFileExW(from.c_str(), to.c_str(), flags | MOVEFILE_WRITE_THROUGH) != 0) {
            return {};
        }
        error = ::GetLastError();
        if (error != ERROR_SHARING_VIOLATION && error != ERROR_ACCESS_DENIED) {
            break;
        }
    }
    return io_error(to, Access::Write, "cannot rename into place", error);
}

std::atomic<StopSource*> g_stop_source = nullptr;

// False when a stop was asked for before, or nobody waits for one: then the process shall end.
bool ask_to_stop()
{
    StopSource* source = g_stop_source;
    if (source == nullptr || source->stop_requested()) {
        return false;
    }
    source->request_stop();
    return true;
}

BOOL WINAPI on_console_event(DWORD event)
{
    if (event == CTRL_CLOSE_EVENT) {
        // The process ends when this returns, and some seconds later in any case.
        ask_to_stop();
        ::Sleep(INFINITE);
    }
    return (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) && ask_to_stop() ? TRUE : FALSE;
}

// What another process signals to stop this one.
std::wstring stop_event_name(std::int64_t process_id)
{
    return L"Local\\lowrank-stop-" + std::to_wstring(process_id);
}

void handle_stop_requests()
{
    ::SetConsoleCtrlHandler(on_console_event, TRUE);
    const std::wstring name = stop_event_name(::GetCurrentProcessId());
    const HANDLE asked = ::CreateEventW(nullptr, FALSE, FALSE, name.c_str());
    std::thread([asked] {
        while (::WaitForSingleObject(asked, INFINITE) == WAIT_OBJECT_0) {
            if (!ask_to_stop()) {
                ::TerminateProcess(::GetCurrentProcess(), static_cast<UINT>(STATUS_CONTROL_C_EXIT));
            }
        }
    }).detach();
}

} // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    // Someone may be appending to it, or put another in its place.
    constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const HANDLE file = open_file(path, GENERIC_READ, kShare, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE) {
        const DWORD error = ::GetLastError();
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored)) {
            return Error{ErrorCode::Io, concat(path.string(), ": not a regular file")};
        }
        return io_error(path, Access::Read, "cannot open", error);
    }
    LARGE_INTEGER size = {};
    if (::GetFileSizeEx(file, &size) == 0) {
        const DWORD error = ::GetLastError();
        ::CloseHandle(file);
        return io_error(path, Access::Read, "cannot read its size", error);
    }
    MappedFile map;
    if (size.QuadPart > 0) {
        const HANDLE mapping = ::CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
        const void* base =
            mapping == nullptr ? nullptr : ::MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
        if (base == nullptr) {
            const DWORD error = ::GetLastError();
            if (mapping != nullptr) {
                ::CloseHandle(mapping);
            }
            ::CloseHandle(file);
            return io_error(path, Access::Read, "cannot map into memory", error);
        }
        map.m_handle = mapping;
        map.m_bytes = {static_cast<const std::byte*>(base),
                       static_cast<std::size_t>(size.QuadPart)};
    }
    ::CloseHandle(file);
    return map;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : m_bytes(std::exchange(other.m_bytes, {}))
    , m_handle(std::exchange(other.m_handle, nullptr))
{}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept
{
    std::swap(m_bytes, other.m_bytes);
    std::swap(m_handle, other.m_handle);
    return *this;
}

MappedFile::~MappedFile()
{
    if (!m_bytes.empty()) {
        ::UnmapViewOfFile(m_bytes.data());
        ::CloseHandle(m_handle);
    }
}

void MappedFile::drop_pages(std::size_t offset, std::size_t size) const
{
    SYSTEM_INFO system = {};
    ::GetSystemInfo(&system);
    const std::size_t page = system.dwPageSize;
    const std::size_t begin = (offset + page - 1) / page * page;
    const std::size_t end = std::min(offset + size, m_bytes.size()) / page * page;
    if (begin < end) {
        // Of pages that were never locked it takes them out of the working set, and says that it
        // failed.
        ::VirtualUnlock(const_cast<std::byte*>(m_bytes.data()) + begin, end - begin);
    }
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path)
{
    static std::atomic<unsigned> counter = 0;
    AtomicFile file;
    file.m_path = path;
    file.m_temporary = path;
    file.m_temporary += concat(".tmp-", ::GetCurrentProcessId(), "-", counter++);
    const HANDLE handle = open_file(file.m_temporary, GENERIC_WRITE, 0, CREATE_ALWAYS);
    if (handle == INVALID_HANDLE_VALUE) {
        return io_error(path, Access::Write, "cannot create", ::GetLastError());
    }
    file.m_file = reinterpret_cast<std::intptr_t>(handle);
    return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_path(std::move(other.m_path))
    , m_temporary(std::move(other.m_temporary))
    , m_file(std::exchange(other.m_file, -1))
{}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept
{
    std::swap(m_path, other.m_path);
    std::swap(m_temporary, other.m_temporary);
    std::swap(m_file, other.m_file);
    return *this;
}

AtomicFile::~AtomicFile()
{
    if (m_file != -1) {
        ::CloseHandle(handle_of(m_file));
        ::DeleteFileW(m_temporary.c_str());
    }
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes)
{
    return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Result<void> AtomicFile::write(std::string_view text)
{
    return write_fully(handle_of(m_file), text, m_path);
}

Result<void> AtomicFile::commit()
{
    const HANDLE handle = handle_of(std::exchange(m_file, -1));
    const bool synced = ::FlushFileBuffers(handle) != 0;
    const DWORD error = ::GetLastError();
    ::CloseHandle(handle);
    if (!synced) {
        ::DeleteFileW(m_temporary.c_str());
        return io_error(m_path, Access::Write, "cannot sync", error);
    }
    Result<void> renamed = rename_through(m_temporary, m_path, MOVEFILE_REPLACE_EXISTING);
    if (!renamed) {
        ::DeleteFileW(m_temporary.c_str());
    }
    return renamed;
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text)
{
    Result<AtomicFile> file = AtomicFile::create(path);
    if (!file) {
        return file.error();
    }
    if (Result<void> written = file->write(text); !written) {
        return written;
    }
    return file->commit();
}

Result<void> rename_folder_durably(const std::filesystem::path& temporary,
                                   const std::filesystem::path& path)
{
    return rename_through(temporary, path, 0);
}

Result<AppendFile> AppendFile::open(const std::filesystem::path& path)
{
    AppendFile file;
    file.m_path = path;
    const HANDLE handle =
        open_file(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, OPEN_ALWAYS);
    if (handle == INVALID_HANDLE_VALUE) {
        return io_error(path, Access::Write, "cannot open for appending", ::GetLastError());
    }
    file.m_file = reinterpret_cast<std::intptr_t>(handle);
    LARGE_INTEGER end = {};
    ::GetFileSizeEx(handle, &end);
    // Walk back over an unterminated last line.
    while (end.QuadPart > 0) {
        LARGE_INTEGER place = {};
        place.QuadPart = end.QuadPart - 1;
        char last = '\n';
        DWORD read = 0;
        ::SetFilePointerEx(handle, place, nullptr, FILE_BEGIN);
        if (::ReadFile(handle, &last, 1, &read, nullptr) == 0 || read != 1 || last == '\n') {
            break;
        }
        --end.QuadPart;
    }
    ::SetFilePointerEx(handle, end, nullptr, FILE_BEGIN);
    if (::SetEndOfFile(handle) == 0) {
        return io_error(path, Access::Write, "cannot truncate", ::GetLastError());
    }
    return file;
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : m_path(std::move(other.m_path))
    , m_file(std::exchange(other.m_file, -1))
{}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept
{
    std::swap(m_path, other.m_path);
    std::swap(m_file, other.m_file);
    return *this;
}

AppendFile::~AppendFile()
{
    if (m_file != -1) {
        ::CloseHandle(handle_of(m_file));
    }
}

Result<void> AppendFile::append_line(std::string_view line)
{
    thread_local std::string text; // kept: a training step takes nothing from the heap
    text.assign(line).append(1, '\n');
    const HANDLE handle = handle_of(m_file);
    LARGE_INTEGER before = {};
    ::SetFilePointerEx(handle, {}, &before, FILE_CURRENT);
    Result<void> written = write_fully(handle, text, m_path);
    if (!written) {
        // A full disk may have taken half the line; take it back.
        ::SetFilePointerEx(handle, before, nullptr, FILE_BEGIN);
        ::SetEndOfFile(handle);
    }
    return written;
}

Result<void> AppendFile::sync()
{
    if (::FlushFileBuffers(handle_of(m_file)) == 0) {
        return io_error(m_path, Access::Write, "cannot sync", ::GetLastError());
    }
    return {};
}

Result<FolderLock> FolderLock::acquire(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / ".lock";
    const HANDLE handle = open_file(path, GENERIC_READ | GENERIC_WRITE, 0, OPEN_ALWAYS);
    if (handle == INVALID_HANDLE_VALUE) {
        const DWORD error = ::GetLastError();
        if (error == ERROR_SHARING_VIOLATION) {
            return Error{ErrorCode::Io,
                         concat(folder.string(), ": another process is using this folder"),
                         "wait until it ends, or choose another folder"};
        }
        return io_error(path, Access::Write, "cannot create the lock", error);
    }
    FolderLock lock;
    lock.m_file = reinterpret_cast<std::intptr_t>(handle);
    return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : m_file(std::exchange(other.m_file, -1))
{}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept
{
    std::swap(m_file, other.m_file);
    return *this;
}

FolderLock::~FolderLock()
{
    if (m_file != -1) {
        ::CloseHandle(handle_of(m_file));
    }
}

Result<std::string> read_file(const std::filesystem::path& path, std::int64_t max_bytes)
{
    Result<MappedFile> map = MappedFile::open(path);
    if (!map) {
        return map.error();
    }
    const auto size = static_cast<std::int64_t>(map->bytes().size());
    if (size > max_bytes) {
        return Error{ErrorCode::Format,
                     concat(path.string(), ": ", size, " bytes, at most ", max_bytes, " are read")};
    }
    return std::string(map->text());
}

std::filesystem::path cache_folder()
{
    const wchar_t* local = ::_wgetenv(L"LOCALAPPDATA");
    return local == nullptr ? std::filesystem::path()
                            : std::filesystem::path(local) / L"LowRank Studio" / L"cache";
}

std::int64_t free_disk_bytes(const std::filesystem::path& folder)
{
    std::error_code error;
    const std::filesystem::space_info space =
        std::filesystem::space(folder.empty() ? std::filesystem::path(".") : folder, error);
    return error ? 0 : static_cast<std::int64_t>(space.available);
}

std::string processor_name()
{
    char name[256] = {};
    DWORD size = sizeof(name);
    const LSTATUS status = ::RegGetValueA(HKEY_LOCAL_MACHINE,
                                          R"(HARDWARE\DESCRIPTION\System\CentralProcessor\0)",
                                          "ProcessorNameString",
                                          RRF_RT_REG_SZ,
                                          nullptr,
                                          name,
                                          &size);
    return status == ERROR_SUCCESS ? std::string(name) : std::string("CPU");
}

int processor_cores()
{
    const unsigned cores = std::thread::hardware_concurrency();
    return cores == 0 ? 1 : static_cast<int>(cores);
}

std::vector<std::string> program_arguments(int /*argc*/, char** /*argv*/)
{
    for (const int descriptor : {0, 1, 2}) {
        ::_setmode(descriptor, _O_BINARY);
    }
    ::SetConsoleOutputCP(CP_UTF8);
    int count = 0;
    wchar_t** words = ::CommandLineToArgvW(::GetCommandLineW(), &count);
    std::vector<std::string> arguments;
    for (int i = 1; i < count; ++i) {
        arguments.push_back(std::filesystem::path(words[i]).string());
    }
    ::LocalFree(words);
    return arguments;
}

void stop_on_signals(StopSource& source)
{
    g_stop_source = &source;
    static std::once_flag once;
    std::call_once(once, handle_stop_requests);
}

Result<void> interrupt_process(std::int64_t process_id)
{
    const HANDLE asked =
        ::OpenEventW(EVENT_MODIFY_STATE, FALSE, stop_event_name(process_id).c_str());
    if (asked == nullptr) {
        const bool missing = ::GetLastError() == ERROR_FILE_NOT_FOUND;
        return Error{
            missing ? ErrorCode::NotFound : ErrorCode::Io,
            concat("process ", process_id, missing ? ": has ended" : ": may not be stopped")};
    }
    ::SetEvent(asked);
    ::CloseHandle(asked);
    return {};
}

void let_waiting_threads_sleep(char** /*arguments*/) {}

void volunteer_for_out_of_memory() {}

std::intptr_t take_over_stdout()
{
    HANDLE kept = nullptr;
    ::DuplicateHandle(::GetCurrentProcess(),
                      ::GetStdHandle(STD_OUTPUT_HANDLE),
                      ::GetCurrentProcess(),
                      &kept,
                      0,
                      FALSE,
                      DUPLICATE_SAME_ACCESS);
    ::_dup2(2, 1);
    return reinterpret_cast<std::intptr_t>(kept);
}

Result<void> write_all(std::intptr_t handle, std::string_view text)
{
    return write_fully(handle_of(handle), text, "stdout");
}

bool is_terminal(int descriptor)
{
    DWORD mode = 0;
    return ::GetConsoleMode(handle_of(::_get_osfhandle(descriptor)), &mode) != 0;
}

Result<SharedLibrary> SharedLibrary::open(const std::string& name)
{
    const HMODULE handle = ::LoadLibraryW(std::filesystem::path(name).c_str());
    if (handle == nullptr) {
        const auto error = static_cast<int>(::GetLastError());
        return Error{ErrorCode::NotFound, name + ": " + std::system_category().message(error)};
    }
    return SharedLibrary(handle);
}

void* SharedLibrary::symbol(const char* name) const
{
    return reinterpret_cast<void*>(::GetProcAddress(static_cast<HMODULE>(m_handle), name));
}

const char* nvidia_driver_library()
{
    return "nvcuda.dll";
}

const char* cublas_lt_library()
{
    return "cublasLt64_13.dll";
}

const char* cudnn_library()
{
    return "cudnn64_9.dll";
}

} // namespace engine
