// SHA-256 (FIPS 180-4) of bytes that arrive in pieces: fingerprints of data files and models.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace engine {

class Sha256
{
public:
    Sha256();

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);

    // The digest in lower-case hex; the object is not used after it.
    [[nodiscard]] std::string hex_digest();

private:
    void block(const std::byte* bytes);

    std::array<std::uint32_t, 8> m_state;
    std::array<std::byte, 64> m_buffer = {};
    std::size_t m_buffered = 0;
    std::uint64_t m_length = 0; // bytes
};

[[nodiscard]] std::string sha256_hex(std::string_view text);

} // namespace engine
