// The byte alphabet as two tables built once.
#include "engine/tokenizer/byte_level.h"

#include <array>

#include "engine/tokenizer/unicode.h"

namespace engine::byte_level {

namespace {

constexpr std::size_t kCharacters = 256 + 68;

struct Tables
{
    std::array<char32_t, 256> characters{};
    std::array<std::int16_t, kCharacters> bytes{};

    constexpr Tables()
    {
        for (auto& byte : bytes) {
            byte = -1;
        }
        char32_t spare = 256;
        for (unsigned b = 0; b < 256; ++b) {
            const bool printable =
                (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
            const char32_t character = printable ? static_cast<char32_t>(b) : spare++;
            characters[b] = character;
            bytes[character] = static_cast<std::int16_t>(b);
        }
    }
};

constexpr Tables kTables;

} // namespace

char32_t character_of(std::uint8_t byte)
{
    return kTables.characters[byte];
}

int byte_of(char32_t character)
{
    return character < kCharacters ? kTables.bytes[character] : -1;
}

std::string encode(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size() + bytes.size() / 4);
    for (const char byte : bytes) {
        unicode::append_utf8(text, character_of(static_cast<std::uint8_t>(byte)));
    }
    return text;
}

void append_decoded(std::string& bytes, std::string_view piece)
{
    const std::size_t before = bytes.size();
    for (std::size_t i = 0; i < piece.size();) {
        const int byte = byte_of(unicode::next_character(piece, i));
        if (byte < 0) {
            bytes.resize(before);
            bytes.append(piece);
            return;
        }
        bytes.push_back(static_cast<char>(byte));
    }
}

} // namespace engine::byte_level
