// One row of a known shape into a record.
#include <algorithm>
#include <utility>

#include "engine/core/text.h"
#include "engine/data/row_reporter.h"
#include "engine/data/schema.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

// Text of a column; what is not text is an error when the column is required, and nothing when an
// optional column is absent or null.
std::string text_of(const Json& row, const std::string& column, bool required, RowReporter& report)
{
    if (column.empty()) {
        return "";
    }
    const auto found = row.find(column);
    if (found == row.end()) {
        if (required) {
            report.error("missing_field",
                         concat("field ", in_quotes(column), " is missing; found ", key_list(row)));
        }
        return "";
    }
    if (found->is_string()) {
        return found->get<std::string>();
    }
    if (!found->is_null() || required) {
        report.error(found->is_null() ? "null_field" : "wrong_type",
                     concat(in_quotes(column), " is ", describe_value(*found), ", text is wanted"));
    }
    return "";
}

// A cell of a CSV file may hold the list as JSON text.
Json list_of(const Json& value, const std::string& column, RowReporter& report)
{
    if (!value.is_string()) {
        return value;
    }
    const auto& text = value.get_ref<const std::string&>();
    if (!trimmed(text).starts_with('[')) {
        return value;
    }
    Result<Json> parsed = parse_json(text, in_quotes(column));
    if (!parsed) {
        report.error("invalid_json",
                     concat(in_quotes(column), " holds a list that is not valid JSON"));
        return value;
    }
    return std::move(*parsed);
}

void check_characters(std::string_view text, const std::string& where, RowReporter& report)
{
    if (has_replacement_character(text)) {
        report.warn("replacement_character",
                    concat(where, " contains U+FFFD: characters were lost before"));
    }
}

// Warns about what is legal and yet seldom meant.
void check_text(std::string_view text, const std::string& where, RowReporter& report)
{
    check_characters(text, where, report);
    // Longer than the context of any model here, at four bytes a token.
    constexpr std::size_t kLongText = 512 << 10;
    if (text.size() > kLongText) {
        report.warn("long_row", concat(where, " is ", text.size(), " bytes long; it will be cut"));
    }
}

void blank_output(const std::string& column, RowReporter& report)
{
    report.warn(
        "empty_output",
        concat(in_quotes(column), " is blank; the row is left out, there is nothing to learn"));
}

std::optional<Record> convert_chat(const Schema& schema, const Json& row, RowReporter& report)
{
    const auto found = row.find(schema.messages);
    if (found == row.end()) {
        report.error(
            "missing_field",
            concat("field ", in_quotes(schema.messages), " is missing; found ", key_list(row)));
        return std::nullopt;
    }
    Record record;
    record.messages =
        convert_messages(list_of(*found, schema.messages, report), schema.messages, report);
    const std::string system = text_of(row, schema.system, false, report);
    if (report.failed()) {
        return std::nullopt;
    }
    if (!is_blank(system) && record.messages.front().role != Role::System) {
        record.messages.insert(record.messages.begin(), {Role::System, system});
    }
    check_conversation(record.messages, report);
    for (std::size_t i = 0; i < record.messages.size(); ++i) {
        check_text(record.messages[i].content, concat("turn ", i + 1), report);
    }
    const bool trains =
        std::any_of(record.messages.begin(), record.messages.end(), [](const Message& message) {
            return message.role == Role::Assistant && message.train;
        });
    if (report.failed()) {
        return std::nullopt;
    }
    if (!trains) {
        report.warn("nothing_trained", "no answer of this row is trained; it is left out");
        return std::nullopt;
    }
    return record;
}

// TRL's conversational prompt and completion: the completion's turns alone are trained.
std::optional<Record>
convert_completion_lists(const Schema& schema, const Json& row, RowReporter& report)
{
    Record record;
    record.messages =
        convert_messages(list_of(row[schema.prompt], schema.prompt, report), schema.prompt, report);
    if (report.failed()) {
        return std::nullopt;
    }
    std::vector<Message> answer = convert_messages(
        list_of(row[schema.completion], schema.completion, report), schema.completion, report);
    if (report.failed()) {
        return std::nullopt;
    }
    for (Message& message : record.messages) {
        message.train = false;
    }
    std::move(answer.begin(), answer.end(), std::back_inserter(record.messages));
    check_conversation(record.messages, report);
    const bool trains =
        std::any_of(record.messages.begin(), record.messages.end(), [](const Message& message) {
            return message.role == Role::Assistant && message.train;
        });
    if (report.failed()) {
        return std::nullopt;
    }
    if (!trains) {
        blank_output(schema.completion, report);
        return std::nullopt;
    }
    return record;
}

std::optional<Record> convert_completion(const Schema& schema, const Json& row, RowReporter& report)
{
    const bool lists = row.contains(schema.prompt) && row[schema.prompt].is_array()
                       && row.contains(schema.completion) && row[schema.completion].is_array();
    if (lists) {
        return convert_completion_lists(schema, row, report);
    }
    Record record;
    record.kind = Record::Kind::PromptCompletion;
    record.prompt = text_of(row, schema.prompt, true, report);
    record.completion = text_of(row, schema.completion, true, report);
    if (report.failed()) {
        return std::nullopt;
    }
    check_text(record.prompt, in_quotes(schema.prompt), report);
    check_text(record.completion, in_quotes(schema.completion), report);
    if (is_blank(record.completion)) {
        blank_output(schema.completion, report);
        return std::nullopt;
    }
    return record;
}

void add_history(const Json& history, std::vector<Message>& messages, RowReporter& report)
{
    if (history.is_null()) {
        return;
    }
    const bool pairs =
        history.is_array() && std::all_of(history.begin(), history.end(), [](const Json& pair) {
            return pair.is_array() && pair.size() == 2 && pair[0].is_string()
                   && pair[1].is_string();
        });
    if (!pairs) {
        report.error("wrong_type",
                     concat("\"history\" is ",
                            describe_value(history),
                            ", a list of [user, assistant] pairs is wanted"));
        return;
    }
    for (const Json& pair : history) {
        messages.push_back({Role::User, pair[0].get<std::string>()});
        messages.push_back({Role::Assistant, pair[1].get<std::string>()});
    }
}

std::optional<Record> convert_alpaca(const Schema& schema, const Json& row, RowReporter& report)
{
    const std::string instruction = text_of(row, schema.instruction, true, report);
    const std::string input = text_of(row, schema.input, false, report);
    const std::string output = text_of(row, schema.output, true, report);
    const std::string system = text_of(row, schema.system, false, report);
    Record record;
    if (!is_blank(system)) {
        record.messages.push_back({Role::System, system});
    }
    if (const auto history = row.find(schema.history); history != row.end()) {
        add_history(*history, record.messages, report);
    }
    if (report.failed()) {
        return std::nullopt;
    }
    Message question = {Role::User, instruction};
    if (!is_blank(input)) {
        question.input_at = instruction.empty() ? 0 : instruction.size() + 1;
        question.content += instruction.empty() ? input : "\n" + input;
    }
    check_text(question.content, in_quotes(schema.instruction), report);
    check_text(output, in_quotes(schema.output), report);
    if (is_blank(output)) {
        blank_output(schema.output, report);
        return std::nullopt;
    }
    if (is_blank(question.content)) {
        report.warn("empty_prompt", concat(in_quotes(schema.instruction), " is blank"));
    }
    record.messages.push_back(std::move(question));
    record.messages.push_back({Role::Assistant, output});
    return record;
}

std::optional<Record> convert_text(const Schema& schema, const Json& row, RowReporter& report)
{
    Record record;
    record.kind = Record::Kind::Text;
    record.completion = text_of(row, schema.text, true, report);
    if (report.failed()) {
        return std::nullopt;
    }
    // Long texts are split, not cut, so their length is no problem.
    check_characters(record.completion, in_quotes(schema.text), report);
    if (is_blank(record.completion)) {
        blank_output(schema.text, report);
        return std::nullopt;
    }
    return record;
}

} // namespace

Conversion convert_row(const Schema& schema, const Json& row, std::int64_t number)
{
    RowReporter report(number);
    Conversion result;
    switch (schema.format) {
    case DataFormat::Messages:
    case DataFormat::ShareGpt:
        result.record = convert_chat(schema, row, report);
        break;
    case DataFormat::Completion:
        result.record = convert_completion(schema, row, report);
        break;
    case DataFormat::Alpaca:
        result.record = convert_alpaca(schema, row, report);
        break;
    case DataFormat::Text:
    case DataFormat::Auto:
        result.record = convert_text(schema, row, report);
        break;
    }
    if (result.record) {
        result.record->row = number;
    }
    result.problems = report.take();
    return result;
}

} // namespace engine
