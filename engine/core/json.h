// nlohmann::json with the engine's limits: depth, size, duplicate keys, and errors with a position.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace engine {

using Json = nlohmann::ordered_json;

struct JsonLimits
{
    int max_depth = 200;
    std::int64_t max_bytes = 512LL << 20;
    bool reject_duplicate_keys = true;
};

// Parses strict JSON (no comments, NaN or trailing commas). Errors: Format, with what, line and
// column. `what` names the source in messages, for example a path.
[[nodiscard]] Result<Json>
parse_json(std::string_view text, std::string_view what, const JsonLimits& limits = {});

// Reads and parses a file. Errors: NotFound, Io, Format.
[[nodiscard]] Result<Json> read_json_file(const std::filesystem::path& path,
                                          const JsonLimits& limits = {});

// One line of JSON. Bytes that are not UTF-8 become U+FFFD, so that a line can always be written.
[[nodiscard]] std::string to_line(const Json& json);

} // namespace engine
