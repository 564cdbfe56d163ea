// The rules for rows beside each other: one shape per file, duplicates, foreign rows, limits.
#include "engine/data/dataset_builder.h"

#include <utility>

#include "engine/data/text_check.h"

namespace engine {

bool DatasetBuilder::add(SourceRow&& row)
{
    ++m_dataset.rows;
    m_row_failed = false;
    m_row_warned = false;
    for (RowProblem& problem : row.problems) {
        report(std::move(problem));
    }
    if (!m_row_failed && !add_object(row.value, row.row)) {
        return false;
    }
    m_dataset.refused += m_row_failed ? 1 : 0;
    m_dataset.warned += m_row_warned && !m_row_failed ? 1 : 0;
    return m_options.max_rows == 0 || m_dataset.rows < m_options.max_rows;
}

Result<void> DatasetBuilder::finish()
{
    if (m_error) {
        return *m_error;
    }
    if (m_dataset.rows == 0) {
        return Error{ErrorCode::Format, concat(m_name, ": no rows")};
    }
    if (!m_schema && m_unrecognised > 0) {
        return unrecognised_error();
    }
    if (m_schema && m_schema->format != DataFormat::Text && m_dataset.rows == 1) {
        file_warning(kOneRow, "1 row: nothing is left for evaluation");
    }
    if (m_tools > 0) {
        file_warning("tools_ignored",
                     concat(m_tools,
                            " rows describe tools; the built-in chat formats leave the "
                            "descriptions out"));
    }
    if (!m_unused_columns.empty()) {
        file_warning("unused_columns",
                     concat("the rows are read as raw text; not used: ", m_unused_columns));
    }
    return {};
}

void DatasetBuilder::report(RowProblem&& problem)
{
    if (problem.severity == Severity::Error) {
        m_row_failed = true;
    } else {
        m_row_warned = true;
    }
    std::size_t& kept = problem.severity == Severity::Error ? m_errors : m_warnings;
    if (kept < Dataset::kMaxProblems) {
        ++kept;
        m_dataset.problems.push_back(std::move(problem));
    }
}

void DatasetBuilder::file_warning(std::string_view code, std::string message)
{
    // The file's own warnings are few and always kept.
    m_dataset.problems.push_back({Severity::Warning, 0, std::string(code), std::move(message)});
}

Error DatasetBuilder::unrecognised_error() const
{
    if (!m_options.column_map.empty()) {
        return {ErrorCode::InvalidArgument,
                concat(m_name,
                       ": the mapped columns make no shape or are not in the file; columns "
                       "found: ",
                       m_first_keys),
                std::string(kColumnMapHint)};
    }
    const std::string asked = m_options.format == DataFormat::Auto
                                  ? std::string("a known shape")
                                  : concat("the shape ", to_string(m_options.format));
    return {ErrorCode::Format,
            concat(m_name,
                   ": row ",
                   m_first_row,
                   ": the columns ",
                   m_first_keys,
                   " are not ",
                   asked,
                   m_dataset.container == "csv" || m_dataset.container == "tsv"
                       ? "; is the first line a header?"
                       : ""),
            std::string(kColumnMapHint)};
}

bool DatasetBuilder::refuse_foreign(const Json& value, std::int64_t row)
{
    const std::string foreign = m_options.column_map.empty() ? foreign_row(value) : std::string();
    if (foreign.empty()) {
        return false;
    }
    if (!m_schema) {
        m_error = Error{ErrorCode::Unsupported,
                        concat(m_name, ": row ", row, ": this is ", foreign),
                        "choose a supervised set, or map its columns to roles (--map on the "
                        "command line) to train on one answer of each row"};
    } else {
        report({Severity::Error, row, "foreign_row", "the row is of " + foreign});
    }
    return true;
}

bool DatasetBuilder::add_object(const Json& value, std::int64_t row)
{
    if (m_first_keys.empty()) {
        m_first_keys = key_list(value);
        m_first_row = row;
        for (const auto& item : value.items()) {
            m_dataset.columns.push_back(item.key());
        }
    }
    if (refuse_foreign(value, row)) {
        return !m_error;
    }
    const std::optional<Schema> schema = recognize_schema(value, m_options);
    if (!m_schema && schema) {
        adopt(*schema, value, row);
    }
    if (!m_schema) {
        ++m_unrecognised;
        report({Severity::Error,
                row,
                "unknown_shape",
                concat("the keys ", key_list(value), " are no known shape")});
        return true;
    }
    if (schema ? differs(*schema) : !has_required(value)) {
        report_mismatch(schema.has_value(), value, row);
        return true;
    }
    m_tools += value.contains("tools") && !value["tools"].is_null() ? 1 : 0;
    take(convert_row(schema ? *schema : *m_schema, value, row));
    return true;
}

void DatasetBuilder::adopt(const Schema& schema, const Json& value, std::int64_t row)
{
    m_schema = schema;
    m_dataset.format = schema.format;
    m_schema_row = row;
    m_schema_keys = key_list(value);
    if (schema.format != DataFormat::Text || !m_options.column_map.empty()) {
        return;
    }
    for (const auto& item : value.items()) {
        if (item.key() != schema.text && item.value().is_string()) {
            m_unused_columns += (m_unused_columns.empty() ? "" : ", ") + in_quotes(item.key(), 30);
        }
    }
}

bool DatasetBuilder::differs(const Schema& schema) const
{
    const bool chat =
        schema.format == DataFormat::Messages || schema.format == DataFormat::ShareGpt;
    const bool same_format =
        schema.format == m_schema->format
        || (chat && !m_schema->messages.empty() && schema.messages == m_schema->messages);
    return !same_format || schema.messages != m_schema->messages
           || schema.prompt != m_schema->prompt || schema.completion != m_schema->completion
           || schema.instruction != m_schema->instruction || schema.output != m_schema->output
           || schema.text != m_schema->text;
}

bool DatasetBuilder::has_required(const Json& value) const
{
    for (const std::string* column : {&m_schema->messages,
                                      &m_schema->prompt,
                                      &m_schema->instruction,
                                      &m_schema->completion,
                                      &m_schema->output}) {
        if (!column->empty() && value.contains(*column)) {
            return true;
        }
    }
    return false;
}

void DatasetBuilder::report_mismatch(bool known, const Json& value, std::int64_t row)
{
    report({Severity::Error,
            row,
            known ? "mixed_schema" : "unknown_shape",
            concat("the keys ",
                   key_list(value),
                   " do not fit those of row ",
                   m_schema_row,
                   ": ",
                   m_schema_keys)});
}

void DatasetBuilder::take(Conversion&& conversion)
{
    for (RowProblem& problem : conversion.problems) {
        report(std::move(problem));
    }
    if (!conversion.record) {
        m_dataset.blank += m_row_failed ? 0 : 1;
        return;
    }
    const std::uint64_t hash = hash_record(*conversion.record);
    if (const auto twin = m_seen.find(m_dataset.records, *conversion.record, hash); twin) {
        ++m_dataset.duplicates;
        report({Severity::Warning,
                conversion.record->row,
                "duplicate",
                concat("equal to row ", m_dataset.records[*twin].row)});
    } else {
        m_seen.insert(m_dataset.records.size(), hash);
    }
    conversion.record->warned = m_row_warned;
    m_dataset.records.push_back(std::move(*conversion.record));
}

} // namespace engine
