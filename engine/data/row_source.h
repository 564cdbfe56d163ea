// The containers: each splits a file's bytes into rows, one JSON object each, and names what cannot
// be read. Memory is bounded by the longest row.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/data/record.h"

namespace engine {

inline constexpr std::int64_t kMaxRowBytes = 64LL << 20;

enum class Container { Jsonl, JsonArray, JsonObject, Csv, Text };

// A row as the container holds it. `value` is an object unless `problems` has an error.
// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json throws nothing.
struct SourceRow
{
    std::int64_t row = 0;
    Json value;
    std::vector<RowProblem> problems;
    std::size_t end = 0; // offset in the bytes behind this row
};

// Receives the rows in order; false ends the reading.
using RowSink = std::function<bool(SourceRow&& row)>;

struct RecognizedContainer
{
    Container container = Container::Jsonl;
    std::string_view bytes; // without the byte-order mark
    char delimiter = ',';   // Csv
};

// Looks at the content first and at the name where the content leaves it open. Errors (Format,
// Unsupported): what the file is instead, with the way out as hint.
[[nodiscard]] Result<RecognizedContainer> recognize_container(std::string_view bytes,
                                                              const std::string& name);

// Reads the rows of a container. An Error is of the whole file; a row's problem is in the row.
[[nodiscard]] Result<void>
read_rows(const RecognizedContainer& source, const std::string& name, const RowSink& sink);

// "jsonl", "json", "csv", "tsv" or "text".
[[nodiscard]] std::string container_name(const RecognizedContainer& source);

// One row's JSON text to an object. Duplicate keys, escaped NULs and lone surrogates become
// warnings.
[[nodiscard]] SourceRow
parse_json_row(std::string_view text, std::int64_t row, std::int64_t max_bytes = kMaxRowBytes);

// The parts of read_rows, one per container.
[[nodiscard]] Result<void>
read_jsonl_rows(std::string_view bytes, const std::string& name, const RowSink& sink);
[[nodiscard]] Result<void>
read_json_array_rows(std::string_view bytes, const std::string& name, const RowSink& sink);
[[nodiscard]] Result<void>
read_json_object_rows(std::string_view bytes, const std::string& name, const RowSink& sink);
[[nodiscard]] Result<void>
read_csv_rows(std::string_view bytes, char delimiter, const std::string& name, const RowSink& sink);
[[nodiscard]] Result<void>
read_text_rows(std::string_view bytes, const std::string& name, const RowSink& sink);

// Offset behind the JSON value that starts at `begin` (an object or array), found by brackets and
// strings alone; npos when it does not end.
[[nodiscard]] std::size_t json_value_end(std::string_view bytes, std::size_t begin);

// The cells of a delimited file's first record, or an empty vector when it has none.
[[nodiscard]] std::vector<std::string> csv_header(std::string_view bytes, char delimiter);

} // namespace engine
