// Counts lengths and targets.
#include "engine/data/token_statistics.h"

#include <algorithm>

namespace engine {

std::int64_t cut_length(const Example& example, std::int64_t seq_len)
{
    return std::min(static_cast<std::int64_t>(example.tokens.size()), seq_len);
}

std::int64_t count_targets(const Example& example, std::int64_t seq_len)
{
    const std::int64_t length = cut_length(example, seq_len);
    if (length < 2) {
        return 0;
    }
    return std::count(example.trained.begin() + 1, example.trained.begin() + length, 1);
}

std::int64_t TokenCounter::add(const Example& example)
{
    const auto length = static_cast<std::int64_t>(example.tokens.size());
    const std::int64_t targets = count_targets(example, m_seq_len);
    m_lengths.push_back(length);
    ++m_sums.examples;
    m_sums.tokens += cut_length(example, m_seq_len);
    m_sums.targets += targets;
    m_sums.cut += length > m_seq_len ? 1 : 0;
    m_sums.fully_masked += targets == 0 ? 1 : 0;
    return targets;
}

TokenStatistics TokenCounter::statistics() const
{
    TokenStatistics result = m_sums;
    if (m_lengths.empty()) {
        return result;
    }
    std::vector<std::int64_t> sorted = m_lengths;
    std::sort(sorted.begin(), sorted.end());
    result.longest = sorted.back();
    // Nearest rank: the smallest length that at least 95 % of the examples do not exceed.
    const std::size_t rank = (sorted.size() * 95 + 99) / 100;
    result.percentile_95 = sorted[rank - 1];
    return result;
}

TokenStatistics token_statistics(std::span<const Example> examples, std::int64_t seq_len)
{
    TokenCounter counter(seq_len);
    for (const Example& example : examples) {
        counter.add(example);
    }
    return counter.statistics();
}

} // namespace engine
