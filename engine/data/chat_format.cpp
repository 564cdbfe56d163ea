// Renders records in the built-in chat formats and encodes them with their loss mask.
#include "engine/data/chat_format.h"

#include <algorithm>
#include <array>

#include "engine/core/text.h"
#include "engine/data/chat_template.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

constexpr std::array<std::pair<std::string_view, ChatFormat>, 7> kChatFormatNames = {{
    {"chatml", ChatFormat::ChatMl},
    {"chatml-default", ChatFormat::ChatMlDefault},
    {"llama2", ChatFormat::Llama2},
    {"llama3", ChatFormat::Llama3},
    {"mistral", ChatFormat::Mistral},
    {"alpaca", ChatFormat::Alpaca},
    {"plain", ChatFormat::Plain},
}};

constexpr std::string_view kAlpacaPreamble =
    "Below is an instruction that describes a task. Write a response that appropriately completes "
    "the request.\n\n";
constexpr std::string_view kAlpacaInputPreamble =
    "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n";

// Builds the parts of one record. What belongs to an answer is marked so, trained or not, because
// that is where encoding must break.
class Renderer
{
public:
    explicit Renderer(const Tokenizer& tokenizer)
        : m_bos(tokenizer.bos_token())
        , m_eos(tokenizer.eos_token())
        , m_tokenizer(tokenizer)
    {}

    void control(std::string_view text) { add(text, true, false, false); }

    void content(std::string_view text) { add(text, false, false, false); }

    // Text of an answer; trained as the turn is.
    void answer_control(std::string_view text, bool trained) { add(text, true, trained, true); }

    void answer(std::string_view text, bool trained) { add(text, false, trained, true); }

    [[nodiscard]] const std::string& bos() const { return m_bos; }

    [[nodiscard]] const std::string& eos() const { return m_eos; }

    // The format's own end of turn where the vocabulary has it, the end of sequence otherwise.
    [[nodiscard]] std::string end_of_turn(std::string_view token) const
    {
        return m_tokenizer.token_to_id(token) || m_eos.empty() ? std::string(token) : m_eos;
    }

    // What the model's template says where a conversation has no system turn.
    [[nodiscard]] std::string default_system() const
    {
        return default_system_text(m_tokenizer.chat_template());
    }

    std::vector<RenderedPart> take() { return std::move(m_parts); }

private:
    void add(std::string_view text, bool is_control, bool trained, bool is_answer)
    {
        if (!text.empty()) {
            m_parts.push_back({std::string(text), is_control, trained, is_answer});
        }
    }

    std::string m_bos;
    std::string m_eos;
    const Tokenizer& m_tokenizer;
    std::vector<RenderedPart> m_parts;
};

// `system`: the turn of a conversation that begins without one; empty for none.
void render_chatml(Renderer& out,
                   const std::vector<Message>& messages,
                   bool prompt,
                   const std::string& system)
{
    const std::string end = out.end_of_turn("<|im_end|>");
    if (!system.empty() && !messages.empty() && messages.front().role != Role::System) {
        out.control(concat("<|im_start|>system\n", system, end, "\n"));
    }
    for (const Message& message : messages) {
        out.control(concat("<|im_start|>", to_string(message.role), "\n"));
        if (message.role == Role::Assistant) {
            out.answer(message.content, message.train);
            out.answer_control(end, message.train);
        } else {
            out.content(message.content);
            out.control(end);
        }
        out.control("\n");
    }
    if (prompt) {
        out.control("<|im_start|>assistant\n");
    }
}

void render_llama3(Renderer& out, const std::vector<Message>& messages, bool prompt)
{
    const std::string end = out.end_of_turn("<|eot_id|>");
    const auto header = [&](std::string_view role) {
        out.control(concat("<|start_header_id|>", role, "<|end_header_id|>\n\n"));
    };
    out.control(out.bos());
    for (const Message& message : messages) {
        header(to_string(message.role));
        if (message.role == Role::Assistant) {
            out.answer(trimmed(message.content), message.train);
            out.answer_control(end, message.train);
        } else {
            out.content(trimmed(message.content));
            out.control(end);
        }
    }
    if (prompt) {
        header("assistant");
    }
}

// The turns between two answers as one block, for formats that know user and assistant alone: the
// conversation's first system text apart, everything else joined by blank lines.
struct Block
{
    std::string system;
    std::string user;
    std::size_t input_at = 0;        // in `user`, of a block that is one Alpaca question
    const Message* answer = nullptr; // null at the end of a prompt
};

std::vector<Block> blocks_of(const std::vector<Message>& messages, bool trim)
{
    std::vector<Block> blocks;
    Block block;
    bool open = false;
    for (const Message& message : messages) {
        const std::string_view text =
            trim ? trimmed(message.content) : std::string_view(message.content);
        if (message.role == Role::Assistant) {
            block.answer = &message;
            blocks.push_back(std::move(block));
            block = {};
            open = false;
            continue;
        }
        open = true;
        if (message.role == Role::System && &message == messages.data()) {
            block.system = text;
            continue;
        }
        const bool joined = !block.user.empty();
        block.input_at = !joined && text.size() == message.content.size() ? message.input_at : 0;
        block.user += (joined ? "\n\n" : "") + std::string(text);
    }
    if (open) {
        blocks.push_back(std::move(block));
    }
    return blocks;
}

void render_llama2(Renderer& out, const std::vector<Message>& messages)
{
    for (const Block& block : blocks_of(messages, true)) {
        if (!block.user.empty() || !block.system.empty()) {
            out.control(out.bos() + "[INST] ");
            if (!block.system.empty()) {
                out.control("<<SYS>>\n");
                out.content(block.system);
                out.control("\n<</SYS>>\n\n");
            }
            out.content(block.user);
            out.control(" [/INST]");
        } else {
            out.control(out.bos());
        }
        if (block.answer != nullptr) {
            out.answer_control(" ", block.answer->train);
            out.answer(trimmed(block.answer->content), block.answer->train);
            out.answer_control(" " + out.eos(), block.answer->train);
        }
    }
}

// "mistral-common" v1: a space inside and outside [INST], the system text before the first user
// text.
void render_mistral(Renderer& out, const std::vector<Message>& messages)
{
    out.control(out.bos());
    for (const Block& block : blocks_of(messages, false)) {
        if (!block.user.empty() || !block.system.empty()) {
            out.control(" [INST] ");
            out.content(block.system);
            out.control(block.system.empty() || block.user.empty() ? "" : "\n\n");
            out.content(block.user);
            out.control(" [/INST]");
        }
        if (block.answer != nullptr) {
            out.answer_control(" ", block.answer->train);
            out.answer(block.answer->content, block.answer->train);
            out.answer_control(out.eos(), block.answer->train);
        }
    }
}

void render_alpaca_question(Renderer& out, const Block& block, bool first)
{
    const std::string_view user = block.user;
    if (first && block.system.empty()) {
        out.control(block.input_at > 0 ? kAlpacaInputPreamble : kAlpacaPreamble);
    } else if (first) {
        out.content(block.system);
        out.control("\n\n");
    }
    out.control("### Instruction:\n");
    if (block.input_at > 0) {
        out.content(trimmed(user.substr(0, block.input_at - 1)));
        out.control("\n\n### Input:\n");
        out.content(trimmed(user.substr(block.input_at)));
    } else {
        out.content(user);
    }
    out.control("\n\n");
}

void render_alpaca(Renderer& out, const std::vector<Message>& messages)
{
    out.control(out.bos());
    bool first = true;
    for (const Block& block : blocks_of(messages, true)) {
        render_alpaca_question(out, block, first);
        first = false;
        out.control("### Response:\n");
        if (block.answer != nullptr) {
            out.answer(trimmed(block.answer->content), block.answer->train);
            out.answer_control(out.eos(), block.answer->train);
            out.control("\n\n");
        }
    }
}

// Every turn ends its line; an answer ends with the end of sequence, and a newline when turns
// follow.
void render_plain(Renderer& out, const std::vector<Message>& messages)
{
    for (const Message& message : messages) {
        if (message.role == Role::Assistant) {
            out.answer(message.content, message.train);
            out.answer_control(out.eos(), message.train);
            out.control(&message == &messages.back() ? "" : "\n");
        } else {
            out.content(message.content);
            out.control("\n");
        }
    }
}

void render_messages(ChatFormat format,
                     Renderer& out,
                     const std::vector<Message>& messages,
                     bool add_generation_prompt)
{
    switch (format) {
    case ChatFormat::ChatMl:
        render_chatml(out, messages, add_generation_prompt, {});
        break;
    case ChatFormat::ChatMlDefault:
        render_chatml(out, messages, add_generation_prompt, out.default_system());
        break;
    case ChatFormat::Llama2:
        render_llama2(out, messages);
        break;
    case ChatFormat::Llama3:
        render_llama3(out, messages, add_generation_prompt);
        break;
    case ChatFormat::Mistral:
        render_mistral(out, messages);
        break;
    case ChatFormat::Alpaca:
        render_alpaca(out, messages);
        break;
    case ChatFormat::Plain:
        render_plain(out, messages);
        break;
    }
}

} // namespace

std::string_view to_string(ChatFormat format)
{
    const auto* const found =
        std::find_if(kChatFormatNames.begin(), kChatFormatNames.end(), [&](const auto& entry) {
            return entry.second == format;
        });
    return found->first;
}

Result<ChatFormat> parse_chat_format(std::string_view name)
{
    const auto* const found = std::find_if(kChatFormatNames.begin(),
                                           kChatFormatNames.end(),
                                           [&](const auto& entry) { return entry.first == name; });
    if (found == kChatFormatNames.end()) {
        return Error{ErrorCode::InvalidArgument,
                     concat("chat format: ",
                            in_quotes(name),
                            ", one of chatml, chatml-default, llama2, llama3, mistral, alpaca, "
                            "plain is wanted")};
    }
    return found->second;
}

std::vector<RenderedPart> render(ChatFormat format,
                                 const Tokenizer& tokenizer,
                                 const Record& record,
                                 bool add_generation_prompt)
{
    Renderer out(tokenizer);
    switch (record.kind) {
    case Record::Kind::Messages:
        render_messages(format, out, record.messages, add_generation_prompt);
        break;
    case Record::Kind::PromptCompletion:
        out.content(record.prompt);
        if (!add_generation_prompt) {
            out.answer(record.completion, true);
            out.answer_control(out.eos(), true);
        }
        break;
    case Record::Kind::Text:
        out.answer(record.completion, true);
        out.answer_control(out.eos(), true);
        break;
    }
    return out.take();
}

std::vector<std::int64_t> stop_token_ids(ChatFormat format, const Tokenizer& tokenizer)
{
    std::vector<std::int64_t> ids;
    const auto add = [&](std::string_view token) {
        if (const auto id = tokenizer.token_to_id(token); id) {
            ids.push_back(*id);
        }
    };
    if (format == ChatFormat::ChatMl || format == ChatFormat::ChatMlDefault) {
        add("<|im_end|>");
    }
    if (format == ChatFormat::Llama3) {
        add("<|eot_id|>");
        add("<|eom_id|>");
    }
    if (const auto eos = tokenizer.eos_token_id();
        eos && std::find(ids.begin(), ids.end(), *eos) == ids.end()) {
        ids.push_back(*eos);
    }
    return ids;
}

} // namespace engine
