// Kernel bodies of dropout: one Philox4x32-10 counter per lane, then the masked copy or sum.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

inline constexpr std::int64_t kBlockWords = 4;                      // numbers of one counter
inline constexpr std::int64_t kDropoutChunk = kLanes * kBlockWords; // elements at a time

// The numbers of elements [0, kDropoutChunk) of the chunk whose first counter is `first`, a
// multiple of kLanes; the same as philox4x32() of engine/core/random.h.
void random_words(const DropoutRange& range, std::uint64_t first, Words (&words)[kBlockWords])
{
    // Lane 4 l + k holds counter (kLanes / 4) k + l: transposed, words[k] are consecutive elements.
    std::uint32_t counters[kLanes];
    for (std::int64_t i = 0; i < kLanes; ++i) {
        const std::int64_t counter = i % kBlockWords * (kLanes / kBlockWords) + i / kBlockWords;
        counters[i] = static_cast<std::uint32_t>(first) + static_cast<std::uint32_t>(counter);
    }
    Words c0 = load_words(counters);
    Words c1 = set_words(static_cast<std::uint32_t>(first >> 32U));
    Words c2 = set_words(static_cast<std::uint32_t>(range.stream));
    Words c3 = set_words(static_cast<std::uint32_t>(range.stream >> 32U));
    auto k0 = static_cast<std::uint32_t>(range.seed);
    auto k1 = static_cast<std::uint32_t>(range.seed >> 32U);
    for (int round = 0; round < 10; ++round) {
        Words high0 = c0;
        Words high1 = c2;
        const Words low0 = multiply(c0, set_words(0xD2511F53U), high0);
        const Words low1 = multiply(c2, set_words(0xCD9E8D57U), high1);
        c0 = high1 ^ c1 ^ set_words(k0);
        c2 = high0 ^ c3 ^ set_words(k1);
        c1 = low1;
        c3 = low0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
    transpose_quads(words);
}

template <typename T, typename Lanes>
void drop_lanes(const T* x, T* y, Vec factor, bool accumulate_into_y, Lanes lanes)
{
    Vec value = load_lanes(x, lanes) * factor;
    if (accumulate_into_y) {
        value = value + load_lanes(y, lanes);
    }
    store_lanes(y, value, lanes);
}

template <typename T>
void dropout(const T* x, T* y, const DropoutRange& range)
{
    const double bound = static_cast<double>(range.probability) * 4294967296.0;
    const Words threshold = set_words(static_cast<std::uint32_t>(__builtin_ceil(bound)));
    const Vec kept = set(1.0F / (1.0F - range.probability));
    Words words[kBlockWords];
    for (std::int64_t begin = range.begin; begin < range.end; begin += kDropoutChunk) {
        random_words(range, static_cast<std::uint64_t>(begin / kBlockWords), words);
        for (std::int64_t k = 0; k < kBlockWords; ++k) {
            const Vec factor = keep_if_not_below(words[k], threshold, kept);
            const std::int64_t at = begin + k * kLanes;
            if (at + kLanes <= range.end) {
                drop_lanes(x + at, y + at, factor, range.accumulate, AllLanes{});
            } else if (at < range.end) {
                drop_lanes(x + at, y + at, factor, range.accumulate, SomeLanes{range.end - at});
            }
        }
    }
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA
