// UTF-8 validation and Unicode normal forms on utf8proc's tables.
#include "engine/tokenizer/unicode.h"

#include <algorithm>
#include <array>
#include <utf8proc.h>
#include <vector>

#include "engine/core/error.h"

namespace engine::unicode {

namespace {

// Length of the valid character at `position`, or 0; then `bad` is the length of the maximal part
// of a character that starts there, at least 1.
std::size_t valid_length(std::string_view text, std::size_t position, std::size_t& bad)
{
    const auto byte = [&](std::size_t i) -> unsigned {
        return position + i < text.size() ? static_cast<unsigned char>(text[position + i]) : 0U;
    };
    const unsigned lead = byte(0);
    bad = 1;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    // The second byte's range shuts out overlong forms, surrogates and what is above U+10FFFF.
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            bad = i;
            return 0;
        }
    }
    return length;
}

utf8proc_category_t category(char32_t character)
{
    return utf8proc_category(static_cast<utf8proc_int32_t>(character));
}

int combining_class(utf8proc_int32_t character)
{
    return utf8proc_get_property(character)->combining_class;
}

struct Form
{
    utf8proc_option_t decompose; // options of the decomposition
    bool compose;
    char32_t first_unstable; // characters below never change and never combine with what precedes
};

Form form_of(NormalForm form)
{
    constexpr auto kCanonical =
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
    constexpr auto kCompatible = static_cast<utf8proc_option_t>(kCanonical | UTF8PROC_COMPAT);
    switch (form) {
    case NormalForm::Nfc:
        return {kCanonical, true, 0x300};
    case NormalForm::Nfd:
        return {kCanonical, false, 0xC0};
    case NormalForm::Nfkc:
        return {kCompatible, true, 0xA0};
    case NormalForm::Nfkd:
        break;
    }
    return {kCompatible, false, 0xA0};
}

// Puts each run of combining marks in canonical order. utf8proc's own ordering exchanges
// neighbours, which is quadratic on a long run.
void order_marks(std::vector<utf8proc_int32_t>& characters)
{
    for (auto run = characters.begin(); run != characters.end();) {
        if (combining_class(*run) == 0) {
            ++run;
            continue;
        }
        const auto end = std::find_if(
            run, characters.end(), [](utf8proc_int32_t c) { return combining_class(c) == 0; });
        std::stable_sort(run, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
            return combining_class(a) < combining_class(b);
        });
        run = end;
    }
}

void append_normalized(std::string& out, std::string_view run, const Form& form)
{
    std::vector<utf8proc_int32_t> characters;
    characters.reserve(run.size());
    std::array<utf8proc_int32_t, 32> parts{}; // the longest decomposition has 18 characters
    for (std::size_t i = 0; i < run.size();) {
        const char32_t character = next_character(run, i);
        const utf8proc_ssize_t count =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(character),
                                    parts.data(),
                                    static_cast<utf8proc_ssize_t>(parts.size()),
                                    form.decompose,
                                    nullptr);
        if (count < 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) {
            characters.push_back(static_cast<utf8proc_int32_t>(character));
            continue;
        }
        characters.insert(characters.end(), parts.begin(), parts.begin() + count);
    }
    order_marks(characters);
    auto size = static_cast<utf8proc_ssize_t>(characters.size());
    if (form.compose) {
        size = utf8proc_normalize_utf32(
            characters.data(),
            size,
            static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    }
    for (utf8proc_ssize_t i = 0; i < size; ++i) {
        append_utf8(out, static_cast<char32_t>(characters[static_cast<std::size_t>(i)]));
    }
}

} // namespace

void append_utf8(std::string& text, char32_t character)
{
    const auto tail = [&](unsigned shift) {
        text.push_back(static_cast<char>(0x80U | ((character >> shift) & 0x3FU)));
    };
    if (character < 0x80) {
        text.push_back(static_cast<char>(character));
    } else if (character < 0x800) {
        text.push_back(static_cast<char>(0xC0U | (character >> 6U)));
        tail(0);
    } else if (character < 0x10000) {
        text.push_back(static_cast<char>(0xE0U | (character >> 12U)));
        tail(6);
        tail(0);
    } else {
        text.push_back(static_cast<char>(0xF0U | (character >> 18U)));
        tail(12);
        tail(6);
        tail(0);
    }
}

bool is_valid_utf8(std::string_view text)
{
    std::size_t bad = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = valid_length(text, i, bad);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

std::string replace_invalid_utf8(std::string_view text)
{
    std::string valid;
    valid.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        std::size_t bad = 0;
        const std::size_t length = valid_length(text, i, bad);
        if (length == 0) {
            append_utf8(valid, kReplacement);
            i += bad;
        } else {
            valid.append(text.substr(i, length));
            i += length;
        }
    }
    return valid;
}

bool is_whitespace(char32_t character)
{
    return (character >= 0x9 && character <= 0xD) || character == 0x20 || character == 0x85
           || character == 0xA0 || character == 0x1680
           || (character >= 0x2000 && character <= 0x200A) || character == 0x2028
           || character == 0x2029 || character == 0x202F || character == 0x205F
           || character == 0x3000;
}

bool is_numeric(char32_t character)
{
    const auto kind = category(character);
    return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

bool is_punctuation(char32_t character)
{
    if (character < 0x80) {
        return character > 0x20 && character < 0x7F
               && !((character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z')
                    || (character >= 'a' && character <= 'z'));
    }
    const auto kind = category(character);
    return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO;
}

bool is_mark(char32_t character)
{
    const auto kind = category(character);
    return kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME;
}

bool is_word(char32_t character)
{
    switch (category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL: // letter numbers are alphabetic
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        // Circled and squared letters are alphabetic symbols; U+200C and U+200D join words.
        return (character >= 0x24B6 && character <= 0x24E9)
               || (character >= 0x1F130 && character <= 0x1F149)
               || (character >= 0x1F150 && character <= 0x1F169)
               || (character >= 0x1F170 && character <= 0x1F189) || character == 0x200C
               || character == 0x200D;
    }
}

std::string normalize(std::string_view text, NormalForm normal_form)
{
    const Form form = form_of(normal_form);
    const auto next = [&](std::size_t position) {
        std::size_t after = position;
        const char32_t character = next_character(text, after);
        return std::pair(character, after);
    };
    std::string out;
    out.reserve(text.size());
    std::size_t copied = 0; // everything before is in `out`
    for (std::size_t i = 0; i < text.size();) {
        const auto [character, after] = next(i);
        if (character < form.first_unstable) {
            i = after;
            continue;
        }
        // A run of characters that may change, with the one before it that they may combine with.
        const std::size_t start = i > copied ? previous_start(text, i) : i;
        std::size_t end = after;
        while (end < text.size()) {
            const auto [following, behind] = next(end);
            if (following < form.first_unstable) {
                break;
            }
            end = behind;
        }
        out.append(text.substr(copied, start - copied));
        append_normalized(out, text.substr(start, end - start), form);
        copied = end;
        i = end;
    }
    out.append(text.substr(copied));
    return out;
}

std::string lowercase(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const char32_t character = next_character(text, i);
        if (character < 0x80) {
            const bool upper = character >= 'A' && character <= 'Z';
            out.push_back(static_cast<char>(upper ? character + ('a' - 'A') : character));
        } else if (character == 0x130) {
            out.append("i\xCC\x87"); // the one lower case that is two characters
        } else {
            append_utf8(
                out,
                static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(character))));
        }
    }
    return out;
}

} // namespace engine::unicode
