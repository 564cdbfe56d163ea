// The normalizer's steps, one overload each.
#include "engine/tokenizer/normalizer.h"

#include <utility>

#include "engine/core/overloaded.h"
#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/fields.h"

namespace engine {

namespace {

constexpr std::string_view kNormalizerPart = "normalizer";

std::string strip(std::string_view text, bool left, bool right)
{
    std::size_t begin = 0;
    while (left && begin < text.size()) {
        std::size_t after = begin;
        if (!unicode::is_whitespace(unicode::next_character(text, after))) {
            break;
        }
        begin = after;
    }
    std::size_t end = text.size();
    while (right && end > begin) {
        const std::size_t start = unicode::previous_start(text, end);
        std::size_t position = start;
        if (!unicode::is_whitespace(unicode::next_character(text, position))) {
            break;
        }
        end = start;
    }
    return std::string(text.substr(begin, end - begin));
}

std::string strip_accents(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        if (!unicode::is_mark(unicode::next_character(text, i))) {
            out.append(text.substr(start, i - start));
        }
    }
    return out;
}

} // namespace

std::string replace_all(std::string_view text, std::string_view from, std::string_view to)
{
    std::string out;
    out.reserve(text.size());
    std::size_t copied = 0;
    for (std::size_t at = text.find(from); at != std::string_view::npos;
         at = text.find(from, copied)) {
        out.append(text.substr(copied, at - copied)).append(to);
        copied = at + from.size();
    }
    out.append(text.substr(copied));
    return out;
}

std::string
replace_all(std::string_view text, const Regex& from, std::string_view to, RegexScratch& scratch)
{
    std::string out;
    out.reserve(text.size());
    for_each_split(from, text, scratch, [&](std::size_t begin, std::size_t end, bool is_match) {
        out.append(is_match ? to : text.substr(begin, end - begin));
    });
    return out;
}

Normalizer::Normalizer(const Json& json)
{
    if (!json.is_null()) {
        add(json);
    }
}

void Normalizer::add(const Json& json)
{
    const std::string& type = fields::type_of(json, kNormalizerPart);
    if (type == "Sequence") {
        for (const Json& part : fields::parts_of(json, "normalizers", kNormalizerPart)) {
            add(part);
        }
    } else if (type == "NFC") {
        m_steps.emplace_back(Form{unicode::NormalForm::Nfc});
    } else if (type == "NFD") {
        m_steps.emplace_back(Form{unicode::NormalForm::Nfd});
    } else if (type == "NFKC") {
        m_steps.emplace_back(Form{unicode::NormalForm::Nfkc});
    } else if (type == "NFKD") {
        m_steps.emplace_back(Form{unicode::NormalForm::Nfkd});
    } else if (type == "Lowercase") {
        m_steps.emplace_back(Lowercase{});
    } else if (type == "StripAccents") {
        m_steps.emplace_back(StripAccents{});
    } else if (type == "ByteLevel") {
        m_steps.emplace_back(Bytes{});
    } else if (type == "Strip") {
        m_steps.emplace_back(Strip{fields::get_bool(json, "strip_left", true, kNormalizerPart),
                                   fields::get_bool(json, "strip_right", true, kNormalizerPart)});
    } else if (type == "Prepend") {
        m_steps.emplace_back(Prepend{
            fields::text_of(fields::need(json, "prepend", kNormalizerPart), kNormalizerPart)});
    } else if (type == "Replace") {
        const Json& pattern = fields::need(json, "pattern", kNormalizerPart);
        std::string to =
            fields::text_of(fields::need(json, "content", kNormalizerPart), kNormalizerPart);
        if (const Json* regex = fields::find(pattern, "Regex")) {
            m_steps.emplace_back(
                ReplaceRegex{Regex(fields::text_of(*regex, kNormalizerPart)), std::move(to)});
        } else {
            std::string from =
                fields::text_of(fields::need(pattern, "String", kNormalizerPart), kNormalizerPart);
            if (from.empty()) {
                fields::fail(ErrorCode::Format, "normalizer: Replace has an empty pattern");
            }
            m_steps.emplace_back(ReplaceText{std::move(from), std::move(to)});
        }
    } else {
        fields::refuse(kNormalizerPart, type);
    }
}

std::string Normalizer::apply(std::string_view text, RegexScratch& scratch) const
{
    std::string current(text);
    for (const Step& step : m_steps) {
        current = std::visit(
            Overloaded{
                [&](const Form& s) { return unicode::normalize(current, s.form); },
                [&](const Lowercase&) { return unicode::lowercase(current); },
                [&](const StripAccents&) { return strip_accents(current); },
                [&](const Bytes&) { return byte_level::encode(current); },
                [&](const Strip& s) { return strip(current, s.left, s.right); },
                [&](const Prepend& s) {
                    return current.empty() ? current : current.insert(0, s.text);
                },
                [&](const ReplaceText& s) { return replace_all(current, s.from, s.to); },
                [&](const ReplaceRegex& s) { return replace_all(current, s.from, s.to, scratch); }},
            step);
    }
    return current;
}

} // namespace engine
