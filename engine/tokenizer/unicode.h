// UTF-8 and the Unicode facts that tokenizers ask for: classes of characters, normal forms.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace engine::unicode {

enum class NormalForm { Nfc, Nfd, Nfkc, Nfkd };

inline constexpr char32_t kReplacement = 0xFFFD;
inline constexpr char32_t kSpaceMark = 0x2581; // "▁", SentencePiece's space

// The character at `position`, which moves behind it. The text must be valid UTF-8 and `position`
// the start of a character.
[[nodiscard]] inline char32_t next_character(std::string_view text, std::size_t& position)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const char32_t lead = byte(position);
    if (lead < 0x80) {
        ++position;
        return lead;
    }
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        value = (value << 6U) | (byte(position + i) & 0x3FU);
    }
    position += length;
    return value;
}

// The start of the character that ends before `position` (which must be above zero).
[[nodiscard]] inline std::size_t previous_start(std::string_view text, std::size_t position)
{
    do {
        --position;
    } while (position > 0 && (static_cast<unsigned char>(text[position]) & 0xC0U) == 0x80U);
    return position;
}

// Of text that is not empty.
[[nodiscard]] inline char32_t first_character(std::string_view text)
{
    std::size_t position = 0;
    return next_character(text, position);
}

[[nodiscard]] inline char32_t last_character(std::string_view text)
{
    std::size_t position = previous_start(text, text.size());
    return next_character(text, position);
}

void append_utf8(std::string& text, char32_t character);

[[nodiscard]] bool is_valid_utf8(std::string_view text);

// A copy in which every maximal invalid sequence is one U+FFFD (the WHATWG rule).
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

[[nodiscard]] bool is_whitespace(char32_t character);  // property White_Space
[[nodiscard]] bool is_numeric(char32_t character);     // Nd, Nl, No
[[nodiscard]] bool is_punctuation(char32_t character); // P*, and all of ASCII punctuation
[[nodiscard]] bool is_mark(char32_t character);        // Mn, Mc, Me
[[nodiscard]] bool is_word(char32_t character);        // what \w means: letters, marks, digits, _

// Linear in the text's length but for a sort within each run of combining marks.
[[nodiscard]] std::string normalize(std::string_view text, NormalForm form);

[[nodiscard]] std::string lowercase(std::string_view text);

} // namespace engine::unicode
