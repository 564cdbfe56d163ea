// Kernel bodies of dequantisation: four-bit codes through a table, signed bytes times a scale.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

constexpr std::int64_t kBlock = 64; // weights that share an absmax: whole vectors everywhere

template <typename T>
void dequantize_nf4(
    const std::uint8_t* codes, const float* table, const float* absmax, T* y, std::int64_t n)
{
    for (std::int64_t begin = 0; begin < n; begin += kBlock) {
        const Vec scale = set(absmax[begin / kBlock]);
        const std::int64_t end = n - begin < kBlock ? n : begin + kBlock;
        std::int64_t i = begin;
        for (; i + kLanes <= end; i += kLanes) {
            store(y + i, lookup_nibbles(codes + i / 2, table) * scale);
        }
        if (i < end) {
            std::uint8_t rest[kLanes / 2] = {};
            for (std::int64_t k = 0; k < (end - i + 1) / 2; ++k) {
                rest[k] = codes[i / 2 + k];
            }
            store_part(y + i, lookup_nibbles(rest, table) * scale, end - i);
        }
    }
}

template <typename T>
void dequantize_int8(const std::uint8_t* codes, float scale, T* y, std::int64_t n)
{
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        store(y + i, load_signed_bytes(codes + i) * set(scale));
    }
    if (i < n) {
        std::uint8_t rest[kLanes] = {};
        for (std::int64_t k = 0; k < n - i; ++k) {
            rest[k] = codes[i + k];
        }
        store_part(y + i, load_signed_bytes(rest) * set(scale), n - i);
    }
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
