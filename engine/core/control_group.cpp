// Limits and use of the memory controller, in both versions of its files.
#include "engine/core/control_group.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace engine {

namespace {

namespace fs = std::filesystem;

// How one version of the controller names its files and the file cache in memory.stat.
struct Names
{
    const char* limit;
    const char* use;
    std::string_view inactive_cache;
    std::string_view active_cache;
};

constexpr Names kFirst = {
    "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "total_active_file"};
constexpr Names kSecond = {"memory.max", "memory.current", "inactive_file", "active_file"};

// The file's number; false where there is none, or "max".
bool read_number(const fs::path& path, std::int64_t& number)
{
    std::ifstream file(path);
    return static_cast<bool>(file >> number);
}

// Pages that the system takes back when memory is asked for.
std::int64_t cache_bytes(const fs::path& group, const Names& names)
{
    std::ifstream file(group / "memory.stat");
    std::int64_t bytes = 0;
    std::string key;
    std::int64_t value = 0;
    while (file >> key >> value) {
        if (key == names.inactive_cache || key == names.active_cache) {
            bytes += value;
        }
    }
    return bytes;
}

// The least of the group's room and that of the groups above it, up to `top`. In a container the
// path may be the host's, of which only `top` is shown.
std::int64_t least_room(const fs::path& top, fs::path group, const Names& names)
{
    std::int64_t room = kNoMemoryLimit;
    while (true) {
        std::int64_t limit = 0;
        std::int64_t use = 0;
        if (read_number(group / names.limit, limit) && read_number(group / names.use, use)) {
            room = std::min(room, limit - use + cache_bytes(group, names));
        }
        if (group == top || !group.has_relative_path()) {
            return room;
        }
        group = group.parent_path();
    }
}

bool has_memory(const std::string& controllers)
{
    return ("," + controllers + ",").find(",memory,") != std::string::npos;
}

} // namespace

std::int64_t control_group_room(const fs::path& mount, std::string_view memberships)
{
    std::int64_t room = kNoMemoryLimit;
    std::istringstream lines{std::string(memberships)}; // "4:memory:/path", "0::/path"
    std::string number;
    std::string controllers;
    std::string path;
    while (std::getline(lines, number, ':') && std::getline(lines, controllers, ':')
           && std::getline(lines, path)) {
        const bool second = controllers.empty();
        if (!second && !has_memory(controllers)) {
            continue;
        }
        const fs::path top = second ? mount : mount / "memory";
        const fs::path own = fs::path(path).relative_path();
        room = std::min(room,
                        least_room(top, own.empty() ? top : top / own, second ? kSecond : kFirst));
    }
    return room;
}

} // namespace engine
