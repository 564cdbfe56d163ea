// Small helpers over ASCII text, the same for every locale.
#include "engine/core/text.h"

#include <algorithm>

#include "engine/core/error.h"

namespace engine {

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kSpace = " \t\n\r\f\v";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower_ascii(std::string_view text)
{
    std::string result(text);
    for (char& c : result) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return result;
}

std::string shape_text(const std::vector<std::int64_t>& shape)
{
    constexpr std::size_t kMaxSizes = 8;
    std::string text = "[";
    for (std::size_t i = 0; i < std::min(shape.size(), kMaxSizes); ++i) {
        text += concat(i == 0 ? "" : ", ", shape[i]);
    }
    return text + (shape.size() > kMaxSizes ? ", ...]" : "]");
}

} // namespace engine
