// The short spellings that people type for a setting: "q_proj,v_proj", "all-linear", "0-3,7",
// "q_proj=8,down_proj=32".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/model/target.h"

namespace engine {

// Text between commas, without surrounding blanks; empty pieces are left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

// "all-linear", "attention" (q k v o), or names between commas. Errors: InvalidConfig.
[[nodiscard]] Result<std::vector<Target>> parse_targets(std::string_view text);

// "0-3,7" to 0 1 2 3 7, ascending and without repetition; empty text is every layer. Errors:
// InvalidConfig.
[[nodiscard]] Result<std::vector<std::int64_t>> parse_layers(std::string_view text);

// "a=x,b=y". Errors: InvalidConfig naming `subject`.
[[nodiscard]] Result<std::map<std::string, std::string>> parse_pairs(std::string_view subject,
                                                                     std::string_view text);

// A whole text as a number. Errors: InvalidConfig naming `subject`.
[[nodiscard]] Result<std::int64_t> parse_integer(std::string_view subject, std::string_view text);
[[nodiscard]] Result<double> parse_number(std::string_view subject, std::string_view text);

// "on", "off", "true", "false". Errors: InvalidConfig naming `subject`.
[[nodiscard]] Result<bool> parse_switch(std::string_view subject, std::string_view text);

} // namespace engine
