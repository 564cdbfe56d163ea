// Rows of JSON files: one object a line, elements of one array taken one at a time, and the
// object-shaped files that common tools write.
#include <algorithm>
#include <optional>

#include "engine/core/text.h"
#include "engine/data/row_source.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

constexpr std::size_t kMaxReason = 160; // bytes of a parser's message that are repeated

RowProblem problem(Severity severity, std::int64_t row, std::string_view code, std::string message)
{
    return {severity, row, std::string(code), std::move(message)};
}

SourceRow broken_row(std::int64_t row, std::string_view code, std::string message)
{
    SourceRow result;
    result.row = row;
    result.problems.push_back(problem(Severity::Error, row, code, std::move(message)));
    return result;
}

std::optional<unsigned> escaped_unit(std::string_view text, std::size_t backslash)
{
    if (text.size() - backslash < 6 || text[backslash + 1] != 'u') {
        return std::nullopt;
    }
    unsigned value = 0;
    for (std::size_t i = backslash + 2; i < backslash + 6; ++i) {
        const char c = text[i];
        const bool digit = c >= '0' && c <= '9';
        const char folded = static_cast<char>(c | 0x20);
        if (!digit && (folded < 'a' || folded > 'f')) {
            return std::nullopt;
        }
        value = value * 16 + static_cast<unsigned>(digit ? c - '0' : folded - 'a' + 10);
    }
    return value;
}

// Escapes of half a surrogate pair replaced by that of U+FFFD.
std::string without_lone_surrogates(std::string_view text)
{
    const auto is_high = [](unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; };
    const auto is_low = [](unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
    std::string result(text);
    std::size_t i = 0;
    while (i < result.size()) {
        if (result[i] != '\\') {
            ++i;
            continue;
        }
        const std::optional<unsigned> unit = escaped_unit(result, i);
        if (!unit) {
            i += 2;
            continue;
        }
        if (is_high(*unit) && i + 6 < result.size() && result[i + 6] == '\\') {
            const std::optional<unsigned> next = escaped_unit(result, i + 6);
            if (next && is_low(*next)) {
                i += 12;
                continue;
            }
        }
        if (is_high(*unit) || is_low(*unit)) {
            result.replace(i, 6, "\\ufffd");
        }
        i += 6;
    }
    return result;
}

// Removes NUL characters from every string; true when there was one.
bool remove_nuls(Json& value)
{
    if (value.is_string()) {
        auto& text = value.get_ref<std::string&>();
        return std::erase(text, '\0') > 0;
    }
    bool found = false;
    if (value.is_structured()) {
        for (auto& element : value) {
            found = remove_nuls(element) || found;
        }
    }
    return found;
}

// The parser's reason without its source, the line (rows are lines) and long quotations.
std::string reason_of(const Error& error)
{
    std::string_view text = error.message;
    const std::string_view mark = "not valid JSON: ";
    if (const std::size_t at = text.find(mark); at != std::string_view::npos) {
        text.remove_prefix(at + mark.size());
    }
    if (text.starts_with("line 1, ")) {
        text.remove_prefix(8);
    }
    const std::string shortened = in_quotes(text, kMaxReason);
    return shortened.substr(1, shortened.size() - 2);
}

std::string_view type_name(const Json& value)
{
    return value.is_null() ? "null" : value.type_name();
}

std::string syntax_message(std::string_view text, const Error& error)
{
    const std::string_view start = trimmed(text.substr(0, 64));
    if (start.starts_with("//") || start.starts_with('#')) {
        return "not valid JSON: a comment line; JSON has no comments";
    }
    const std::size_t begin = text.find('{');
    const std::size_t end = begin == std::string_view::npos ? begin : json_value_end(text, begin);
    if (start.starts_with('{') && end != std::string_view::npos
        && trimmed(text.substr(end)).starts_with('{')) {
        return concat("not valid JSON: a second object follows on the same line at column ",
                      end + 1,
                      "; one object per line is wanted");
    }
    std::string message = concat("not valid JSON: ", reason_of(error));
    if (start.starts_with("{'")) {
        message += "; keys and text need double quotes";
    }
    return message;
}

} // namespace

SourceRow parse_json_row(std::string_view text, std::int64_t row, std::int64_t max_bytes)
{
    if (const auto bad = first_invalid_utf8(text); bad) {
        return broken_row(row,
                          "invalid_utf8",
                          concat(byte_text(text, *bad), " is not UTF-8; ", encoding_hint(text)));
    }
    if (static_cast<std::int64_t>(text.size()) > max_bytes) {
        return broken_row(
            row,
            "row_too_large",
            concat(text.size(), " bytes in one row, at most ", max_bytes, " are read"));
    }
    SourceRow result;
    result.row = row;
    std::string repaired;
    JsonLimits limits;
    limits.max_bytes = max_bytes;
    Result<Json> value = parse_json(text, "row", limits);
    if (!value && value.error().message.find("surrogate") != std::string::npos) {
        repaired = without_lone_surrogates(text);
        text = repaired;
        value = parse_json(text, "row", limits);
        result.problems.push_back(problem(Severity::Warning,
                                          row,
                                          "lone_surrogate",
                                          "half of a surrogate pair, replaced by U+FFFD"));
    }
    if (!value && value.error().message.find("duplicate key") != std::string::npos) {
        result.problems.push_back(problem(Severity::Warning,
                                          row,
                                          "duplicate_key",
                                          reason_of(value.error()) + "; the last value is taken"));
        limits.reject_duplicate_keys = false;
        value = parse_json(text, "row", limits);
    }
    if (!value) {
        return broken_row(row, "invalid_json", syntax_message(text, value.error()));
    }
    if (!value->is_object()) {
        return broken_row(
            row,
            "not_an_object",
            concat("the row is of type ", type_name(*value), ", an object {...} is wanted"));
    }
    result.value = std::move(*value);
    if (text.find("\\u0000") != std::string_view::npos && remove_nuls(result.value)) {
        result.problems.push_back(
            problem(Severity::Warning, row, "nul_character", "character U+0000, removed"));
    }
    return result;
}

std::size_t json_value_end(std::string_view bytes, std::size_t begin)
{
    std::int64_t depth = 0;
    std::size_t i = begin;
    while (i < bytes.size()) {
        const char c = bytes[i];
        if (c == '"') {
            ++i;
            while (i < bytes.size() && bytes[i] != '"') {
                i += bytes[i] == '\\' ? 2 : 1;
            }
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
            if (depth <= 0) {
                return i + 1;
            }
        }
        ++i;
    }
    return std::string_view::npos;
}

Result<void>
read_jsonl_rows(std::string_view bytes, const std::string& /*name*/, const RowSink& sink)
{
    std::int64_t line_number = 0;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t newline = std::min(bytes.find('\n', at), bytes.size());
        std::string_view line = bytes.substr(at, newline - at);
        at = newline + 1;
        ++line_number;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (trimmed(line).empty()) {
            continue;
        }
        SourceRow row = parse_json_row(line, line_number);
        row.end = at;
        if (!sink(std::move(row))) {
            return {};
        }
    }
    return {};
}

Result<void>
read_json_array_rows(std::string_view bytes, const std::string& name, const RowSink& sink)
{
    constexpr std::string_view kSpace = " \t\r\n";
    std::size_t at = bytes.find('[') + 1;
    std::int64_t row = 0;
    bool more = true; // an element may follow
    while (true) {
        at = bytes.find_first_not_of(kSpace, at);
        if (at == std::string_view::npos) {
            sink(broken_row(
                row + 1, "invalid_json", "the array does not end with ]; is the file cut off?"));
            return {};
        }
        if (bytes[at] == ']') {
            break;
        }
        ++row;
        if (!more) {
            sink(broken_row(row,
                            "invalid_json",
                            concat("not valid JSON: , or ] is wanted before ",
                                   in_quotes(bytes.substr(at, 40), 20))));
            return {};
        }
        const bool opens = bytes[at] == '{' || bytes[at] == '[';
        std::size_t end = opens ? json_value_end(bytes, at) : bytes.find_first_of(",]", at);
        if (end == std::string_view::npos) {
            end = bytes.size();
        }
        SourceRow element = parse_json_row(bytes.substr(at, end - at), row);
        element.end = end;
        if (!sink(std::move(element))) {
            return {};
        }
        at = bytes.find_first_not_of(kSpace, end);
        more = at != std::string_view::npos && bytes[at] == ',';
        at = more ? at + 1 : at;
    }
    if (row == 0) {
        return Error{ErrorCode::Format, concat(name, ": the array is empty: no rows")};
    }
    if (!trimmed(bytes.substr(at + 1)).empty()) {
        sink(broken_row(row + 1,
                        "invalid_json",
                        concat("text follows the end of the array: ",
                               in_quotes(trimmed(bytes.substr(at + 1, 80)), 30))));
    }
    return {};
}

} // namespace engine
