// The memory figures of the operating system seam on Linux (and other POSIX systems where /proc is
// optional): what the process uses, and what its computer and the limits on it leave.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/core/control_group.h"
#include "engine/core/platform.h"

namespace engine {

namespace {

// Without the heap: a training step asks.
std::int64_t status_kilobytes(std::string_view key)
{
    const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    std::array<char, 4096> buffer = {};
    const ssize_t count = ::read(file, buffer.data(), buffer.size() - 1);
    ::close(file);
    const std::string_view text(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    const std::size_t found = text.find(key);
    return found == std::string_view::npos ? 0 : std::atoll(text.data() + found + key.size());
}

// What a limit on this process leaves of what `key` counts.
std::int64_t limit_room(int resource, std::string_view key)
{
    struct rlimit limit = {};
    if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return kNoMemoryLimit;
    }
    return static_cast<std::int64_t>(limit.rlim_cur) - status_kilobytes(key) * 1024;
}

std::int64_t free_memory_bytes()
{
    std::ifstream info("/proc/meminfo");
    std::string line;
    while (std::getline(info, line)) {
        if (line.rfind("MemAvailable:", 0) == 0) {
            return std::atoll(line.c_str() + std::strlen("MemAvailable:")) * 1024;
        }
    }
    return static_cast<std::int64_t>(::sysconf(_SC_AVPHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
}

} // namespace

MemoryUse process_memory()
{
    return {status_kilobytes("VmRSS:") * 1024, status_kilobytes("VmHWM:") * 1024};
}

std::int64_t total_memory_bytes()
{
    return static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
}

std::int64_t available_memory_bytes()
{
    std::ifstream groups("/proc/self/cgroup");
    const std::string memberships(std::istreambuf_iterator<char>(groups), {});
    const std::int64_t room = std::min({free_memory_bytes(),
                                        limit_room(RLIMIT_AS, "VmSize:"),
                                        limit_room(RLIMIT_DATA, "VmData:"),
                                        control_group_room("/sys/fs/cgroup", memberships)});
    return std::max<std::int64_t>(room, 0);
}

} // namespace engine
