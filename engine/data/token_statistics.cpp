// Lengths, and runs of targets instead of whole masks.
#include "engine/data/token_statistics.h"

#include <algorithm>

namespace engine {

namespace {

constexpr std::int64_t kLengthStep = 128;

} // namespace

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

void TokenCounter::add(const Example& example)
{
    m_lengths.push_back(static_cast<std::int64_t>(example.tokens.size()));
    const auto begin = example.trained.begin();
    const auto end = example.trained.end();
    // The first token is nobody's next one.
    for (auto at = example.trained.empty() ? end : begin + 1; at != end;) {
        const auto first = std::find(at, end, 1);
        at = std::find_if(first, end, [](std::uint8_t trained) { return trained != 1; });
        if (first != at) {
            m_runs.push_back(
                {static_cast<std::int32_t>(first - begin), static_cast<std::int32_t>(at - begin)});
        }
    }
    m_run_ends.push_back(m_runs.size());
}

std::int64_t TokenCounter::targets(std::size_t example, std::int64_t seq_len) const
{
    std::int64_t sum = 0;
    for (std::size_t run = example == 0 ? 0 : m_run_ends[example - 1]; run < m_run_ends[example];
         ++run) {
        sum += std::max<std::int64_t>(
            0, std::min<std::int64_t>(m_runs[run].end, seq_len) - m_runs[run].begin);
    }
    return sum;
}

std::int64_t TokenCounter::percentile_95() const
{
    if (m_lengths.empty()) {
        return 0;
    }
    std::vector<std::int64_t> lengths = m_lengths;
    // Nearest rank.
    const auto rank =
        lengths.begin() + static_cast<std::ptrdiff_t>((lengths.size() * 95 + 99) / 100) - 1;
    std::nth_element(lengths.begin(), rank, lengths.end());
    return *rank;
}

TokenStatistics TokenCounter::statistics(std::int64_t seq_len) const
{
    TokenStatistics result;
    for (std::size_t i = 0; i < m_lengths.size(); ++i) {
        const std::int64_t kept = targets(i, seq_len);
        ++result.examples;
        result.tokens += std::min(m_lengths[i], seq_len);
        result.targets += kept;
        result.cut += m_lengths[i] > seq_len ? 1 : 0;
        result.fully_masked += kept == 0 ? 1 : 0;
        result.longest = std::max(result.longest, m_lengths[i]);
    }
    result.percentile_95 = percentile_95();
    return result;
}

TokenStatistics token_statistics(std::span<const Example> examples, std::int64_t seq_len)
{
    TokenCounter counter;
    for (const Example& example : examples) {
        counter.add(example);
    }
    return counter.statistics(seq_len);
}

std::int64_t suggested_seq_len(std::int64_t percentile_95, std::int64_t max_position_embeddings)
{
    const std::int64_t rounded = (percentile_95 + kLengthStep - 1) / kLengthStep * kLengthStep;
    return std::clamp(
        rounded, std::int64_t{1}, std::min(kLongestSuggestion, max_position_embeddings));
}

} // namespace engine
