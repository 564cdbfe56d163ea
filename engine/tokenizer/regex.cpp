// PCRE2 behind Regex: the translation from Oniguruma's spelling, just-in-time code, step limits.
#include "engine/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <array>
#include <cstdint>
#include <pcre2.h>

#include "engine/core/error.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

// Steps of one match. The well-known patterns need about one per byte of the text; an expression
// that explodes ends soon.
constexpr std::size_t kFreeSteps = 1'000'000;
constexpr std::size_t kStepsPerByte = 32;
constexpr std::uint32_t kHeapLimitKib = 1U << 20U;

// \s, \w and \d as Unicode defines them; PCRE2's own differ in a few characters.
constexpr std::string_view kSpace =
    "\\t-\\r "
    "\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
constexpr std::string_view kWord = "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}";
constexpr std::string_view kHexDigit = "0-9A-Fa-f";

[[noreturn]] void refuse_pattern(std::string_view pattern, std::string_view reason)
{
    throw EngineError(
        {ErrorCode::Unsupported,
         concat("regular expression \"", pattern, "\": ", reason, " is not supported"),
         {}});
}

// Rewrites a pattern from Oniguruma's default syntax to PCRE2's.
class Translator
{
public:
    explicit Translator(std::string_view pattern)
        : m_pattern(pattern)
    {}

    std::string run()
    {
        while (m_at < m_pattern.size()) {
            const char c = m_pattern[m_at];
            if (c == '\\') {
                escape();
            } else if (m_class_start != kOutside) {
                class_character(c);
            } else if (c == '[') {
                open_class();
            } else {
                plain(c);
            }
        }
        return std::move(m_out);
    }

private:
    static constexpr std::size_t kOutside = static_cast<std::size_t>(-1);

    [[nodiscard]] char peek(std::size_t ahead) const
    {
        return m_at + ahead < m_pattern.size() ? m_pattern[m_at + ahead] : '\0';
    }

    void take(std::size_t count)
    {
        count = std::min(count, m_pattern.size() - m_at);
        m_out.append(m_pattern.substr(m_at, count));
        m_at += count;
    }

    void escape()
    {
        std::string_view set;
        switch (peek(1)) {
        case 's':
        case 'S':
            set = kSpace;
            break;
        case 'w':
        case 'W':
            set = kWord;
            break;
        case 'h':
        case 'H':
            set = kHexDigit;
            break;
        default: {
            // \p{L}, \x{85}: the braces are the escape's own.
            const std::size_t close = m_pattern.find('}', m_at);
            take(peek(2) == '{' && close != std::string_view::npos ? close + 1 - m_at : 2);
            return;
        }
        }
        const bool negated = peek(1) < 'a';
        if (m_class_start == kOutside) {
            m_out.append(negated ? "[^" : "[").append(set).append("]");
        } else if (!negated) {
            m_out.append(set);
        } else if (peek(1) == 'S') {
            m_out.append("\\S"); // differs from the exact set by U+180E alone
        } else {
            refuse_pattern(m_pattern, concat("\\", peek(1), " within a class"));
        }
        m_at += 2;
    }

    void open_class()
    {
        take(1);
        if (peek(0) == '^') {
            take(1);
        }
        m_class_start = m_at;
    }

    void class_character(char c)
    {
        if (c == '[' && peek(1) == ':') {
            const std::size_t end = m_pattern.find(":]", m_at);
            take(end == std::string_view::npos ? 1 : end + 2 - m_at);
        } else if (c == '[' || (c == '&' && peek(1) == '&')) {
            refuse_pattern(m_pattern, "a set operation in a class");
        } else {
            const bool closes = c == ']' && m_at > m_class_start;
            take(1);
            m_class_start = closes ? kOutside : m_class_start;
        }
    }

    void plain(char c)
    {
        if (c == '(' && peek(1) == '?') {
            take(2);
            // Oniguruma's m is "the dot matches a newline", which PCRE2 spells s.
            while (std::string_view("imx-").find(peek(0)) != std::string_view::npos
                   && peek(0) != '\0') {
                m_out.push_back(peek(0) == 'm' ? 's' : peek(0));
                ++m_at;
            }
            return;
        }
        if (c == '}' && peek(1) == '+') {
            refuse_pattern(m_pattern, "a plus after an interval");
        }
        take(1);
    }

    std::string_view m_pattern;
    std::string m_out;
    std::size_t m_at = 0;
    std::size_t m_class_start = kOutside; // where the open class's first member stands
};

std::string pcre2_message(int code)
{
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

} // namespace

struct RegexScratch::Memory
{
    pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
    pcre2_match_context* context = pcre2_match_context_create(nullptr);

    Memory()
    {
        if (data == nullptr || context == nullptr) {
            throw EngineError(
                {ErrorCode::OutOfHostMemory, "regular expression: no memory left", {}});
        }
        pcre2_set_heap_limit(context, kHeapLimitKib);
    }
};

void RegexScratch::Free::operator()(Memory* memory) const noexcept
{
    pcre2_match_data_free(memory->data);
    pcre2_match_context_free(memory->context);
    delete memory;
}

RegexScratch::RegexScratch()
    : m_memory(new Memory)
{}

void Regex::Free::operator()(void* code) const noexcept
{
    pcre2_code_free(static_cast<pcre2_code*>(code));
}

Regex::Regex(std::string_view pattern)
    : m_pattern(pattern)
{
    const std::string translated = Translator(pattern).run();
    int code = 0;
    PCRE2_SIZE position = 0;
    // Oniguruma's ^ and $ match at every line; a lone group number never occurs in a replacement.
    constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE;
    auto* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()),
                                   translated.size(),
                                   kOptions,
                                   &code,
                                   &position,
                                   nullptr);
    if (compiled == nullptr) {
        throw EngineError({ErrorCode::Format,
                           concat("regular expression \"", pattern, "\": ", pcre2_message(code)),
                           {}});
    }
    m_code.reset(compiled);
    // Where the system forbids code made at run time, PCRE2 interprets instead.
    static_cast<void>(pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE));
}

std::string Regex::escape(std::string_view literal)
{
    std::string pattern;
    for (const char c : literal) {
        if (unicode::is_punctuation(static_cast<unsigned char>(c))
            && static_cast<unsigned char>(c) < 0x80) {
            pattern.push_back('\\');
        }
        pattern.push_back(c);
    }
    return pattern;
}

bool Regex::find(std::string_view text,
                 std::size_t from,
                 std::size_t previous_end,
                 RegexMatch& match,
                 RegexScratch& scratch) const
{
    const auto* code = static_cast<const pcre2_code*>(m_code.get());
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    pcre2_match_data* data = scratch.m_memory->data;
    const auto limit = static_cast<std::uint32_t>(
        std::min<std::size_t>(kFreeSteps + kStepsPerByte * text.size(), UINT32_MAX));
    pcre2_set_match_limit(scratch.m_memory->context, limit);
    pcre2_set_depth_limit(scratch.m_memory->context, limit);
    while (from <= text.size()) {
        const auto attempt = [&](std::uint32_t options) {
            return pcre2_match(code,
                               subject,
                               text.size(),
                               from,
                               options | PCRE2_NO_UTF_CHECK,
                               data,
                               scratch.m_memory->context);
        };
        int result = attempt(0);
        if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
            result = attempt(PCRE2_NO_JIT); // the interpreter's stack is on the heap
        }
        if (result == PCRE2_ERROR_NOMATCH) {
            return false;
        }
        if (result < 0) {
            throw EngineError({ErrorCode::Unsupported,
                               concat("regular expression \"",
                                      m_pattern,
                                      "\" on ",
                                      text.size(),
                                      " bytes of text: ",
                                      pcre2_message(result)),
                               "The text has a stretch that this tokenizer's pattern cannot split "
                               "in bounded time; break it into lines."});
        }
        const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(data);
        match = {offsets[0], std::max(offsets[0], offsets[1])};
        if (match.begin != match.end || match.end != previous_end) {
            return true;
        }
        if (match.end == text.size()) {
            return false;
        }
        from = match.end;
        static_cast<void>(unicode::next_character(text, from));
    }
    return false;
}

} // namespace engine
