// Counting and checking micro-batches.
#include "engine/model/micro_batch.h"

#include <algorithm>

namespace engine {

std::int64_t MicroBatch::num_targets() const
{
    return std::count_if(
        labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; });
}

std::int64_t MicroBatch::max_sequence_length() const
{
    std::int64_t longest = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
        longest = std::max<std::int64_t>(longest, offsets[s + 1] - offsets[s]);
    }
    return longest;
}

namespace {

void check_sizes(const MicroBatch& batch)
{
    const std::size_t n = batch.tokens.size();
    ENGINE_CHECK(n > 0, "micro-batch: no tokens");
    ENGINE_CHECK(batch.labels.size() == n && batch.weights.size() == n
                     && batch.positions.size() == n,
                 "micro-batch: ",
                 n,
                 " tokens, ",
                 batch.labels.size(),
                 " labels, ",
                 batch.weights.size(),
                 " weights, ",
                 batch.positions.size(),
                 " positions");
    ENGINE_CHECK(batch.offsets.size() >= 2 && batch.offsets.front() == 0
                     && batch.offsets.back() == static_cast<std::int64_t>(n),
                 "micro-batch: offsets must run from 0 to ",
                 n);
    ENGINE_CHECK(std::is_sorted(batch.offsets.begin(), batch.offsets.end()),
                 "micro-batch: offsets must not decrease");
}

void check_range(const char* what,
                 const std::vector<std::int32_t>& values,
                 std::int64_t lowest,
                 std::int64_t end)
{
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    ENGINE_CHECK(*low >= lowest && *high < end,
                 "micro-batch: ",
                 what,
                 " run from ",
                 *low,
                 " to ",
                 *high,
                 ", wanted ",
                 lowest,
                 " to ",
                 end - 1);
}

} // namespace

void check_micro_batch(const MicroBatch& batch,
                       std::int64_t vocab_size,
                       const TransformerLimits& limits)
{
    check_sizes(batch);
    const auto check_limit = [](const char* what, std::int64_t found, std::int64_t limit) {
        ENGINE_CHECK(found <= limit, "micro-batch: ", what, found, " tokens, the limit is ", limit);
    };
    check_limit("", batch.num_tokens(), limits.max_tokens);
    check_limit("a sequence of ", batch.max_sequence_length(), limits.max_sequence_length);
    check_limit("labels for ", batch.num_targets(), limits.head_rows());
    check_range("tokens", batch.tokens, 0, vocab_size);
    check_range("labels", batch.labels, -1, vocab_size);
    check_range("positions", batch.positions, 0, limits.max_sequence_length);
}

} // namespace engine
