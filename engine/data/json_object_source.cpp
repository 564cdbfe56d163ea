// Rows of a file that is one JSON object: a single row, one array under a key, columns of equal
// length, or pandas' index-keyed columns.
#include <algorithm>

#include "engine/core/text.h"
#include "engine/data/row_source.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

constexpr std::int64_t kMaxObjectBytes = 256LL << 20;

bool all_values(const Json& object, bool (*accepts)(const Json&))
{
    return std::all_of(object.begin(), object.end(), accepts);
}

bool is_array_of_objects(const Json& value)
{
    return value.is_array() && !value.empty()
           && std::all_of(
               value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

bool same_size(const Json& object)
{
    return std::all_of(object.begin(), object.end(), [&](const Json& column) {
        return column.size() == object.begin()->size();
    });
}

std::string keys_text(const Json& object)
{
    std::string text;
    std::size_t count = 0;
    for (const auto& item : object.items()) {
        if (++count > 12) {
            return text + ", ...";
        }
        text += (text.empty() ? "" : ", ") + in_quotes(item.key(), 30);
    }
    return text;
}

Result<void> send_array(const Json& rows, const RowSink& sink)
{
    std::int64_t number = 0;
    for (const Json& element : rows) {
        SourceRow row;
        row.row = ++number;
        row.value = element;
        if (!sink(std::move(row))) {
            break;
        }
    }
    return {};
}

// Row i takes element i of every column; columns are arrays or index-keyed objects.
Result<void> send_columns(const Json& columns, const RowSink& sink)
{
    std::vector<std::pair<std::string, Json::const_iterator>> cursors;
    for (const auto& column : columns.items()) {
        cursors.emplace_back(column.key(), column.value().begin());
    }
    const std::size_t rows = columns.begin()->size();
    for (std::size_t i = 0; i < rows; ++i) {
        SourceRow row;
        row.row = static_cast<std::int64_t>(i) + 1;
        row.value = Json::object();
        for (auto& [key, cursor] : cursors) {
            row.value[key] = *cursor;
            ++cursor;
        }
        if (!sink(std::move(row))) {
            break;
        }
    }
    return {};
}

bool is_list_of_turns(const Json& value)
{
    return is_array_of_objects(value)
           && (value.front().contains("role") || value.front().contains("from"));
}

// {"messages": [...]} and the like are one row, not a file with one array of rows.
bool is_one_row(const Json& object)
{
    for (const char* key : {"messages", "conversations", "conversation", "dialogue"}) {
        const auto found = object.find(key);
        const bool column_of_lists = found != object.end() && found->is_array() && !found->empty()
                                     && found->front().is_array();
        if (found != object.end() && !column_of_lists
            && (!is_array_of_objects(*found) || is_list_of_turns(*found))) {
            return true;
        }
    }
    return std::any_of(object.begin(), object.end(), [](const Json& value) {
        return value.is_string() || is_list_of_turns(value);
    });
}

Error splits_error(const Json& object, const std::string& name)
{
    std::string splits;
    for (const auto& item : object.items()) {
        if (is_array_of_objects(item.value())) {
            splits += concat(splits.empty() ? "" : ", ",
                             in_quotes(item.key(), 30),
                             " (",
                             item.value().size(),
                             " rows)");
        }
    }
    return {ErrorCode::Format,
            concat(name, ": several arrays of rows: ", splits),
            "save each as a file of its own and choose one for training, one for evaluation"};
}

Result<void> send_object(const Json& object, const std::string& name, const RowSink& sink)
{
    if (object.empty()) {
        return Error{ErrorCode::Format, concat(name, ": the object is empty: no rows")};
    }
    if (is_one_row(object)) {
        return send_array(Json::array({object}), sink);
    }
    const auto arrays = std::count_if(object.begin(), object.end(), is_array_of_objects);
    if (arrays == 1) {
        return send_array(*std::find_if(object.begin(), object.end(), is_array_of_objects), sink);
    }
    if (arrays > 1) {
        return splits_error(object, name);
    }
    const bool columns = all_values(object, [](const Json& value) { return value.is_array(); });
    const bool indexed = all_values(object, [](const Json& value) { return value.is_object(); });
    if (columns || indexed) {
        if (!same_size(object) || object.begin()->empty()) {
            return Error{
                ErrorCode::Format,
                concat(name, ": columns of different length or without rows: ", keys_text(object)),
                "every column needs the same number of values"};
        }
        return send_columns(object, sink);
    }
    return send_array(Json::array({object}), sink);
}

} // namespace

Result<void>
read_json_object_rows(std::string_view bytes, const std::string& name, const RowSink& sink)
{
    if (static_cast<std::int64_t>(bytes.size()) > kMaxObjectBytes) {
        return Error{ErrorCode::Unsupported,
                     concat(name,
                            ": one JSON object of ",
                            bytes.size(),
                            " bytes, at most ",
                            kMaxObjectBytes,
                            " are read"),
                     "save the rows as JSONL, one object per line"};
    }
    // The whole object is one "row" for the parser; its problems are the file's first row's.
    SourceRow whole = parse_json_row(trimmed(bytes), 1, kMaxObjectBytes);
    if (!whole.value.is_object() || is_one_row(whole.value)) {
        whole.end = bytes.size();
        sink(std::move(whole));
        return {};
    }
    // Warnings of the whole text cannot be told to a row: they go with the first as the file's.
    std::vector<RowProblem> warnings = std::move(whole.problems);
    return send_object(whole.value, name, [&](SourceRow&& row) {
        for (RowProblem& warning : warnings) {
            warning.row = 0;
            row.problems.push_back(std::move(warning));
        }
        warnings.clear();
        return sink(std::move(row));
    });
}

} // namespace engine
