// Element types of tensors, their sizes and names, and the 16-bit floats' conversions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>

namespace engine {

enum class DType : std::uint8_t { F32, BF16, F16, I32, U8 };

// The top 16 bits of an IEEE float32, rounded to nearest even.
struct bfloat16_t
{
    std::uint16_t bits = 0;
};

// IEEE half precision; a storage type only: no op computes in it.
struct float16_t
{
    std::uint16_t bits = 0;
};

[[nodiscard]] constexpr std::size_t size_of(DType dtype)
{
    if (dtype == DType::U8) {
        return 1;
    }
    return dtype == DType::F32 || dtype == DType::I32 ? 4 : 2;
}

[[nodiscard]] constexpr bool is_floating(DType dtype)
{
    return dtype != DType::I32 && dtype != DType::U8;
}

// "f32", "bf16", "f16", "i32", "u8": the spelling of --dtype and run.json.
[[nodiscard]] constexpr std::string_view to_string(DType dtype)
{
    switch (dtype) {
    case DType::F32:
        return "f32";
    case DType::BF16:
        return "bf16";
    case DType::F16:
        return "f16";
    case DType::I32:
        return "i32";
    case DType::U8:
        return "u8";
    }
    return "?";
}

inline std::ostream& operator<<(std::ostream& out, DType dtype)
{
    return out << to_string(dtype);
}

[[nodiscard]] inline float to_float(float value)
{
    return value;
}

[[nodiscard]] inline float to_float(bfloat16_t value)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16U);
}

[[nodiscard]] inline bfloat16_t to_bfloat16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) {
        return {static_cast<std::uint16_t>((bits >> 16U) | 0x40U)}; // NaN stays NaN
    }
    return {static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U)};
}

[[nodiscard]] float to_float(float16_t value);
[[nodiscard]] float16_t to_float16(float value); // nearest even; overflow becomes infinity

template <typename T>
[[nodiscard]] inline T from_float(float value)
{
    if constexpr (sizeof(T) == sizeof(float)) {
        return value;
    } else if constexpr (requires(T t, bfloat16_t b) { t = b; }) {
        return to_bfloat16(value);
    } else {
        return to_float16(value);
    }
}

// The DType of a C++ element type.
template <typename T>
inline constexpr DType kDTypeOf = DType::F32;
template <>
inline constexpr DType kDTypeOf<bfloat16_t> = DType::BF16;
template <>
inline constexpr DType kDTypeOf<float16_t> = DType::F16;
template <>
inline constexpr DType kDTypeOf<std::int32_t> = DType::I32;
template <>
inline constexpr DType kDTypeOf<std::uint8_t> = DType::U8;

} // namespace engine
