// Half-precision conversion in plain integer arithmetic, the same on every processor.
#include "engine/core/dtype.h"

namespace engine {

float to_float(float16_t value)
{
    const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000U) << 16U;
    const std::uint32_t exponent = (value.bits >> 10U) & 0x1fU;
    const std::uint32_t mantissa = value.bits & 0x3ffU;
    if (exponent == 0x1fU) {
        return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13U));
    }
    if (exponent != 0) {
        return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (mantissa << 13U));
    }
    // Subnormal: mantissa * 2^-24 is exact in float32.
    const float magnitude = static_cast<float>(mantissa) * 0x1.0p-24F;
    return sign != 0 ? -magnitude : magnitude;
}

float16_t to_float16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) {
        return {static_cast<std::uint16_t>(sign | 0x7e00U)};
    }
    if (magnitude >= 0x477ff000U) { // 65520 and above rounds to infinity
        return {static_cast<std::uint16_t>(sign | 0x7c00U)};
    }
    if (magnitude < 0x38800000U) { // below 2^-14: subnormal half or zero
        // Adding 0.5 aligns the mantissa so that the hardware rounds to nearest even at 2^-24.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        const std::uint32_t rounded = std::bit_cast<std::uint32_t>(shifted) - 0x3f000000U;
        return {static_cast<std::uint16_t>(sign | rounded)};
    }
    const std::uint32_t odd = (magnitude >> 13U) & 1U;
    const std::uint32_t rounded = magnitude + 0xfffU + odd - 0x38000000U;
    return {static_cast<std::uint16_t>(sign | (rounded >> 13U))};
}

} // namespace engine
