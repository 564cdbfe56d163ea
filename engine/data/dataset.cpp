// Drives a container's rows through schema recognition and conversion into a Dataset.
// One file because the stages of one read share its state.
#include "engine/data/dataset.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/core/platform.h"
#include "engine/core/sha256.h"
#include "engine/data/record_index.h"
#include "engine/data/row_source.h"
#include "engine/data/schema.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

constexpr std::array<std::pair<std::string_view, DataFormat>, 6> kFormats = {{
    {"auto", DataFormat::Auto},
    {"alpaca", DataFormat::Alpaca},
    {"sharegpt", DataFormat::ShareGpt},
    {"messages", DataFormat::Messages},
    {"completion", DataFormat::Completion},
    {"text", DataFormat::Text},
}};

constexpr std::array<std::string_view, 9> kRoleNames = {"messages",
                                                        "prompt",
                                                        "completion",
                                                        "instruction",
                                                        "input",
                                                        "output",
                                                        "system",
                                                        "history",
                                                        "text"};

constexpr std::string_view kMapHint =
    "name the columns, for example --map question=instruction,reply=output (roles: instruction, "
    "input, output, system, prompt, completion, messages, text)";

// Takes rows one by one; the Error, when there is one, is the file's.
class DatasetBuilder
{
public:
    DatasetBuilder(const std::string& name, const DatasetOptions& options, Dataset& dataset)
        : m_name(name)
        , m_options(options)
        , m_dataset(dataset)
    {}

    bool add(SourceRow&& row)
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

    // What is known at the end of the rows; an Error when nothing was recognised.
    Result<void> finish()
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
            file_warning("one_row", "1 row: nothing is left for evaluation");
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

private:
    void report(RowProblem&& problem)
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

    void file_warning(std::string_view code, std::string message)
    {
        // The file's own warnings are few and always kept.
        m_dataset.problems.push_back({Severity::Warning, 0, std::string(code), std::move(message)});
    }

    [[nodiscard]] Error unrecognised_error() const
    {
        if (!m_options.column_map.empty()) {
            return {ErrorCode::InvalidArgument,
                    concat(m_name,
                           ": the mapped columns make no shape or are not in the file; columns "
                           "found: ",
                           m_first_keys),
                    std::string(kMapHint)};
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
                std::string(kMapHint)};
    }

    // Refuses the file when its first row shows a set of another purpose, the row otherwise.
    bool refuse_foreign(const Json& value, std::int64_t row)
    {
        const std::string foreign =
            m_options.column_map.empty() ? foreign_row(value) : std::string();
        if (foreign.empty()) {
            return false;
        }
        if (!m_schema) {
            m_error = Error{ErrorCode::Unsupported,
                            concat(m_name, ": row ", row, ": this is ", foreign),
                            "choose a supervised set, or name its columns with --map to train on "
                            "one answer of each row"};
        } else {
            report({Severity::Error, row, "foreign_row", "the row is of " + foreign});
        }
        return true;
    }

    bool add_object(const Json& value, std::int64_t row)
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

    void adopt(const Schema& schema, const Json& value, std::int64_t row)
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
                m_unused_columns +=
                    (m_unused_columns.empty() ? "" : ", ") + in_quotes(item.key(), 30);
            }
        }
    }

    // Optional columns may come and go; the shape and its required columns may not.
    [[nodiscard]] bool differs(const Schema& schema) const
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

    // True when the row's lack is best told by the converter ("field output is missing").
    [[nodiscard]] bool has_required(const Json& value) const
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

    void report_mismatch(bool known, const Json& value, std::int64_t row)
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

    void take(Conversion&& conversion)
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

Result<void> check_options(const DatasetOptions& options)
{
    for (const auto& [column, role] : options.column_map) {
        if (std::find(kRoleNames.begin(), kRoleNames.end(), role) == kRoleNames.end()) {
            return Error{ErrorCode::InvalidArgument,
                         concat("map ", in_quotes(column), "=", in_quotes(role), ": no such role"),
                         std::string(kMapHint)};
        }
    }
    return {};
}

using PageDropper = std::function<void(std::size_t offset, std::size_t size)>;

Result<Dataset> read_bytes(std::string_view bytes,
                           const std::string& name,
                           const DatasetOptions& options,
                           const PageDropper& drop_pages)
{
    if (Result<void> valid = check_options(options); !valid) {
        return valid.error();
    }
    const Result<RecognizedContainer> source = recognize_container(bytes, name);
    if (!source) {
        return source.error();
    }
    Dataset dataset;
    dataset.container = container_name(*source);
    DatasetBuilder builder(name, options, dataset);
    constexpr std::size_t kStride = 16U << 20U; // bytes between progress reports and dropped pages
    const std::size_t skipped = bytes.size() - source->bytes.size();
    std::size_t reported = 0;
    bool stopped = false;
    const Result<void> read = read_rows(*source, name, [&](SourceRow&& row) {
        const std::size_t end = skipped + row.end;
        if (options.stop.stop_requested()) {
            stopped = true;
            return false;
        }
        if (end > reported + kStride) {
            drop_pages(reported, end - reported);
            reported = end;
            if (options.progress) {
                options.progress(static_cast<double>(end) / static_cast<double>(bytes.size()));
            }
        }
        return builder.add(std::move(row));
    });
    if (stopped) {
        return Error{ErrorCode::Cancelled, concat(name, ": reading was cancelled")};
    }
    if (!read) {
        return read.error();
    }
    if (Result<void> finished = builder.finish(); !finished) {
        return finished.error();
    }
    if (options.progress) {
        options.progress(1.0);
    }
    return dataset;
}

// SHA-256 of a mapped file, its pages given back on the way.
std::string fingerprint_of(const MappedFile& file)
{
    constexpr std::size_t kStride = 16U << 20U;
    Sha256 hash;
    const std::span<const std::byte> bytes = file.bytes();
    for (std::size_t at = 0; at < bytes.size(); at += kStride) {
        const std::size_t size = std::min(kStride, bytes.size() - at);
        hash.update(bytes.subspan(at, size));
        file.drop_pages(at, size);
    }
    return hash.hex_digest();
}

} // namespace

Result<DataFormat> parse_data_format(std::string_view name)
{
    const auto* const found = std::find_if(
        kFormats.begin(), kFormats.end(), [&](const auto& entry) { return entry.first == name; });
    if (found == kFormats.end()) {
        return Error{
            ErrorCode::InvalidArgument,
            concat("format: ",
                   in_quotes(name),
                   ", one of auto, alpaca, sharegpt, messages, completion, text is wanted")};
    }
    return found->second;
}

std::string_view to_string(DataFormat format)
{
    const auto* const found =
        std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& entry) {
            return entry.second == format;
        });
    return found->first;
}

Result<Dataset> read_dataset(const std::filesystem::path& path, const DatasetOptions& options)
{
    const Result<MappedFile> file = MappedFile::open(path);
    if (!file) {
        return file.error();
    }
    const auto utf8_name = path.filename().u8string();
    const std::string name =
        as_utf8({reinterpret_cast<const char*>(utf8_name.data()), utf8_name.size()});
    Result<Dataset> dataset =
        read_bytes(file->text(), name, options, [&](std::size_t offset, std::size_t size) {
            file->drop_pages(offset, size);
        });
    if (dataset) {
        dataset->fingerprint = fingerprint_of(*file);
    }
    return dataset;
}

Result<Dataset>
read_dataset_text(std::string_view bytes, const std::string& name, const DatasetOptions& options)
{
    Result<Dataset> dataset =
        read_bytes(bytes, name, options, [](std::size_t /*offset*/, std::size_t /*size*/) {});
    if (dataset) {
        dataset->fingerprint = sha256_hex(bytes);
    }
    return dataset;
}

} // namespace engine
