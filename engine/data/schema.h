// Which column of a row plays which role, recognised from a row's keys, and the row turned into a
// record.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/json.h"
#include "engine/data/dataset.h"
#include "engine/data/record.h"

namespace engine {

// Column names by role; empty where the file has none.
struct Schema
{
    DataFormat format = DataFormat::Auto;
    std::string messages;    // Messages, ShareGpt
    std::string prompt;      // Completion
    std::string completion;  // Completion
    std::string instruction; // Alpaca
    std::string input;       // Alpaca
    std::string output;      // Alpaca
    std::string system;
    std::string history; // Alpaca: earlier [user, assistant] pairs
    std::string text;    // Text
};

// The schema of a row, in the order of the ladder: mapping, messages, conversations, prompt and
// completion, instruction and output, question and answer, text. Absent when no shape fits.
[[nodiscard]] std::optional<Schema> recognize_schema(const Json& row,
                                                     const DatasetOptions& options);

// Why the row belongs to a set that is not for supervised training (preference pairs, rated
// answers, token ids, pictures); empty when it does not.
[[nodiscard]] std::string foreign_row(const Json& row);

// A row's record, or none with the reason among the problems. A warning without a record means
// that the row is blank.
struct Conversion
{
    std::optional<Record> record;
    std::vector<RowProblem> problems;
};

[[nodiscard]] Conversion convert_row(const Schema& schema, const Json& row, std::int64_t number);

// "instruction", "input", "output": the row's keys, quoted.
[[nodiscard]] std::string key_list(const Json& row);

} // namespace engine
