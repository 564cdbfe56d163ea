// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011): the same key and counter give
// the same bits on every device and in any order, so a dropout mask is recomputed, never stored.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace engine {

[[nodiscard]] inline std::array<std::uint32_t, 4>
philox4x32(std::uint64_t key, std::uint64_t counter_high, std::uint64_t counter_low)
{
    auto k0 = static_cast<std::uint32_t>(key);
    auto k1 = static_cast<std::uint32_t>(key >> 32U);
    std::array<std::uint32_t, 4> c = {static_cast<std::uint32_t>(counter_low),
                                      static_cast<std::uint32_t>(counter_low >> 32U),
                                      static_cast<std::uint32_t>(counter_high),
                                      static_cast<std::uint32_t>(counter_high >> 32U)};
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c[0];
        const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c[2];
        c = {static_cast<std::uint32_t>(p1 >> 32U) ^ c[1] ^ k0,
             static_cast<std::uint32_t>(p1),
             static_cast<std::uint32_t>(p0 >> 32U) ^ c[3] ^ k1,
             static_cast<std::uint32_t>(p0)};
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    return c;
}

// A stream of numbers from one key; its whole state is (key, stream, position), which a checkpoint
// stores.
class Random
{
public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0)
        : m_seed(seed)
        , m_stream(stream)
    {}

    [[nodiscard]] std::uint32_t next_u32()
    {
        if (m_position / 4 != m_block_number) {
            m_block_number = m_position / 4;
            m_block = philox4x32(m_seed, m_stream, m_block_number);
        }
        return m_block[m_position++ % 4];
    }

    [[nodiscard]] std::uint64_t next_u64()
    {
        const std::uint64_t high = next_u32();
        return (high << 32U) | next_u32();
    }

    // Uniform in [0, 1).
    [[nodiscard]] double uniform() { return static_cast<double>(next_u64() >> 11U) * 0x1.0p-53; }

    // Uniform integer in [0, bound), without modulo bias.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound)
    {
        const std::uint64_t limit = bound * (UINT64_MAX / bound);
        std::uint64_t value = next_u64();
        while (value >= limit) {
            value = next_u64();
        }
        return value % bound;
    }

    // Standard normal by Box-Muller; two draws make one number, so the position stays simple:
    // number n of a stream starts at word n * kWordsOfNormal.
    static constexpr std::uint64_t kWordsOfNormal = 4;

    [[nodiscard]] double normal()
    {
        const double u = 1.0 - uniform();
        const double v = uniform();
        return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v);
    }

    [[nodiscard]] std::uint64_t position() const { return m_position; }

    void set_position(std::uint64_t position) { m_position = position; }

private:
    std::uint64_t m_seed;
    std::uint64_t m_stream;
    std::uint64_t m_position = 0;
    // The words around the last position, so that four of them are computed once.
    std::uint64_t m_block_number = UINT64_MAX;
    std::array<std::uint32_t, 4> m_block = {};
};

} // namespace engine
