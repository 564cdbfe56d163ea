// Parts to tokens: control text is parsed, content never is, and an answer's first token is what
// generation would see after the same prompt.
#include <algorithm>
#include <span>

#include "engine/data/chat_format.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

// Neighbouring parts on one side of a border between prompt and answer.
using PartRun = std::span<const RenderedPart>;

bool mentions_special_token(std::string_view text, const Tokenizer& tokenizer)
{
    return find_word(text, tokenizer.special_token_texts()) != nullptr;
}

void append(std::vector<std::int32_t>& ids, const std::vector<std::int32_t>& more)
{
    ids.insert(ids.end(), more.begin(), more.end());
}

// The text in front of a run that decides how its first word is cut: the end of the run before, as
// much as any word needs, from a character's start.
struct Context
{
    std::string text;
    bool parse = true; // may hold control tokens of the format
};

Context context_of(PartRun before, const Tokenizer& tokenizer)
{
    constexpr std::size_t kBytes = 64;
    Context context;
    if (before.empty()) {
        return context;
    }
    const RenderedPart& last = before.back();
    std::size_t start = last.text.size() > kBytes ? last.text.size() - kBytes : 0;
    while (start < last.text.size()
           && (static_cast<unsigned char>(last.text[start]) & 0xC0U) == 0x80U) {
        ++start;
    }
    context.text = last.text.substr(start);
    context.parse = last.control || !mentions_special_token(last.text, tokenizer);
    return context;
}

SpecialTokens special_mode(bool parse)
{
    return parse ? SpecialTokens::Parse : SpecialTokens::AsText;
}

// Ids of `text` as they follow the context, when the context's own ids stay what they are; else
// ids of the text alone, so that no token straddles the border.
std::vector<std::int32_t> encode_after(const Context& context,
                                       const std::string& text,
                                       bool parse,
                                       const Tokenizer& tokenizer)
{
    if (!context.text.empty() && context.parse == parse) {
        const SpecialTokens mode = special_mode(parse);
        const std::vector<std::int32_t> alone = tokenizer.encode(context.text, false, mode);
        const std::vector<std::int32_t> joint = tokenizer.encode(context.text + text, false, mode);
        if (joint.size() > alone.size() && std::equal(alone.begin(), alone.end(), joint.begin())) {
            return {joint.begin() + static_cast<std::ptrdiff_t>(alone.size()), joint.end()};
        }
    }
    return tokenizer.encode(text, false, special_mode(parse));
}

std::vector<std::int32_t>
encode_run(PartRun run, const Context& context, const Tokenizer& tokenizer)
{
    const bool forged = std::any_of(run.begin(), run.end(), [&](const RenderedPart& part) {
        return !part.control && mentions_special_token(part.text, tokenizer);
    });
    if (!forged) {
        // Nothing in the content can be read as a control token: one text, as every reader of the
        // rendered prompt would encode it.
        std::string text;
        for (const RenderedPart& part : run) {
            text += part.text;
        }
        return encode_after(context, text, true, tokenizer);
    }
    std::vector<std::int32_t> ids;
    Context before = context;
    for (const RenderedPart& part : run) {
        append(ids, encode_after(before, part.text, part.control, tokenizer));
        before = {};
    }
    return ids;
}

// The BOS id when the post-processor writes one.
std::vector<std::int32_t> leading_ids(const Tokenizer& tokenizer)
{
    const std::vector<std::int32_t> added = tokenizer.encode("", true);
    const auto bos = tokenizer.bos_token_id();
    if (!added.empty() && bos && added.front() == *bos) {
        return {*bos};
    }
    return {};
}

Example encode_parts(const std::vector<RenderedPart>& parts, const Tokenizer& tokenizer)
{
    Example example;
    PartRun before;
    std::size_t begin = 0;
    while (begin < parts.size()) {
        std::size_t end = begin;
        // Weight may change between two answers that touch, so it ends a run too.
        while (end < parts.size() && parts[end].answer == parts[begin].answer
               && parts[end].trained == parts[begin].trained) {
            ++end;
        }
        const PartRun run = std::span(parts).subspan(begin, end - begin);
        append(example.tokens, encode_run(run, context_of(before, tokenizer), tokenizer));
        example.trained.resize(example.tokens.size(), parts[begin].trained ? 1 : 0);
        before = run;
        begin = end;
    }
    const std::vector<std::int32_t> lead = leading_ids(tokenizer);
    if (!lead.empty() && (example.tokens.empty() || example.tokens.front() != lead.front())) {
        example.tokens.insert(example.tokens.begin(), lead.begin(), lead.end());
        example.trained.insert(example.trained.begin(), lead.size(), 0);
    }
    return example;
}

} // namespace

Example encode_example(ChatFormat format,
                       const Tokenizer& tokenizer,
                       const Record& record,
                       bool mask_prompt)
{
    Example example = encode_parts(render(format, tokenizer, record, false), tokenizer);
    example.row = record.row;
    if (!mask_prompt) {
        std::fill(example.trained.begin(), example.trained.end(), std::uint8_t{1});
    }
    return example;
}

std::vector<std::int32_t>
encode_prompt(ChatFormat format, const Tokenizer& tokenizer, const std::vector<Message>& messages)
{
    Record record;
    record.messages = messages;
    return encode_prompt(format, tokenizer, record);
}

std::vector<std::int32_t>
encode_prompt(ChatFormat format, const Tokenizer& tokenizer, const Record& record)
{
    return encode_parts(render(format, tokenizer, record, true), tokenizer).tokens;
}

std::vector<Example> encode_examples(ChatFormat format,
                                     const Tokenizer& tokenizer,
                                     std::span<const Record> records,
                                     const EncodeOptions& options)
{
    std::vector<Example> examples;
    examples.reserve(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (options.stop.stop_requested()) {
            break;
        }
        Example example = encode_example(format, tokenizer, records[i], options.mask_prompt);
        const auto limit = static_cast<std::size_t>(options.seq_len);
        const bool split = records[i].kind == Record::Kind::Text && limit > 0;
        for (std::size_t at = 0; split && example.tokens.size() - at > limit; at += limit) {
            const auto first = static_cast<std::ptrdiff_t>(at);
            const auto last = static_cast<std::ptrdiff_t>(at + limit);
            examples.push_back({{example.tokens.begin() + first, example.tokens.begin() + last},
                                {example.trained.begin() + first, example.trained.begin() + last},
                                example.row});
        }
        if (split && example.tokens.size() > limit) {
            const auto whole = (example.tokens.size() - 1) / limit * limit;
            const auto rest = static_cast<std::ptrdiff_t>(whole);
            example.tokens.erase(example.tokens.begin(), example.tokens.begin() + rest);
            example.trained.erase(example.trained.begin(), example.trained.begin() + rest);
        }
        examples.push_back(std::move(example));
        if (options.progress && i % 256 == 0) {
            options.progress(static_cast<double>(i) / static_cast<double>(records.size()));
        }
    }
    return examples;
}

} // namespace engine
