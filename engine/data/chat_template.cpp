// Looks for marks and literals in the template's text; the template itself is not run.
#include "engine/data/chat_template.h"

#include <vector>

#include "engine/core/text.h"
#include "engine/data/chat_format.h"

namespace engine {

namespace {

constexpr std::string_view kBegin = "<|im_start|>system";
constexpr std::string_view kEnd = "<|im_end|>";

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

// An open {% if %} and the branch of it that is read.
struct Branch
{
    std::string conditions; // of the branches before this one
    std::string condition;  // of this one; empty: else
};

// The innermost condition at the end of the text.
Branch branch_at_end(std::string_view text)
{
    std::vector<Branch> open = {{}};
    for (std::size_t at = text.find("{%"); at != std::string_view::npos; at = text.find("{%", at)) {
        const std::size_t close = text.find("%}", at);
        if (close == std::string_view::npos) {
            break;
        }
        std::string_view tag = text.substr(at + 2, close - at - 2);
        tag.remove_prefix(tag.starts_with('-') ? 1 : 0);
        tag = trimmed(tag);
        at = close;
        if (tag.starts_with("if ")) {
            open.push_back({{}, std::string(tag)});
        } else if (open.size() > 1 && tag.starts_with("el")) { // elif, else
            Branch& branch = open.back();
            branch.conditions += branch.condition;
            branch.condition = tag.starts_with("elif") ? std::string(tag) : std::string();
        } else if (open.size() > 1 && tag.starts_with("endif")) {
            open.pop_back();
        }
    }
    return open.back();
}

// Whether what follows is written where a conversation begins without a system turn.
bool follows_no_system(std::string_view text)
{
    const Branch branch = branch_at_end(text);
    const auto denies = [](std::string_view condition) {
        return contains(condition, "!=") || contains(condition, "not ");
    };
    if (branch.condition.empty()) {
        return contains(branch.conditions, "system") && !denies(branch.conditions);
    }
    return contains(branch.condition, "system") && denies(branch.condition);
}

// The text of a string literal up to its closing quote, escapes resolved.
std::string literal(std::string_view text, char quote)
{
    std::string value;
    for (std::size_t i = 0; i < text.size() && text[i] != quote; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            value += text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i];
        } else {
            value += text[i];
        }
    }
    return value;
}

} // namespace

std::string default_system_text(std::string_view chat_template)
{
    for (std::size_t at = chat_template.find(kBegin); at != std::string_view::npos;
         at = chat_template.find(kBegin, at + 1)) {
        const std::string_view rest = chat_template.substr(at + kBegin.size());
        const char before = at == 0 ? '\0' : chat_template[at - 1];
        const bool quoted = before == '\'' || before == '"';
        // Outside a literal the text ends where the template does something.
        const std::string turn =
            quoted ? literal(rest, before) : std::string(rest.substr(0, rest.find('{')));
        const std::size_t end = turn.find(kEnd);
        if (end != std::string::npos && end > 1 && turn.front() == '\n'
            && follows_no_system(chat_template.substr(0, at))) {
            return turn.substr(1, end - 1);
        }
    }
    return {};
}

ChatFormat recognize_chat_format(const Tokenizer& tokenizer)
{
    const std::string& chat_template = tokenizer.chat_template();
    const auto in_template = [&](std::string_view mark) {
        return chat_template.find(mark) != std::string::npos;
    };
    const auto has_token = [&](std::string_view token) {
        return tokenizer.token_to_id(token).has_value();
    };
    const bool no_template = chat_template.empty();
    if (in_template("<|start_header_id|>")
        || (no_template && has_token("<|start_header_id|>") && has_token("<|eot_id|>"))) {
        return ChatFormat::Llama3;
    }
    if (in_template("<|im_start|>")
        || (no_template && has_token("<|im_start|>") && has_token("<|im_end|>"))) {
        return default_system_text(chat_template).empty() ? ChatFormat::ChatMl
                                                          : ChatFormat::ChatMlDefault;
    }
    if (in_template("[INST]")) {
        return in_template("<<SYS>>") ? ChatFormat::Llama2 : ChatFormat::Mistral;
    }
    return in_template("### Instruction") ? ChatFormat::Alpaca : ChatFormat::Plain;
}

bool has_unknown_template(const Tokenizer& tokenizer)
{
    return !tokenizer.chat_template().empty()
           && recognize_chat_format(tokenizer) == ChatFormat::Plain;
}

std::string unknown_template_warning()
{
    return "the base model's chat template is none of the built-in formats: conversations are "
           "written plain, one turn after the other; choose a chat_format if one fits";
}

} // namespace engine
