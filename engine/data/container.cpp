// Recognises a data file's container from its first bytes and, where they leave it open, its name.
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>

#include "engine/core/text.h"
#include "engine/data/row_source.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

struct Magic
{
    std::string_view bytes;
    std::string_view what;
    std::string_view hint;
};

constexpr std::string_view kUnpack = "unpack it and choose the file inside";
constexpr std::string_view kConvert =
    "convert it to JSONL, for example with pandas: read_parquet(...).to_json(..., orient="
    "\"records\", lines=True)";
constexpr std::string_view kChooseText = "choose a JSONL, JSON, CSV, TSV or text file";

constexpr std::array<Magic, 19> kMagics = {{
    {"\x1F\x8B", "gzip data", kUnpack},
    {"PK\x03\x04", "a zip archive", kUnpack},
    {"PK\x05\x06", "an empty zip archive", kUnpack},
    {"BZh", "bzip2 data", kUnpack},
    {"\xFD\x37\x7A\x58\x5A", "xz data", kUnpack},
    {"\x28\xB5\x2F\xFD", "zstd data", kUnpack},
    {"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", kUnpack},
    {"PAR1", "a Parquet file, which is not read yet", kConvert},
    {"ARROW1", "an Arrow file, which is not read yet", kConvert},
    {"FEA1", "a Feather file, which is not read yet", kConvert},
    {"\xFF\xFF\xFF\xFF", "an Arrow stream, which is not read yet", kConvert},
    {"\x89PNG", "a picture (PNG), a binary file", kChooseText},
    {"\xFF\xD8\xFF", "a picture (JPEG), a binary file", kChooseText},
    {"GIF8", "a picture (GIF), a binary file", kChooseText},
    {"%PDF", "a PDF document", kChooseText},
    {"\x7F"
     "ELF",
     "a program, a binary file",
     kChooseText},
    {"SQLite format 3", "an SQLite database", kChooseText},
    {"GGUF", "a GGUF model", "choose it as base model, not as data"},
    {"version https://git-lfs",
     "a Git LFS pointer, not the data",
     "fetch the file with git lfs pull"},
}};

Error refusal(const std::string& name, std::string_view what, std::string_view hint)
{
    return {ErrorCode::Unsupported, concat(name, ": this is ", what), std::string(hint)};
}

// Text has few control characters, text in another encoding than UTF-8 as good as none.
bool looks_binary(std::string_view bytes)
{
    const std::string_view head = bytes.substr(0, 8192);
    const std::optional<std::size_t> invalid = first_invalid_utf8(head);
    const bool is_utf8 = !invalid || *invalid + 4 > head.size(); // its last letter may be cut
    const std::ptrdiff_t rarity = is_utf8 ? 10 : 50;
    const auto controls = std::count_if(head.begin(), head.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 && std::isspace(byte) == 0 && byte != 0x1B;
    });
    return controls * rarity > static_cast<std::ptrdiff_t>(head.size());
}

// An Error for what is certainly not text in a supported encoding.
Result<void> refuse_foreign(std::string_view bytes, const std::string& name)
{
    for (const Magic& magic : kMagics) {
        if (bytes.starts_with(magic.bytes)) {
            return refusal(name, magic.what, magic.hint);
        }
    }
    if (const std::string_view utf16 = looks_like_utf16(bytes); !utf16.empty()) {
        return Error{ErrorCode::Unsupported,
                     concat(name, ": line 1: the text is ", utf16, ", UTF-8 is wanted"),
                     encoding_hint(bytes)};
    }
    const std::string head = lower_ascii(trimmed(bytes.substr(0, 512)));
    if (head.starts_with("<!doctype html") || head.starts_with("<html")) {
        return refusal(name,
                       "HTML (a saved web page), not data; it starts at line 1",
                       "download the file itself; a sign-in or error page may have come instead");
    }
    if (head.starts_with("<?xml")) {
        return refusal(name, "XML, which is not read", kChooseText);
    }
    if (looks_binary(bytes)) {
        return refusal(name, "a binary file", kChooseText);
    }
    return {};
}

std::string_view first_line(std::string_view bytes)
{
    return bytes.substr(0, bytes.find('\n'));
}

// True when everything behind `at` is white space.
bool ends_at(std::string_view bytes, std::size_t at)
{
    return trimmed(bytes.substr(at)).empty();
}

Result<RecognizedContainer> recognize_object_start(std::string_view bytes, const std::string& name)
{
    const std::size_t begin = bytes.find('{');
    const std::size_t line_end = std::min(bytes.find('\n', begin), bytes.size());
    const std::size_t end = json_value_end(bytes, begin);
    if (end != std::string_view::npos && ends_at(bytes, end)) {
        return RecognizedContainer{Container::JsonObject, bytes};
    }
    const bool first_line_is_only_an_opening =
        trimmed(bytes.substr(begin + 1, line_end - begin - 1)).empty();
    if (first_line_is_only_an_opening) {
        return Error{ErrorCode::Format,
                     concat(name,
                            end == std::string_view::npos
                                ? ": one JSON object over many lines that never ends (is the file "
                                  "cut off?)"
                                : ": JSON objects over several lines each"),
                     "write one object per line (JSONL), or one array around all of them"};
    }
    return RecognizedContainer{Container::Jsonl, bytes};
}

std::size_t count_known_columns(const std::vector<std::string>& cells)
{
    constexpr std::array<std::string_view, 18> kKnown = {"instruction",
                                                         "input",
                                                         "output",
                                                         "prompt",
                                                         "completion",
                                                         "response",
                                                         "question",
                                                         "answer",
                                                         "query",
                                                         "text",
                                                         "messages",
                                                         "conversations",
                                                         "system",
                                                         "context",
                                                         "content",
                                                         "document",
                                                         "problem",
                                                         "solution"};
    return static_cast<std::size_t>(
        std::count_if(cells.begin(), cells.end(), [&](const std::string& cell) {
            return std::find(kKnown.begin(), kKnown.end(), cell) != kKnown.end();
        }));
}

// The delimiter under which the first record has most cells, known column names first.
char sniff_delimiter(std::string_view bytes, char preferred)
{
    char best = preferred;
    std::size_t best_score = 0;
    for (const char delimiter : {preferred, ',', '\t', ';', '|'}) {
        const std::vector<std::string> cells = csv_header(bytes, delimiter);
        const std::size_t score = cells.size() + 100 * count_known_columns(cells);
        if (score > best_score) {
            best = delimiter;
            best_score = score;
        }
    }
    return best;
}

bool header_names_a_shape(std::string_view bytes, char delimiter)
{
    const std::vector<std::string> cells = csv_header(bytes, delimiter);
    return cells.size() >= 2 && count_known_columns(cells) >= 2;
}

bool some_line_starts_with_brace(std::string_view bytes)
{
    for (int i = 0; i < 20 && !bytes.empty(); ++i) {
        const std::string_view line = first_line(bytes);
        if (trimmed(line).starts_with('{')) {
            return true;
        }
        bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    }
    return false;
}

// What a file is whose first character is neither brace nor bracket, or whose name says text.
Result<RecognizedContainer> recognize_by_name(std::string_view bytes, const std::string& name)
{
    const std::string extension = lower_ascii(std::filesystem::path(name).extension().string());
    if (extension == ".csv" || extension == ".tsv" || extension == ".tab") {
        const char delimiter = sniff_delimiter(bytes, extension == ".csv" ? ',' : '\t');
        return RecognizedContainer{Container::Csv, bytes, delimiter};
    }
    const char delimiter = sniff_delimiter(bytes, ',');
    if (header_names_a_shape(bytes, delimiter)) {
        return RecognizedContainer{Container::Csv, bytes, delimiter};
    }
    const bool named_lines = extension == ".jsonl" || extension == ".ndjson";
    if (named_lines || (extension == ".json" && some_line_starts_with_brace(bytes))) {
        return RecognizedContainer{Container::Jsonl, bytes};
    }
    if (extension == ".json") {
        return Error{ErrorCode::Format,
                     concat(name,
                            ": the JSON text starts with ",
                            in_quotes(trimmed(bytes.substr(0, 80)), 20),
                            ", an array [ or an object { is wanted"),
                     "one object per line (JSONL), or one array of objects"};
    }
    return RecognizedContainer{Container::Text, bytes};
}

} // namespace

Result<RecognizedContainer> recognize_container(std::string_view bytes, const std::string& name)
{
    if (bytes.starts_with("\xEF\xBB\xBF")) {
        bytes.remove_prefix(3);
    }
    if (bytes.empty()) {
        return Error{
            ErrorCode::Format, concat(name, ": the file is empty"), std::string(kChooseText)};
    }
    if (Result<void> foreign = refuse_foreign(bytes, name); !foreign) {
        return foreign.error();
    }
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return Error{ErrorCode::Format, concat(name, ": the file holds white space only")};
    }
    const std::string extension = lower_ascii(std::filesystem::path(name).extension().string());
    const bool named_text = extension == ".txt" || extension == ".md" || extension == ".text";
    const bool opens = bytes[first] == '{' || bytes[first] == '[';
    if (opens && named_text) {
        // "[Verse 1]" and "{name}" are text: only a first value that parses makes it JSON.
        const std::size_t end = json_value_end(bytes, first);
        const std::string_view value =
            end == std::string_view::npos ? "" : bytes.substr(first, end - first);
        if (!parse_json(value, name, {.reject_duplicate_keys = false})) {
            return RecognizedContainer{Container::Text, bytes};
        }
    }
    if (bytes[first] == '{') {
        return recognize_object_start(bytes, name);
    }
    if (bytes[first] == '[') {
        return RecognizedContainer{Container::JsonArray, bytes};
    }
    return recognize_by_name(bytes, name);
}

std::string container_name(const RecognizedContainer& source)
{
    switch (source.container) {
    case Container::Jsonl:
        return "jsonl";
    case Container::JsonArray:
    case Container::JsonObject:
        return "json";
    case Container::Csv:
        return source.delimiter == '\t' ? "tsv" : "csv";
    case Container::Text:
        break;
    }
    return "text";
}

Result<void>
read_rows(const RecognizedContainer& source, const std::string& name, const RowSink& sink)
{
    switch (source.container) {
    case Container::Jsonl:
        return read_jsonl_rows(source.bytes, name, sink);
    case Container::JsonArray:
        return read_json_array_rows(source.bytes, name, sink);
    case Container::JsonObject:
        return read_json_object_rows(source.bytes, name, sink);
    case Container::Csv:
        return read_csv_rows(source.bytes, source.delimiter, name, sink);
    case Container::Text:
        break;
    }
    return read_text_rows(source.bytes, name, sink);
}

} // namespace engine
