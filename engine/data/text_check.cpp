// UTF-8 by the table of the Unicode standard (3-7), and guesses about other encodings.
#include "engine/data/text_check.h"

#include <algorithm>
#include <array>

#include "engine/core/error.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

unsigned byte_at(std::string_view text, std::size_t i)
{
    return static_cast<unsigned char>(text[i]);
}

// Length of the sequence that starts at `i`, or 0 when it is not UTF-8.
std::size_t sequence_length(std::string_view text, std::size_t i)
{
    const unsigned lead = byte_at(text, i);
    if (lead < 0x80) {
        return 1;
    }
    std::size_t length = 0;
    unsigned low = 0x80; // bounds of the second byte
    unsigned high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        low = lead == 0xE0 ? 0xA0 : 0x80;
        high = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        low = lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xF4 ? 0x8F : 0xBF;
    }
    if (length == 0 || length > text.size() - i) {
        return 0;
    }
    if (byte_at(text, i + 1) < low || byte_at(text, i + 1) > high) {
        return 0;
    }
    for (std::size_t k = 2; k < length; ++k) {
        if ((byte_at(text, i + k) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    return length;
}

bool is_invisible(char32_t c)
{
    struct Range
    {
        char32_t first;
        char32_t last;
    };

    // White space, controls, soft hyphen, fillers, joiners, direction marks, variation selectors,
    // tags.
    constexpr std::array<Range, 20> kRanges = {{
        {0x00, 0x20},     {0x7F, 0xA0},     {0xAD, 0xAD},     {0x034F, 0x034F}, {0x061C, 0x061C},
        {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},
        {0x2028, 0x202F}, {0x205F, 0x206F}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
        {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFD}, {0xE0000, 0xE0FFF},
    }};
    return std::any_of(kRanges.begin(), kRanges.end(), [c](const Range& range) {
        return c >= range.first && c <= range.last;
    });
}

} // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text)
{
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t length = sequence_length(text, i);
        if (length == 0) {
            return i;
        }
        i += length;
    }
    return std::nullopt;
}

char32_t take_code_point(std::string_view& text)
{
    const std::size_t length = sequence_length(text, 0);
    if (length == 0) {
        text.remove_prefix(1);
        return unicode::kReplacement;
    }
    constexpr std::array<unsigned, 5> kLeadMask = {0, 0x7F, 0x1F, 0x0F, 0x07};
    char32_t value = byte_at(text, 0) & kLeadMask[length];
    for (std::size_t k = 1; k < length; ++k) {
        value = (value << 6U) | (byte_at(text, k) & 0x3FU);
    }
    text.remove_prefix(length);
    return value;
}

bool is_blank(std::string_view text)
{
    while (!text.empty()) {
        if (!is_invisible(take_code_point(text))) {
            return false;
        }
    }
    return true;
}

bool has_replacement_character(std::string_view text)
{
    return text.find("\xEF\xBF\xBD") != std::string_view::npos;
}

std::string_view looks_like_utf16(std::string_view bytes)
{
    if (bytes.starts_with("\xFF\xFE")) {
        return "utf-16le";
    }
    if (bytes.starts_with("\xFE\xFF")) {
        return "utf-16be";
    }
    // Without a mark: ASCII text in UTF-16 has a zero in nearly every second byte, on one side.
    const std::string_view head = bytes.substr(0, 4096);
    std::array<std::size_t, 2> zeros = {0, 0};
    for (std::size_t i = 0; i < head.size(); ++i) {
        zeros[i % 2] += head[i] == '\0' ? 1U : 0U;
    }
    const std::size_t pairs = head.size() / 2;
    if (pairs < 4) {
        return "";
    }
    if (zeros[1] * 10 >= pairs * 7 && zeros[0] * 10 < pairs) {
        return "utf-16le";
    }
    if (zeros[0] * 10 >= pairs * 7 && zeros[1] * 10 < pairs) {
        return "utf-16be";
    }
    return "";
}

std::string encoding_hint(std::string_view bytes)
{
    if (const std::string_view utf16 = looks_like_utf16(bytes); !utf16.empty()) {
        return concat("looks like ", utf16, ": save it as UTF-8, or run: iconv -f UTF-16 -t UTF-8");
    }
    // Bytes 0x80-0x9F are letters and quotes in Windows-1252 and unused controls in Latin-1.
    bool windows = false;
    std::size_t at = 0;
    while (at < bytes.size() && !windows) {
        const std::size_t length = sequence_length(bytes, at);
        windows = length == 0 && byte_at(bytes, at) >= 0x80 && byte_at(bytes, at) <= 0x9F;
        at += std::max<std::size_t>(length, 1);
    }
    return windows
               ? "looks like Windows-1252: save it as UTF-8, or run: iconv -f WINDOWS-1252 -t UTF-8"
               : "looks like Latin-1 or Windows-1252: save it as UTF-8, or run: iconv -f "
                 "ISO-8859-1 -t UTF-8";
}

std::string byte_text(std::string_view text, std::size_t offset)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const unsigned value = byte_at(text, offset);
    return concat("byte ",
                  offset + 1,
                  " (0x",
                  kDigits.substr(value >> 4U, 1),
                  kDigits.substr(value & 15U, 1),
                  ")");
}

std::string in_quotes(std::string_view text, std::size_t max_bytes)
{
    std::string result = "\"";
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view before = rest;
        const char32_t c = take_code_point(rest);
        const std::string_view piece = before.substr(0, before.size() - rest.size());
        if (result.size() + piece.size() > max_bytes + 1) {
            return result + "...\"";
        }
        if (c < 0x20 || c == 0x7F) {
            result += ' ';
        } else if (c == unicode::kReplacement) {
            result += "\xEF\xBF\xBD";
        } else {
            result += piece;
        }
    }
    return result + "\"";
}

std::string as_utf8(std::string_view text)
{
    std::string result;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text, 0);
        result += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

const std::string* find_word(std::string_view text, const std::vector<std::string>& words)
{
    // Hundreds of control tokens begin alike: one search for that character settles most texts.
    char searched = '\0';
    bool present = false;
    for (const std::string& word : words) {
        if (word.empty()) {
            continue;
        }
        if (word.front() != searched) {
            searched = word.front();
            present = text.find(searched) != std::string_view::npos;
        }
        if (present && text.find(word) != std::string_view::npos) {
            return &word;
        }
    }
    return nullptr;
}

} // namespace engine
