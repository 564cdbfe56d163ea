// The "added_tokens" of a tokenizer.json: pieces of text that become one id before BPE sees them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core/json.h"

namespace engine {

struct AddedToken
{
    std::int32_t id = 0;
    std::string content;
    bool single_word = false; // not within a word
    bool lstrip = false;      // swallows the whitespace before it
    bool rstrip = false;      // and behind it
    bool normalized = true;   // looked for in the normalised text
    bool special = false;
};

// A stretch of text: an added token's, or what lies between.
struct Segment
{
    std::string_view text;
    const AddedToken* token = nullptr; // null: ordinary text
};

// Finds the longest of many strings at each place, from the left.
class StringMatcher
{
public:
    void add(std::string_view text, std::size_t value);

    [[nodiscard]] bool empty() const { return m_nodes.size() == 1; }

    struct Match
    {
        std::size_t begin;
        std::size_t end;
        std::size_t value;
    };

    // The first match that starts at or after `from`.
    [[nodiscard]] std::optional<Match> find(std::string_view text, std::size_t from) const;

private:
    static constexpr std::size_t kNoValue = static_cast<std::size_t>(-1);

    std::unordered_map<std::uint64_t, std::uint32_t> m_edges; // node and byte to node
    std::vector<std::size_t> m_nodes{kNoValue};               // each node's value
    std::array<std::uint32_t, 256> m_first{};                 // the root's edges; 0: none
};

class AddedTokens
{
public:
    // From the "added_tokens" list. Throws EngineError.
    explicit AddedTokens(const Json& json);

    // Tells the texts to look for in normalised text, in the order of tokens().
    void set_normalized_texts(const std::vector<std::string>& texts);

    enum class Pass { Raw, Normalized };

    // Appends the segments of `text`. The tokens whose ids `text_only` marks stay text; null for
    // none.
    void split(std::string_view text,
               Pass pass,
               const std::vector<bool>* text_only,
               std::vector<Segment>& segments) const;

    [[nodiscard]] const std::vector<AddedToken>& tokens() const { return m_tokens; }

    [[nodiscard]] bool has(Pass pass) const
    {
        return !(pass == Pass::Raw ? m_raw : m_normalized).empty();
    }

private:
    std::vector<AddedToken> m_tokens;
    StringMatcher m_raw;
    StringMatcher m_normalized;
};

} // namespace engine
