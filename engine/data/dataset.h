// Reads a data file of any supported container and shape into records, with every row's problem
// named.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/core/error.h"
#include "engine/data/record.h"

namespace engine {

enum class DataFormat { Auto, Alpaca, ShareGpt, Messages, Completion, Text };

[[nodiscard]] Result<DataFormat>
parse_data_format(std::string_view name); // "auto", "alpaca", "sharegpt", ...
[[nodiscard]] std::string_view to_string(DataFormat format);

struct DatasetOptions
{
    DataFormat format = DataFormat::Auto;
    std::map<std::string, std::string> column_map =
        {};                    // file column -> role: "prompt", "completion", "instruction",
                               // "input", "output", "system", "text", "messages"
    std::int64_t max_rows = 0; // 0: all; a preview reads fewer
    std::function<void(double fraction)> progress = {};
    StopToken stop = {};
};

// The code of the file's problem that one row leaves nothing to evaluate on.
inline constexpr std::string_view kOneRow = "one_row";

struct Dataset
{
    std::string container;                // "jsonl", "json", "csv", "tsv", "text"
    DataFormat format = DataFormat::Auto; // what was recognised
    std::vector<std::string> columns;     // as found, for the mapping dialog
    std::vector<Record> records;          // accepted rows (with or without warnings); may be empty
    std::vector<RowProblem> problems;     // kMaxProblems of each severity; the counts are complete
    std::int64_t rows = 0;                // rows seen
    std::int64_t warned = 0;              // rows with a warning and without an error
    std::int64_t refused = 0;             // rows with an error
    std::int64_t blank = 0;               // of `warned`: left out of `records`, nothing to learn
    std::int64_t duplicates = 0;          // of `warned`: equal to an earlier row, kept
    std::string fingerprint;              // SHA-256 of the file, hex
    static constexpr std::size_t kMaxProblems = 1000;
};

// The container is recognised by content, not only by name. A file that cannot be read at all
// (binary, HTML, another encoding, an unknown or unsupported container, a preference set, no rows)
// is an Error whose message says what it is and what to do; bad rows are problems. Time and memory
// are bounded by the file's size. Errors: NotFound, Io, Format, Unsupported, Cancelled.
[[nodiscard]] Result<Dataset> read_dataset(const std::filesystem::path& path,
                                           const DatasetOptions& options = {});

// The columns of the first row that can be read, whatever they mean: what a person maps when
// read_dataset knows none of them. Empty: there are none.
[[nodiscard]] std::vector<std::string> find_columns(const std::filesystem::path& path,
                                                    const StopToken& stop = {});

// read_dataset for bytes in memory; for tests and fuzzing. `name` is the file name, which may help
// recognition.
[[nodiscard]] Result<Dataset> read_dataset_text(std::string_view bytes,
                                                const std::string& name,
                                                const DatasetOptions& options = {});

} // namespace engine
