// The operating system seam on Linux (and other POSIX systems where /proc is optional).
// One file because it implements one header for one system.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "engine/core/platform.h"
#include "engine/core/shared_library.h"

namespace engine {

namespace {

std::string describe(int error)
{
    return std::generic_category().message(error);
}

enum class Access { Read, Write };

// What to do next, where the error tells.
std::string hint_of(Access access, int error)
{
    const bool reading = access == Access::Read;
    switch (error) {
    case ENOENT:
        return reading ? "check the spelling of the name"
                       : "create the folder first, or choose one that exists";
    case EACCES:
    case EPERM:
        return reading ? "choose a file that you may read, or change its permissions"
                       : "choose a folder that you may write to";
    case EROFS:
        return "choose a folder that you may write to";
    case ENOSPC:
    case EDQUOT:
        return "free some disk space or choose another folder, then try again";
    case EFBIG:
        return "the file system or this process's limit (ulimit -f) allows no larger file; choose "
               "another folder";
    case ENOMEM:
        return "close other programs, or raise this process's limit (ulimit -v)";
    default:
        return {};
    }
}

ErrorCode code_of(int error)
{
    return error == ENOENT   ? ErrorCode::NotFound
           : error == ENOMEM ? ErrorCode::OutOfHostMemory
                             : ErrorCode::Io;
}

Error io_error(const std::filesystem::path& path, Access access, const char* action, int error)
{
    std::string message = concat(path.string(), ": ", action, ": ", describe(error));
    if (error == ENOSPC || error == EDQUOT) {
        message += concat(" (", free_disk_bytes(path.parent_path()), " bytes free)");
    }
    return {code_of(error), std::move(message), hint_of(access, error)};
}

Result<void> write_fully(int file, std::string_view bytes, const std::filesystem::path& path)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return io_error(path, Access::Write, "cannot write", errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> sync_folder(const std::filesystem::path& folder)
{
    const std::filesystem::path name = folder.empty() ? std::filesystem::path(".") : folder;
    const int file = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return io_error(name, Access::Write, "cannot open the folder", errno);
    }
    const int status = ::fsync(file);
    const int error = errno;
    ::close(file);
    // Some file systems cannot sync a folder; that is not the user's problem.
    if (status != 0 && error != EINVAL && error != ENOTSUP) {
        return io_error(name, Access::Write, "cannot sync the folder", error);
    }
    return {};
}

std::atomic<StopSource*> g_stop_source = nullptr;

extern "C" void on_stop_signal(int number)
{
    StopSource* source = g_stop_source;
    if (source == nullptr || source->stop_requested()) {
        std::signal(number, SIG_DFL);
        ::raise(number);
        return;
    }
    source->request_stop();
}

// Whoever reads stdout went away: by the time the second one comes, saving is under way.
extern "C" void on_broken_pipe(int /*number*/)
{
    if (StopSource* source = g_stop_source; source != nullptr) {
        source->request_stop();
    }
}

void wait_for_signals(sigset_t signals)
{
    int number = 0;
    while (::sigwait(&signals, &number) == 0) {
        on_stop_signal(number);
        // A second signal's default is pending here, and ends the process.
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, number);
        ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
        ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
    }
}

bool is_default(int number)
{
    struct sigaction now = {};
    return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL;
}

// The calling thread and those it starts from now on never run a handler: oneDNN's code keeps its
// stack pointer in other memory, which a handler's frame would overwrite. A thread of its own waits
// for the signals instead; the handler is for threads that were there before.
void handle_stop_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    struct sigaction action = {};
    action.sa_handler = on_stop_signal;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        if (number != SIGHUP || is_default(SIGHUP)) { // nohup ignores it
            ::sigaction(number, &action, nullptr);
            sigaddset(&signals, number);
        }
    }
    if (is_default(SIGPIPE)) {
        action.sa_handler = on_broken_pipe;
        ::sigaction(SIGPIPE, &action, nullptr);
    }
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread(wait_for_signals, signals).detach();
}

} // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return io_error(path, Access::Read, "cannot open", errno);
    }
    struct stat info = {};
    if (::fstat(file, &info) != 0) {
        const int error = errno;
        ::close(file);
        return io_error(path, Access::Read, "cannot read its size", error);
    }
    if (!S_ISREG(info.st_mode)) {
        ::close(file);
        return Error{ErrorCode::Io, concat(path.string(), ": not a regular file")};
    }
    MappedFile map;
    const auto size = static_cast<std::size_t>(info.st_size);
    if (size > 0) {
        void* base = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        if (base == MAP_FAILED) {
            const int error = errno;
            ::close(file);
            return io_error(path, Access::Read, "cannot map into memory", error);
        }
        map.m_bytes = {static_cast<const std::byte*>(base), size};
    }
    ::close(file);
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
        ::munmap(const_cast<std::byte*>(m_bytes.data()), m_bytes.size());
    }
}

void MappedFile::drop_pages(std::size_t offset, std::size_t size) const
{
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t begin = (offset + page - 1) / page * page;
    const std::size_t end = std::min(offset + size, m_bytes.size()) / page * page;
    if (begin < end) {
        ::madvise(const_cast<std::byte*>(m_bytes.data()) + begin, end - begin, MADV_DONTNEED);
    }
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path)
{
    static std::atomic<unsigned> counter = 0;
    AtomicFile file;
    file.m_path = path;
    file.m_temporary = path;
    file.m_temporary += concat(".tmp-", ::getpid(), "-", counter++);
    file.m_file = ::open(file.m_temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file.m_file < 0) {
        return io_error(path, Access::Write, "cannot create", errno);
    }
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
    if (m_file >= 0) {
        ::close(static_cast<int>(m_file));
        ::unlink(m_temporary.c_str());
    }
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes)
{
    return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Result<void> AtomicFile::write(std::string_view text)
{
    return write_fully(static_cast<int>(m_file), text, m_path);
}

Result<void> AtomicFile::commit()
{
    const int file = static_cast<int>(std::exchange(m_file, -1));
    const int synced = ::fsync(file);
    const int sync_error = errno;
    const int closed = ::close(file);
    if (synced != 0 || closed != 0) {
        const int error = synced != 0 ? sync_error : errno;
        ::unlink(m_temporary.c_str());
        return io_error(m_path, Access::Write, "cannot sync", error);
    }
    if (::rename(m_temporary.c_str(), m_path.c_str()) != 0) {
        const int error = errno;
        ::unlink(m_temporary.c_str());
        return io_error(m_path, Access::Write, "cannot rename into place", error);
    }
    return sync_folder(m_path.parent_path());
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
    if (Result<void> synced = sync_folder(temporary); !synced) {
        return synced;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        return io_error(path, Access::Write, "cannot rename into place", errno);
    }
    return sync_folder(path.parent_path());
}

Result<AppendFile> AppendFile::open(const std::filesystem::path& path)
{
    AppendFile file;
    file.m_path = path;
    file.m_file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file.m_file < 0) {
        return io_error(path, Access::Write, "cannot open for appending", errno);
    }
    const int descriptor = static_cast<int>(file.m_file);
    off_t end = ::lseek(descriptor, 0, SEEK_END);
    // Walk back over an unterminated last line.
    char last = '\n';
    while (end > 0 && ::pread(descriptor, &last, 1, end - 1) == 1 && last != '\n') {
        --end;
    }
    if (::ftruncate(descriptor, end) != 0) {
        return io_error(path, Access::Write, "cannot truncate", errno);
    }
    ::lseek(descriptor, 0, SEEK_END);
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
    if (m_file >= 0) {
        ::close(static_cast<int>(m_file));
    }
}

Result<void> AppendFile::append_line(std::string_view line)
{
    const int descriptor = static_cast<int>(m_file);
    const off_t before = ::lseek(descriptor, 0, SEEK_CUR);
    // One call writes line and newline, without a copy on the heap.
    char newline = '\n';
    std::array<iovec, 2> pieces = {
        {{const_cast<char*>(line.data()), line.size()}, {&newline, sizeof newline}}};
    ssize_t written = -1;
    do {
        written = ::writev(descriptor, pieces.data(), static_cast<int>(pieces.size()));
    } while (written < 0 && errno == EINTR);
    Result<void> result;
    if (written < 0) {
        result = io_error(m_path, Access::Write, "cannot write", errno);
    } else if (const auto done = static_cast<std::size_t>(written); done < line.size()) {
        result = write_fully(descriptor, std::string(line.substr(done)) + newline, m_path);
    } else if (done == line.size()) {
        result = write_fully(descriptor, "\n", m_path);
    }
    if (!result && before >= 0) {
        // A full disk may have taken half the line; take it back.
        if (::ftruncate(descriptor, before) == 0) {
            ::lseek(descriptor, before, SEEK_SET);
        }
    }
    return result;
}

Result<void> AppendFile::sync()
{
    if (::fsync(static_cast<int>(m_file)) != 0) {
        return io_error(m_path, Access::Write, "cannot sync", errno);
    }
    return {};
}

Result<FolderLock> FolderLock::acquire(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / ".lock";
    FolderLock lock;
    lock.m_file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock.m_file < 0) {
        return io_error(path, Access::Write, "cannot create the lock", errno);
    }
    if (::flock(static_cast<int>(lock.m_file), LOCK_EX | LOCK_NB) != 0) {
        return Error{ErrorCode::Io,
                     concat(folder.string(), ": another process is using this folder"),
                     "wait until it ends, or choose another folder"};
    }
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
    if (m_file >= 0) {
        ::close(static_cast<int>(m_file));
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
    // NOLINTBEGIN(concurrency-mt-unsafe): nothing here sets them
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    std::filesystem::path folder;
    if (cache != nullptr && cache[0] == '/') { // others are to be ignored
        folder = cache;
    } else if (home != nullptr && home[0] == '/') {
        folder = std::filesystem::path(home) / ".cache";
    }
    return folder.empty() ? folder : folder / "lowrank-studio";
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
    std::ifstream info("/proc/cpuinfo");
    std::string line;
    while (std::getline(info, line)) {
        if (line.rfind("model name", 0) == 0) {
            const std::size_t colon = line.find(':');
            return colon == std::string::npos ? line : line.substr(colon + 2);
        }
    }
    return "CPU";
}

int processor_cores()
{
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::vector<std::string> program_arguments(int argc, char** argv)
{
    return {argv + std::min(argc, 1), argv + argc};
}

void stop_on_signals(StopSource& source)
{
    g_stop_source = &source;
    static std::once_flag once;
    std::call_once(once, handle_stop_signals);
}

Result<void> interrupt_process(std::int64_t process_id)
{
    if (process_id > 0 && ::kill(static_cast<pid_t>(process_id), SIGTERM) == 0) {
        return {};
    }
    const bool missing = process_id <= 0 || errno == ESRCH;
    return Error{missing ? ErrorCode::NotFound : ErrorCode::Io,
                 concat("process ", process_id, missing ? ": has ended" : ": may not be stopped")};
}

void let_waiting_threads_sleep(char** arguments)
{
    // No thread exists yet. When the system cannot start the program again, it goes on as it is.
    // NOLINTBEGIN(concurrency-mt-unsafe)
    const auto set_new = [](const char* name, const char* value) {
        return std::getenv(name) == nullptr && ::setenv(name, value, 0) == 0;
    };
    const bool sleeps = set_new("OMP_WAIT_POLICY", "passive");
    // A heap for each thread would set 64 MiB of a limited address space aside at any moment.
    struct rlimit limit = {};
    const bool limited = ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    const bool shares_heap = limited && set_new("MALLOC_ARENA_MAX", "1");
    if (sleeps || shares_heap) {
        ::execv("/proc/self/exe", arguments);
    }
    // NOLINTEND(concurrency-mt-unsafe)
}

void volunteer_for_out_of_memory()
{
    std::ofstream score("/proc/self/oom_score_adj");
    score << 500;
}

std::intptr_t take_over_stdout()
{
    std::signal(SIGPIPE, SIG_IGN); // a reader that went away is an error of write_all, not the end
    const int kept = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    return kept;
}

Result<void> write_all(std::intptr_t handle, std::string_view text)
{
    return write_fully(static_cast<int>(handle), text, "stdout");
}

bool is_terminal(int descriptor)
{
    return ::isatty(descriptor) == 1;
}

Result<SharedLibrary> SharedLibrary::open(const std::string& name)
{
    void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) {
        const char* reason = ::dlerror(); // NOLINT(concurrency-mt-unsafe): kept for each thread
        return Error{ErrorCode::NotFound, reason != nullptr ? reason : name + ": cannot be opened"};
    }
    return SharedLibrary(handle);
}

void* SharedLibrary::symbol(const char* name) const
{
    return ::dlsym(m_handle, name);
}

const char* nvidia_driver_library()
{
    return "libcuda.so.1";
}

const char* cublas_lt_library()
{
    return "libcublasLt.so.13";
}

const char* cudnn_library()
{
    return "libcudnn.so.9";
}

} // namespace engine
