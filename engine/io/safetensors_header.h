// The JSON header of a safetensors file: parsed by events, so that a hostile one costs no more than
// its bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"

namespace engine::detail {

// The longest header that the format allows.
inline constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

struct SafetensorsHeaderEntry
{
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0; // bytes from the start of the data
    std::uint64_t end = 0;
};

struct SafetensorsHeader
{
    std::vector<SafetensorsHeaderEntry> entries; // in the order of the JSON
    std::map<std::string, std::string> metadata;
};

// Checks UTF-8, JSON, fields, types, dtypes and duplicates. Errors: Format.
[[nodiscard]] Result<SafetensorsHeader> parse_safetensors_header(std::string_view text,
                                                                 std::string_view what);

// Position of a dtype in the format's list of increasing alignment; empty when unknown.
[[nodiscard]] std::optional<int> safetensors_dtype_order(std::string_view dtype);
[[nodiscard]] std::uint64_t safetensors_dtype_bits(std::string_view dtype); // 0 when unknown

// Bytes of a tensor; empty when a product overflows or the bits do not fill whole bytes.
[[nodiscard]] std::optional<std::uint64_t>
safetensors_tensor_bytes(std::string_view dtype, const std::vector<std::int64_t>& shape);

// A name for a message: in double quotes, cut when long.
[[nodiscard]] std::string quoted(std::string_view name);

[[nodiscard]] bool is_valid_utf8(std::string_view text);

} // namespace engine::detail
