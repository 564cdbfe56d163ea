// Chat rows: turns of either shape into messages, and the rules for conversations that do not
// simply alternate.
#include <algorithm>
#include <array>
#include <optional>

#include "engine/core/text.h"
#include "engine/data/row_reporter.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

struct RoleName
{
    std::string_view name;
    Role role;
    bool usual; // an unusual name is accepted with a warning
};

constexpr std::array<RoleName, 17> kRoles = {{
    {"system", Role::System, true},
    {"developer", Role::System, true},
    {"user", Role::User, true},
    {"human", Role::User, true},
    {"assistant", Role::Assistant, true},
    {"gpt", Role::Assistant, true},
    {"model", Role::Assistant, true},
    {"chatgpt", Role::Assistant, false},
    {"bing", Role::Assistant, false},
    {"bard", Role::Assistant, false},
    {"bot", Role::Assistant, false},
    {"function_call", Role::Assistant, true},
    {"tool_call", Role::Assistant, true},
    {"tool", Role::Tool, true},
    {"function", Role::Tool, true},
    {"observation", Role::Tool, true},
    {"function_response", Role::Tool, true},
}};

const RoleName* find_role(std::string_view name)
{
    const auto* const found = std::find_if(
        kRoles.begin(), kRoles.end(), [&](const RoleName& role) { return role.name == name; });
    return found == kRoles.end() ? nullptr : found;
}

std::optional<Role> convert_role(const Json& turn, const std::string& where, RowReporter& report)
{
    const char* key = turn.contains("role") ? "role" : "from";
    const auto found = turn.find(key);
    if (found == turn.end()) {
        report.error("missing_role", concat(where, " has neither \"role\" nor \"from\""));
        return std::nullopt;
    }
    if (!found->is_string()) {
        report.error(
            "wrong_type",
            concat(where, ": \"", key, "\" is ", describe_value(*found), ", text is wanted"));
        return std::nullopt;
    }
    const auto& name = found->get_ref<const std::string&>();
    const std::string folded = lower_ascii(trimmed(name));
    const RoleName* role = find_role(folded);
    if (role == nullptr) {
        report.error("unknown_role",
                     concat(where,
                            ": role ",
                            in_quotes(name),
                            ", one of system, user, assistant, tool is wanted"));
        return std::nullopt;
    }
    if (folded != name || !role->usual) {
        report.warn(
            "role_name",
            concat(where, ": role ", in_quotes(name), " is read as ", to_string(role->role)));
    }
    return role->role;
}

// A list of parts {type, text}: only text parts have a meaning here.
std::optional<std::string>
convert_parts(const Json& parts, const std::string& where, RowReporter& report)
{
    std::string text;
    for (const Json& part : parts) {
        const bool typed = part.is_object() && part.contains("type") && part["type"].is_string();
        if (!typed || part["type"] != "text") {
            report.error("unsupported_part",
                         concat(where,
                                " has a part of type ",
                                typed ? in_quotes(part["type"].get_ref<const std::string&>())
                                      : describe_value(part),
                                ", parts of type \"text\" are wanted"));
            return std::nullopt;
        }
        const char* key = part.contains("text") ? "text" : "value";
        const auto value = part.find(key);
        if (value == part.end() || !value->is_string()) {
            report.error("missing_content", concat(where, " has a text part without text"));
            return std::nullopt;
        }
        text += value->get_ref<const std::string&>();
    }
    return text;
}

std::string tool_calls_text(const Json& calls)
{
    std::string text;
    for (const Json& call : calls) {
        const bool wrapped = call.is_object() && call.contains("function");
        const Json& shown = wrapped ? call["function"] : call;
        text +=
            (text.empty() ? "" : "\n") + shown.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return text;
}

std::optional<std::string>
convert_content(const Json& turn, const std::string& where, RowReporter& report)
{
    const char* key = turn.contains("content") ? "content" : "value";
    const auto found = turn.find(key);
    const bool calls =
        turn.contains("tool_calls") && turn["tool_calls"].is_array() && !turn["tool_calls"].empty();
    if (found == turn.end() || found->is_null()) {
        if (calls) {
            return tool_calls_text(turn["tool_calls"]);
        }
        report.error("missing_content",
                     found == turn.end()
                         ? concat(where, " has neither \"content\" nor \"value\"")
                         : concat(where, ": \"", key, "\" is null, text is wanted"));
        return std::nullopt;
    }
    if (found->is_string()) {
        const std::string& text = found->get_ref<const std::string&>();
        return calls ? text + (text.empty() ? "" : "\n") + tool_calls_text(turn["tool_calls"])
                     : text;
    }
    if (found->is_array()) {
        return convert_parts(*found, where, report);
    }
    report.error("wrong_type",
                 concat(where, ": \"", key, "\" is ", describe_value(*found), ", text is wanted"));
    return std::nullopt;
}

bool convert_weight(const Json& turn, const std::string& where, RowReporter& report)
{
    for (const char* key : {"weight", "loss_weight", "train"}) {
        const auto found = turn.find(key);
        if (found == turn.end() || found->is_null()) {
            continue;
        }
        if (found->is_boolean()) {
            return found->get<bool>();
        }
        if (found->is_number() && (*found == 0 || *found == 1)) {
            return *found == 1;
        }
        report.error(
            "wrong_weight",
            concat(where, ": \"", key, "\" is ", describe_value(*found), ", 0 or 1 is wanted"));
    }
    return true;
}

} // namespace

std::string describe_value(const Json& value)
{
    if (value.is_string()) {
        return "text (" + in_quotes(value.get_ref<const std::string&>(), 30) + ")";
    }
    if (value.is_array()) {
        return concat("a list of ", value.size(), value.size() == 1 ? " element" : " elements");
    }
    if (value.is_object()) {
        return concat("an object of ", value.size(), value.size() == 1 ? " key" : " keys");
    }
    return value.is_null() ? "null" : concat("a ", value.type_name(), " (", value.dump(), ")");
}

std::vector<Message> convert_messages(const Json& list, std::string_view where, RowReporter& report)
{
    std::vector<Message> messages;
    if (!list.is_array()) {
        report.error(
            "wrong_type",
            concat("\"", where, "\" is ", describe_value(list), ", a list of turns is wanted"));
        return messages;
    }
    if (list.empty()) {
        report.error("no_turns", concat("\"", where, "\" is an empty list"));
        return messages;
    }
    std::size_t number = 0;
    for (const Json& turn : list) {
        const std::string turn_name = concat("turn ", ++number);
        if (!turn.is_object()) {
            report.error("wrong_type",
                         concat(turn_name,
                                " is ",
                                describe_value(turn),
                                ", an object with role and content is wanted"));
            return messages;
        }
        const std::optional<Role> role = convert_role(turn, turn_name, report);
        std::optional<std::string> content;
        if (role) {
            content = convert_content(turn, turn_name, report);
        }
        if (!content) {
            return messages;
        }
        Message message;
        message.role = *role;
        message.content = std::move(*content);
        message.train = convert_weight(turn, turn_name, report);
        messages.push_back(std::move(message));
    }
    return messages;
}

void check_conversation(std::vector<Message>& messages, RowReporter& report)
{
    const auto is_answer = [](const Message& message) { return message.role == Role::Assistant; };
    const auto last = std::find_if(messages.rbegin(), messages.rend(), is_answer);
    if (last == messages.rend()) {
        report.error("no_answer",
                     concat(messages.size(),
                            messages.size() == 1 ? " turn" : " turns",
                            ", none of them the assistant's"));
        return;
    }
    if (const auto behind = static_cast<std::size_t>(last - messages.rbegin()); behind > 0) {
        report.warn("unanswered_end",
                    concat("turn ",
                           messages.size() - behind + 1,
                           " and what follows has no answer and is left out"));
        messages.resize(messages.size() - behind);
    }
    const auto first = std::find_if(messages.begin(), messages.end(), [](const Message& message) {
        return message.role != Role::System;
    });
    if (is_answer(*first)) {
        report.warn("starts_with_assistant",
                    concat("turn ",
                           first - messages.begin() + 1,
                           " is the assistant's and answers nothing; it is context, not trained"));
        first->train = false;
    }
    for (std::size_t i = 1; i < messages.size(); ++i) {
        Message& message = messages[i];
        if (message.role == Role::System) {
            report.warn("late_system", concat("turn ", i + 1, " is a system turn behind others"));
        } else if (message.role == messages[i - 1].role && message.role != Role::Tool) {
            report.warn(
                "repeated_role",
                concat(
                    "turns ", i, " and ", i + 1, " are both the ", to_string(message.role), "'s"));
        }
    }
    for (std::size_t i = 0; i < messages.size(); ++i) {
        Message& message = messages[i];
        if (is_answer(message) && is_blank(message.content)) {
            report.warn("empty_output",
                        concat("turn ", i + 1, " is an empty answer; it is not trained"));
            message.train = false;
        }
    }
}

} // namespace engine
