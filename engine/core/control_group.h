// What Linux's control groups (of containers and services) leave a process of its memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string_view>

namespace engine {

inline constexpr std::int64_t kNoMemoryLimit = std::numeric_limits<std::int64_t>::max();

// The least that the groups of `memberships` (/proc/self/cgroup) and those above them leave, file
// cache counted as free; kNoMemoryLimit without a limit. `mount` is where the groups are shown.
[[nodiscard]] std::int64_t control_group_room(const std::filesystem::path& mount,
                                              std::string_view memberships);

} // namespace engine
