// The search for added tokens: leftmost, longest, with the stripping flags.
#include "engine/tokenizer/added_tokens.h"

#include <algorithm>

#include "engine/tokenizer/fields.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

constexpr std::string_view kAddedTokensPart = "added_tokens";

bool ends_in_word(std::string_view text)
{
    return !text.empty() && unicode::is_word(unicode::last_character(text));
}

bool begins_with_word(std::string_view text)
{
    return !text.empty() && unicode::is_word(unicode::first_character(text));
}

std::size_t whitespace_before(std::string_view text, std::size_t position, std::size_t stop)
{
    while (position > stop) {
        const std::size_t start = unicode::previous_start(text, position);
        std::size_t at = start;
        if (!unicode::is_whitespace(unicode::next_character(text, at))) {
            break;
        }
        position = start;
    }
    return std::max(position, stop);
}

std::size_t whitespace_behind(std::string_view text, std::size_t position)
{
    while (position < text.size()) {
        std::size_t after = position;
        if (!unicode::is_whitespace(unicode::next_character(text, after))) {
            break;
        }
        position = after;
    }
    return position;
}

AddedToken read_token(const Json& json)
{
    AddedToken token;
    const Json& id = fields::need(json, "id", kAddedTokensPart);
    if (!id.is_number_integer() || id.get<double>() < 0
        || id.get<double>() > static_cast<double>(kMaxTokenId)) {
        fields::fail(ErrorCode::Format,
                     concat("added_tokens: an id is no number from 0 to ", kMaxTokenId));
    }
    token.id = id.get<std::int32_t>();
    token.content =
        fields::text_of(fields::need(json, "content", kAddedTokensPart), kAddedTokensPart);
    token.single_word = fields::get_bool(json, "single_word", false, kAddedTokensPart);
    token.lstrip = fields::get_bool(json, "lstrip", false, kAddedTokensPart);
    token.rstrip = fields::get_bool(json, "rstrip", false, kAddedTokensPart);
    token.special = fields::get_bool(json, "special", false, kAddedTokensPart);
    token.normalized = fields::get_bool(json, "normalized", !token.special, kAddedTokensPart);
    return token;
}

} // namespace

void StringMatcher::add(std::string_view text, std::size_t value)
{
    if (text.empty()) {
        return;
    }
    std::uint32_t node = 0;
    for (const char c : text) {
        const auto byte = static_cast<std::uint8_t>(c);
        const std::uint64_t edge = std::uint64_t{node} << 8U | byte;
        const auto [found, is_new] =
            m_edges.try_emplace(edge, static_cast<std::uint32_t>(m_nodes.size()));
        if (is_new) {
            m_nodes.push_back(kNoValue);
            if (node == 0) {
                m_first[byte] = found->second;
            }
        }
        node = found->second;
    }
    if (m_nodes[node] == kNoValue) {
        m_nodes[node] = value;
    }
}

std::optional<StringMatcher::Match> StringMatcher::find(std::string_view text,
                                                        std::size_t from) const
{
    for (std::size_t begin = from; begin < text.size(); ++begin) {
        std::uint32_t node = m_first[static_cast<std::uint8_t>(text[begin])];
        std::optional<Match> longest;
        for (std::size_t end = begin + 1; node != 0; ++end) {
            if (m_nodes[node] != kNoValue) {
                longest = {begin, end, m_nodes[node]};
            }
            if (end == text.size()) {
                break;
            }
            const auto next =
                m_edges.find(std::uint64_t{node} << 8U | static_cast<std::uint8_t>(text[end]));
            node = next == m_edges.end() ? 0 : next->second;
        }
        if (longest) {
            return longest;
        }
    }
    return std::nullopt;
}

AddedTokens::AddedTokens(const Json& json)
{
    if (json.is_null()) {
        return;
    }
    if (!json.is_array()) {
        fields::fail(ErrorCode::Format,
                     concat("added_tokens: is ", json.type_name(), ", not a list"));
    }
    for (const Json& entry : json) {
        AddedToken token = read_token(entry);
        if (!token.content.empty()) {
            m_tokens.push_back(std::move(token));
        }
    }
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        if (!m_tokens[i].normalized) {
            m_raw.add(m_tokens[i].content, i);
        }
    }
}

void AddedTokens::set_normalized_texts(const std::vector<std::string>& texts)
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        if (m_tokens[i].normalized) {
            m_normalized.add(texts[i], i);
        }
    }
}

void AddedTokens::split(std::string_view text,
                        Pass pass,
                        const std::vector<bool>* text_only,
                        std::vector<Segment>& segments) const
{
    const StringMatcher& matcher = pass == Pass::Raw ? m_raw : m_normalized;
    std::size_t covered = 0;
    std::size_t from = 0;
    while (const auto match = matcher.find(text, from)) {
        const AddedToken& token = m_tokens[match->value];
        from = match->end;
        if (text_only != nullptr && (*text_only)[static_cast<std::size_t>(token.id)]) {
            continue;
        }
        if (token.single_word
            && (ends_in_word(text.substr(0, match->begin))
                || begins_with_word(text.substr(match->end)))) {
            continue;
        }
        const std::size_t begin =
            token.lstrip ? whitespace_before(text, match->begin, covered) : match->begin;
        const std::size_t end =
            std::max(begin, token.rstrip ? whitespace_behind(text, match->end) : match->end);
        if (begin > covered) {
            segments.push_back({text.substr(covered, begin - covered), nullptr});
        }
        segments.push_back({text.substr(begin, end - begin), &token});
        covered = end;
    }
    if (covered < text.size()) {
        segments.push_back({text.substr(covered), nullptr});
    }
}

} // namespace engine
