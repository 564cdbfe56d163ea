// A regular expression in the spelling of Hugging Face's tokenizers, run by PCRE2.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace engine {

struct RegexMatch
{
    std::size_t begin = 0;
    std::size_t end = 0;
};

// The working memory of a match; one per thread, good for any Regex.
class RegexScratch
{
public:
    RegexScratch();

private:
    friend class Regex;
    struct Memory; // PCRE2's match data and limits

    struct Free
    {
        void operator()(Memory* memory) const noexcept;
    };

    std::unique_ptr<Memory, Free> m_memory;
};

class Regex
{
public:
    // `pattern` is in Oniguruma's syntax, as tokenizer.json writes it. Throws EngineError:
    // Unsupported for what PCRE2 would read differently, Format for what is no expression.
    explicit Regex(std::string_view pattern);

    // A pattern that matches `literal` itself.
    [[nodiscard]] static std::string escape(std::string_view literal);

    // The first match that starts at or after `from`; an empty match right after the previous
    // match's end (`previous_end`) does not count. `text` must be valid UTF-8. Throws EngineError
    // when the expression needs more steps than the limit allows.
    [[nodiscard]] bool find(std::string_view text,
                            std::size_t from,
                            std::size_t previous_end,
                            RegexMatch& match,
                            RegexScratch& scratch) const;

    static constexpr std::size_t kNoPrevious = static_cast<std::size_t>(-1);

private:
    struct Free
    {
        void operator()(void* code) const noexcept;
    };

    std::string m_pattern;
    std::unique_ptr<void, Free> m_code; // a pcre2_code
};

// Calls visit(begin, end, is_match) for the matches and the gaps between them, in order, covering
// the text.
template <typename Visit>
void for_each_split(const Regex& regex, std::string_view text, RegexScratch& scratch, Visit visit)
{
    std::size_t covered = 0;
    std::size_t previous_end = Regex::kNoPrevious;
    RegexMatch match;
    while (regex.find(text, covered, previous_end, match, scratch)) {
        if (match.begin > covered) {
            visit(covered, match.begin, false);
        }
        visit(match.begin, match.end, true);
        covered = match.end;
        previous_end = match.end;
    }
    if (covered < text.size()) {
        visit(covered, text.size(), false);
    }
}

} // namespace engine
