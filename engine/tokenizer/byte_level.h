// The byte alphabet of byte-level BPE: every byte as one printable character.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace engine::byte_level {

// The character of a byte: bytes 33..126, 161..172 and 174..255 are themselves, the other 68 become
// U+0100, U+0101, ... in increasing order.
[[nodiscard]] char32_t character_of(std::uint8_t byte);

// The byte of a character, or -1.
[[nodiscard]] int byte_of(char32_t character);

[[nodiscard]] std::string encode(std::string_view bytes);

// Appends the bytes that the piece stands for; a piece with a character outside the alphabet stands
// for itself.
void append_decoded(std::string& bytes, std::string_view piece);

} // namespace engine::byte_level
