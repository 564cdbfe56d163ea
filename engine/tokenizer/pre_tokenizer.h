// The "pre_tokenizer" of a tokenizer.json: cuts text into the pieces that BPE works on.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/json.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/regex.h"

namespace engine {

struct TextPiece
{
    std::string_view text;
    bool at_start = false; // nothing of the original text lies before it
};

// What becomes of the matches of a split; the names are the file format's.
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

struct PreTokenizerScratch
{
    RegexScratch regex;
    std::vector<TextPiece> pieces;
    std::vector<TextPiece> next;
    std::deque<std::string> texts; // what changed pieces point into

    struct Range
    {
        std::size_t begin;
        std::size_t end;
        bool is_match;
    };

    std::vector<Range> ranges;
};

namespace pre_tokenizer_steps {

enum class CharacterClass { Whitespace, Numeric, Punctuation };

struct Split
{
    std::variant<Regex, std::string, CharacterClass> pattern;
    SplitBehavior behavior;
    bool invert;
};

struct Metaspace
{
    enum class Prepend { Always, First, Never };

    std::string mark; // one character, "▁" in practice
    Prepend prepend;
    bool split;
};

struct ByteLevel
{
    bool add_prefix_space;
    std::optional<Regex> regex;
};

} // namespace pre_tokenizer_steps

class PreTokenizer
{
public:
    // From the "pre_tokenizer" value, null included. Throws EngineError.
    explicit PreTokenizer(const Json& json);

    // Leaves the pieces of `text` in scratch.pieces; they live until the next call.
    void apply(TextPiece text, PreTokenizerScratch& scratch) const;

    // How the pieces are spelled.
    [[nodiscard]] Spelling spelling() const { return m_spelling; }

    // Nothing is cut: the whole text is one piece.
    [[nodiscard]] bool keeps_whole() const { return m_keeps_whole; }

private:
    using Step = std::variant<pre_tokenizer_steps::Split,
                              pre_tokenizer_steps::Metaspace,
                              pre_tokenizer_steps::ByteLevel>;

    void add(const Json& json);
    void add_split(const Json& json);
    void add_metaspace(const Json& json);

    std::vector<Step> m_steps;
    Spelling m_spelling = Spelling::Characters;
    bool m_keeps_whole = true;
};

} // namespace engine
