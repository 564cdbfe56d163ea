// What cutting at a length and masking leave of examples, and the length that follows from them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/chat_format.h"

namespace engine {

// The longest seq_len that is chosen without being asked for.
inline constexpr std::int64_t kLongestSuggestion = 2048;

struct TokenStatistics
{
    std::int64_t examples = 0;
    std::int64_t tokens = 0;
    std::int64_t targets = 0;      // tokens that carry loss
    std::int64_t cut = 0;          // examples longer than seq_len
    std::int64_t fully_masked = 0; // examples without a target after cutting; they are left out
    std::int64_t longest = 0;      // tokens, before cutting
    std::int64_t percentile_95 = 0;
};

[[nodiscard]] std::int64_t cut_length(const Example& example, std::int64_t seq_len);

// Tokens after the first that carry loss, within the cut.
[[nodiscard]] std::int64_t count_targets(const Example& example, std::int64_t seq_len);

// Gathers lengths and masks example by example, so that the examples need not be kept while the
// length they are cut at is still open.
class TokenCounter
{
public:
    void add(const Example& example);

    [[nodiscard]] std::size_t examples() const { return m_lengths.size(); }

    [[nodiscard]] const std::vector<std::int64_t>& lengths() const { return m_lengths; }

    // Of one example: as count_targets of it.
    [[nodiscard]] std::int64_t targets(std::size_t example, std::int64_t seq_len) const;

    // The smallest length that at least 95 % of the examples do not exceed; 0 without examples.
    [[nodiscard]] std::int64_t percentile_95() const;

    [[nodiscard]] TokenStatistics statistics(std::int64_t seq_len) const;

private:
    struct Run // of targets: [begin, end)
    {
        std::int32_t begin = 0;
        std::int32_t end = 0;
    };

    std::vector<std::int64_t> m_lengths; // before cutting
    std::vector<Run> m_runs;
    std::vector<std::size_t> m_run_ends; // of each example, into m_runs
};

[[nodiscard]] TokenStatistics token_statistics(std::span<const Example> examples,
                                               std::int64_t seq_len);

// The 95th percentile of the lengths rounded up to 128, at most 2048 and at most what the model's
// positions allow.
[[nodiscard]] std::int64_t suggested_seq_len(std::int64_t percentile_95,
                                             std::int64_t max_position_embeddings);

} // namespace engine
