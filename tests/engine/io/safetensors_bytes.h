// Builds safetensors files by hand, right ones and wrong ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tests {

// The length field, the header as given, then `data`.
inline std::string
safetensors_bytes(std::string_view header, std::string_view data, std::uint64_t stated_length)
{
    std::string bytes;
    for (int i = 0; i < 8; ++i) {
        bytes += static_cast<char>((stated_length >> (8 * i)) & 0xFFU);
    }
    bytes += header;
    bytes += data;
    return bytes;
}

inline std::string safetensors_bytes(std::string_view header, std::string_view data = {})
{
    return safetensors_bytes(header, data, header.size());
}

inline std::span<const std::byte> as_bytes(const std::string& text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

} // namespace tests
