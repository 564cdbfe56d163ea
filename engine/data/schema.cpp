// Recognises a row's shape from its keys; to add a shape, add a rung to recognize_schema and a
// converter to convert_row.
#include "engine/data/schema.h"

#include <algorithm>
#include <array>

#include "engine/data/text_check.h"

namespace engine {

namespace {

using Names = std::vector<std::string_view>;

// The first of the names that the row has as a key; empty when it has none.
std::string first_key(const Json& row, const Names& names)
{
    for (const std::string_view name : names) {
        if (row.contains(name)) {
            return std::string(name);
        }
    }
    return "";
}

bool allows(const DatasetOptions& options, DataFormat format)
{
    return options.format == DataFormat::Auto || options.format == format;
}

const Names& answer_names()
{
    static const Names kNames = {"output", "response", "answer", "completion"};
    return kNames;
}

std::optional<Schema> messages_schema(const Json& row, const DatasetOptions& options)
{
    Schema schema;
    schema.messages = first_key(row, {"messages", "conversations", "conversation", "dialogue"});
    if (schema.messages.empty()) {
        return std::nullopt;
    }
    const Json& value = row[schema.messages];
    const bool from =
        value.is_array() && !value.empty() && value[0].is_object() && value[0].contains("from");
    const bool role =
        value.is_array() && !value.empty() && value[0].is_object() && value[0].contains("role");
    const bool by_name = schema.messages == "messages" ? !from : role;
    schema.format = by_name ? DataFormat::Messages : DataFormat::ShareGpt;
    if (!allows(options, DataFormat::Messages) && !allows(options, DataFormat::ShareGpt)) {
        return std::nullopt;
    }
    schema.system = first_key(row, {"system"});
    return schema;
}

std::optional<Schema> completion_schema(const Json& row, const DatasetOptions& options)
{
    Schema schema;
    schema.format = DataFormat::Completion;
    schema.prompt = first_key(row, {"prompt"});
    schema.completion = first_key(row, {"completion", "response", "output", "answer"});
    if (!allows(options, DataFormat::Completion) || schema.prompt.empty()
        || schema.completion.empty()) {
        return std::nullopt;
    }
    return schema;
}

std::optional<Schema> alpaca_schema(const Json& row, const DatasetOptions& options)
{
    if (!allows(options, DataFormat::Alpaca)) {
        return std::nullopt;
    }
    Schema schema;
    schema.format = DataFormat::Alpaca;
    schema.output = first_key(row, answer_names());
    schema.system = first_key(row, {"system"});
    schema.history = first_key(row, {"history"});
    schema.instruction = first_key(row, {"instruction"});
    if (!schema.instruction.empty() && !schema.output.empty()) {
        schema.input = first_key(row, {"input", "context"});
        return schema;
    }
    for (const std::string_view question : {"question", "query", "input"}) {
        schema.instruction = first_key(row, {question});
        if (!schema.instruction.empty() && !schema.output.empty()) {
            schema.input = question == "input" ? "" : first_key(row, {"context"});
            return schema;
        }
    }
    schema.instruction = first_key(row, {"problem"});
    schema.output = first_key(row, {"solution"});
    if (!schema.instruction.empty() && !schema.output.empty()) {
        return schema;
    }
    return std::nullopt;
}

std::optional<Schema> text_schema(const Json& row, const DatasetOptions& options)
{
    Schema schema;
    schema.format = DataFormat::Text;
    schema.text = first_key(row, {"text", "content", "document"});
    if (!allows(options, DataFormat::Text) || schema.text.empty()) {
        return std::nullopt;
    }
    return schema;
}

// The format that mapped roles speak of.
std::optional<DataFormat> mapped_format(const Schema& schema)
{
    if (!schema.messages.empty()) {
        return DataFormat::Messages;
    }
    if (!schema.text.empty()) {
        return DataFormat::Text;
    }
    if (!schema.prompt.empty() && !schema.completion.empty()) {
        return DataFormat::Completion;
    }
    if (!schema.instruction.empty() && !schema.output.empty()) {
        return DataFormat::Alpaca;
    }
    return std::nullopt;
}

std::optional<Schema> mapped_schema(const Json& row, const DatasetOptions& options)
{
    Schema schema;
    for (const auto& [column, role] : options.column_map) {
        constexpr std::array<std::pair<std::string_view, std::string Schema::*>, 9> kRoles = {{
            {"messages", &Schema::messages},
            {"prompt", &Schema::prompt},
            {"completion", &Schema::completion},
            {"instruction", &Schema::instruction},
            {"input", &Schema::input},
            {"output", &Schema::output},
            {"system", &Schema::system},
            {"history", &Schema::history},
            {"text", &Schema::text},
        }};
        for (const auto& [name, member] : kRoles) {
            if (role == name && row.contains(column)) {
                schema.*member = column;
            }
        }
    }
    // prompt with output, and instruction with completion, are meant alike.
    if (!schema.prompt.empty() && schema.completion.empty()) {
        std::swap(schema.completion, schema.output);
    }
    if (!schema.instruction.empty() && schema.output.empty()) {
        std::swap(schema.output, schema.completion);
    }
    const std::optional<DataFormat> format = mapped_format(schema);
    if (!format) {
        return std::nullopt;
    }
    schema.format = *format;
    if (schema.format == DataFormat::Messages && options.format == DataFormat::ShareGpt) {
        schema.format = DataFormat::ShareGpt;
    }
    return schema;
}

bool has_media(const Json& value)
{
    return !value.is_null() && !(value.is_structured() && value.empty()) && value != Json("");
}

} // namespace

std::optional<Schema> recognize_schema(const Json& row, const DatasetOptions& options)
{
    if (!options.column_map.empty()) {
        return mapped_schema(row, options);
    }
    for (const auto rung : {&messages_schema, &completion_schema, &alpaca_schema, &text_schema}) {
        if (std::optional<Schema> schema = (*rung)(row, options); schema) {
            return schema;
        }
    }
    return std::nullopt;
}

std::string foreign_row(const Json& row)
{
    for (const char* key : {"chosen", "rejected", "chosen_messages", "rejected_messages"}) {
        if (row.contains(key)) {
            return concat("a preference set (column ",
                          in_quotes(key),
                          "): it ranks answers, and training here learns from one answer per row");
        }
    }
    for (const char* key : {"label", "kto_tag"}) {
        const auto found = row.find(key);
        if (found != row.end() && found->is_boolean()
            && (row.contains("messages") || row.contains("completion")
                || row.contains("conversations"))) {
            return concat("a preference set (true/false column ",
                          in_quotes(key),
                          "): its rows also hold answers that are marked bad");
        }
    }
    if (row.contains("input_ids") && row["input_ids"].is_array()) {
        return "already tokenized (column \"input_ids\"): text is wanted";
    }
    for (const char* key : {"image", "images", "audio", "audios", "video", "videos"}) {
        const auto found = row.find(key);
        if (found != row.end() && has_media(*found)) {
            return concat("a set with pictures, sound or video (column ",
                          in_quotes(key),
                          "): text alone is trained");
        }
    }
    return "";
}

std::string key_list(const Json& row)
{
    constexpr std::size_t kMaxKeys = 12;
    std::string text;
    std::size_t count = 0;
    for (const auto& item : row.items()) {
        if (++count > kMaxKeys) {
            return text + ", ...";
        }
        text += (text.empty() ? "" : ", ") + in_quotes(item.key(), 30);
    }
    return text.empty() ? "none" : text;
}

} // namespace engine
