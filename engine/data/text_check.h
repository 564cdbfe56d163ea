// Looks at bytes as text: UTF-8 validity, blankness, what another encoding looks like, and short
// quotations for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// Offset of the first byte that is not UTF-8 (overlong forms, surrogates and values above U+10FFFF
// are not); absent when all of it is.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view text);

// Takes one code point off the front of valid UTF-8; an invalid byte counts as U+FFFD.
[[nodiscard]] char32_t take_code_point(std::string_view& text);

// True when nothing in the text can be seen: white space of any script, zero-width and other
// invisible characters, U+FFFD. The empty text is blank.
[[nodiscard]] bool is_blank(std::string_view text);

[[nodiscard]] bool has_replacement_character(std::string_view text); // U+FFFD

// "utf-16le", "utf-16be" or "" from a byte-order mark or from where the zero bytes lie.
[[nodiscard]] std::string_view looks_like_utf16(std::string_view bytes);

// What to do about bytes that are not UTF-8, naming the likely encoding.
[[nodiscard]] std::string encoding_hint(std::string_view bytes);

// "byte 12 (0xEF)" of the place, counted from 1.
[[nodiscard]] std::string byte_text(std::string_view text, std::size_t offset);

// The text in double quotes for a message, cut at a code point after `max_bytes`, control
// characters as blanks.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t max_bytes = 40);

// The text with U+FFFD in place of what is not UTF-8; file names may hold anything.
[[nodiscard]] std::string as_utf8(std::string_view text);

// The first of the words that the text holds; null when it holds none.
[[nodiscard]] const std::string* find_word(std::string_view text,
                                           const std::vector<std::string>& words);

} // namespace engine
