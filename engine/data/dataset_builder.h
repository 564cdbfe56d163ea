// Takes a file's rows one by one into a Dataset: recognises the shape at the first row that has
// one, converts, and keeps the books on problems and duplicates.
#pragma once

#include <optional>
#include <string>

#include "engine/data/dataset.h"
#include "engine/data/record_index.h"
#include "engine/data/row_source.h"
#include "engine/data/schema.h"

namespace engine {

inline constexpr std::string_view kColumnMapHint =
    "map the columns to roles, for example question=instruction,reply=output (--map on the command "
    "line; roles: instruction, input, output, system, prompt, completion, messages, text)";

class DatasetBuilder
{
public:
    // All three must outlive the builder.
    DatasetBuilder(const std::string& name, const DatasetOptions& options, Dataset& dataset)
        : m_name(name)
        , m_options(options)
        , m_dataset(dataset)
    {}

    // False when no more rows are wanted.
    bool add(SourceRow&& row);

    // What is known at the end of the rows. Errors: the file as a whole is no training data.
    [[nodiscard]] Result<void> finish();

private:
    void report(RowProblem&& problem);
    void file_warning(std::string_view code, std::string message);
    [[nodiscard]] Error unrecognised_error() const;
    // Refuses the file when its first row shows a set of another purpose, the row otherwise.
    bool refuse_foreign(const Json& value, std::int64_t row);
    bool add_object(const Json& value, std::int64_t row);
    void adopt(const Schema& schema, const Json& value, std::int64_t row);
    // Optional columns may come and go; the shape and its required columns may not.
    [[nodiscard]] bool differs(const Schema& schema) const;
    // True when the row's lack is best told by the converter ("field output is missing").
    [[nodiscard]] bool has_required(const Json& value) const;
    void report_mismatch(bool known, const Json& value, std::int64_t row);
    void take(Conversion&& conversion);

    const std::string& m_name;
    const DatasetOptions& m_options;
    Dataset& m_dataset;
    std::optional<Schema> m_schema;
    std::optional<Error> m_error;
    RecordIndex m_seen;
    std::string m_first_keys;
    std::string m_schema_keys;
    std::string m_unused_columns;
    std::int64_t m_first_row = 0;
    std::int64_t m_schema_row = 0;
    std::int64_t m_unrecognised = 0;
    std::int64_t m_tools = 0; // rows with tool descriptions
    std::size_t m_errors = 0;
    std::size_t m_warnings = 0;
    bool m_row_failed = false;
    bool m_row_warned = false;
};

} // namespace engine
