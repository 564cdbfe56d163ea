// Kernel bodies of dropout: many Philox4x32-10 blocks at a time, then the masked copy or sum.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

inline constexpr std::int64_t kBlocks = 16; // counters worked on together
inline constexpr std::int64_t kBlockWords = 4;

// The words of blocks [first, first + kBlocks), the same numbers as philox4x32() of
// engine/core/random.h; plain loops over the counters, which the compiler turns into vectors.
void random_words(const DropoutRange& range, std::uint64_t first, std::uint32_t* words)
{
    std::uint32_t c0[kBlocks];
    std::uint32_t c1[kBlocks];
    std::uint32_t c2[kBlocks];
    std::uint32_t c3[kBlocks];
    for (std::int64_t i = 0; i < kBlocks; ++i) {
        const std::uint64_t counter = first + static_cast<std::uint64_t>(i);
        c0[i] = static_cast<std::uint32_t>(counter);
        c1[i] = static_cast<std::uint32_t>(counter >> 32U);
        c2[i] = static_cast<std::uint32_t>(range.stream);
        c3[i] = static_cast<std::uint32_t>(range.stream >> 32U);
    }
    auto k0 = static_cast<std::uint32_t>(range.seed);
    auto k1 = static_cast<std::uint32_t>(range.seed >> 32U);
    for (int round = 0; round < 10; ++round) {
        for (std::int64_t i = 0; i < kBlocks; ++i) {
            const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c0[i];
            const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c2[i];
            c0[i] = static_cast<std::uint32_t>(p1 >> 32U) ^ c1[i] ^ k0;
            c2[i] = static_cast<std::uint32_t>(p0 >> 32U) ^ c3[i] ^ k1;
            c1[i] = static_cast<std::uint32_t>(p1);
            c3[i] = static_cast<std::uint32_t>(p0);
        }
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    for (std::int64_t i = 0; i < kBlocks; ++i) {
        words[i * kBlockWords] = c0[i];
        words[i * kBlockWords + 1] = c1[i];
        words[i * kBlockWords + 2] = c2[i];
        words[i * kBlockWords + 3] = c3[i];
    }
}

template <typename T>
void dropout(const T* x, T* y, const DropoutRange& range)
{
    constexpr std::int64_t kChunk = kBlocks * kBlockWords;
    const double bound = static_cast<double>(range.probability) * 4294967296.0;
    const auto threshold = static_cast<std::uint32_t>(__builtin_ceil(bound));
    const float kept = 1.0F / (1.0F - range.probability);
    alignas(64) std::uint32_t words[kChunk];
    alignas(64) float factors[kChunk];
    for (std::int64_t begin = range.begin; begin < range.end; begin += kChunk) {
        random_words(range, static_cast<std::uint64_t>(begin / kBlockWords), words);
        for (std::int64_t i = 0; i < kChunk; ++i) {
            factors[i] = words[i] >= threshold ? kept : 0.0F;
        }
        const std::int64_t rest = range.end - begin;
        sweep(rest < kChunk ? rest : kChunk, [&](std::int64_t i, auto lanes) {
            Vec value = load_lanes(x + begin + i, lanes) * load_lanes(factors + i, lanes);
            if (range.accumulate) {
                value = value + load_lanes(y + begin + i, lanes);
            }
            store_lanes(y + begin + i, value, lanes);
        });
    }
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
