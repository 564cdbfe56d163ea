// Small helpers over ASCII text, the same for every locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// Without the spaces, tabs, line ends, form feeds and vertical tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// A to Z in lower case, everything else as it is.
[[nodiscard]] std::string lower_ascii(std::string_view text);

// "[2, 3]" for a shape as a file states it; at most eight sizes.
[[nodiscard]] std::string shape_text(const std::vector<std::int64_t>& shape);

} // namespace engine
