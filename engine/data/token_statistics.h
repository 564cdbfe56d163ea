// Lengths of examples: what cutting at a length and masking leave of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/chat_format.h"

namespace engine {

// Tokens of an example cut at `seq_len`.
[[nodiscard]] std::int64_t cut_length(const Example& example, std::int64_t seq_len);

// Tokens after the first that carry loss, within the cut.
[[nodiscard]] std::int64_t count_targets(const Example& example, std::int64_t seq_len);

// What cutting and masking did to the examples.
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

// Gathers the statistics example by example, so that the examples need not be kept.
class TokenCounter
{
public:
    explicit TokenCounter(std::int64_t seq_len)
        : m_seq_len(seq_len)
    {}

    std::int64_t add(const Example& example); // returns its targets within the cut

    [[nodiscard]] TokenStatistics statistics() const;

    [[nodiscard]] const std::vector<std::int64_t>& lengths() const { return m_lengths; }

private:
    std::int64_t m_seq_len;
    TokenStatistics m_sums;
    std::vector<std::int64_t> m_lengths; // before cutting
};

[[nodiscard]] TokenStatistics token_statistics(std::span<const Example> examples,
                                               std::int64_t seq_len);

} // namespace engine
