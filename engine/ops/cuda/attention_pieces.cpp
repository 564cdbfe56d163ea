// Sizes of calls: what they take, and the largest that may be.
#include "engine/ops/cuda/attention_pieces.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/ops/cuda/launch.h"

namespace engine::ops::kernels {

namespace {

using cuda::SdpaDirection;
using cuda::SdpaShape;

constexpr int kHopper = 90;
constexpr std::int64_t kLengthStep = 64;
constexpr std::int64_t kSmallBatchRows = 4 * kLengthStep;
// A batch of one long and very many short sequences would be calls of nearly nothing.
constexpr std::int64_t kMostRuns = 32;
constexpr auto kIntBytes = static_cast<std::int64_t>(sizeof(std::int32_t));
constexpr auto kFloatBytes = static_cast<std::int64_t>(sizeof(float));

// Counts of sequences, and of steps of a length, are 1, 2, 3, 4, 6, 8, 12, 16, ...
std::int64_t count_from(std::int64_t value)
{
    const auto power = static_cast<std::int64_t>(
        std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 1))));
    const std::int64_t between = power / 4 * 3;
    return between >= value ? between : power;
}

// 0 below 1.
std::int64_t count_up_to(std::int64_t value)
{
    const auto power = static_cast<std::int64_t>(
        std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0))));
    const std::int64_t between = power / 2 * 3;
    return between <= value ? std::max(between, power) : power;
}

std::int64_t aligned(std::int64_t bytes)
{
    return ceil_div(bytes, kCudnnAlignment) * kCudnnAlignment;
}

// In steps.
std::int64_t steps_of(std::int64_t longest, std::int64_t n)
{
    return count_from(ceil_div(std::min(longest, n), kLengthStep));
}

SdpaShape plan_of(const AttentionShape& shape,
                  std::int64_t sequences,
                  std::int64_t longest,
                  std::int64_t head_parts)
{
    return {.sequences = sequences,
            .longest = longest,
            .num_heads = shape.num_heads / head_parts,
            .num_kv_heads = shape.num_kv_heads / head_parts,
            .head_dim = shape.head_dim,
            .parts = head_parts,
            .windowed = shape.sliding_window > 0};
}

// The largest plan that batches of n rows can have for sequences of such a length, rounded up; one
// of no sequences when not even a key head of one finds memory.
SdpaShape largest_plan(const CudnnMeans& means,
                       const AttentionShape& shape,
                       std::int64_t n,
                       std::int64_t longest,
                       SdpaDirection direction)
{
    const auto may_be = [&](const SdpaShape& plan) {
        return cudnn_scratch_bytes(means.capability, plan, 0, direction) <= means.call_bytes;
    };
    // A forward takes little for a row; a backward takes much, also for rows that are not there,
    // and may have twice the batch's.
    const std::int64_t most =
        direction == SdpaDirection::Forward ? count_from(n) : (2 * n + kSmallBatchRows) / longest;
    SdpaShape plan = plan_of(shape, count_up_to(std::max<std::int64_t>(most, 1)), longest, 1);
    while (plan.sequences > 0 && !may_be(plan)) {
        plan.sequences = count_up_to(plan.sequences - 1);
    }
    const std::int64_t most_parts = means.may_cut ? shape.num_kv_heads : 1;
    for (std::int64_t parts = 2; plan.sequences == 0 && parts <= most_parts; ++parts) {
        const SdpaShape part = plan_of(shape, 1, longest, parts);
        if (shape.num_kv_heads % parts == 0 && may_be(part)) {
            plan = part;
        }
    }
    return plan;
}

Error refused(const char* reason)
{
    return {ErrorCode::Unsupported, reason};
}

} // namespace

CudnnScratch::CudnnScratch(const SdpaShape& plan,
                           std::int64_t n,
                           SdpaDirection direction,
                           std::int64_t workspace_bytes)
    : lists(aligned(4 * cudnn_list_step(plan) * kIntBytes))
    , stats(aligned(n * plan.num_heads * kFloatBytes))
    , delta(direction == SdpaDirection::Backward
                ? aligned(plan.sequences * plan.longest * plan.num_heads * kFloatBytes)
                : 0)
    , workspace(aligned(workspace_bytes))
{}

std::int64_t CudnnScratch::total() const
{
    return kCudnnAlignment + lists + stats + delta + workspace;
}

std::int64_t cudnn_list_step(const SdpaShape& plan)
{
    return ceil_div(plan.sequences + 1, 4) * 4;
}

std::int64_t cudnn_workspace_bytes(int capability, const SdpaShape& plan, SdpaDirection direction)
{
    constexpr std::int64_t kFixedBytes = std::int64_t{1} << 15U; // engines' counters
    constexpr std::int64_t kTile = 128;
    if (direction == SdpaDirection::Forward) {
        return kFixedBytes + 256 * plan.sequences;
    }
    std::int64_t row_bytes = 0; // of a row of one head
    if (plan.num_heads != plan.num_kv_heads) {
        // dk and dv of every query head, before they are added: in bf16 or float32.
        row_bytes += (capability == kHopper ? 4 : 8) * plan.head_dim;
    }
    if (capability == kHopper) {
        // ds in bf16, which is how its engine adds dq in one order.
        row_bytes += 2 * ceil_div(plan.longest, kTile) * kTile;
    }
    const std::int64_t sequence_bytes = 1024 + plan.num_heads * plan.longest * row_bytes;
    return kFixedBytes + plan.sequences * sequence_bytes;
}

std::int64_t
cudnn_scratch_bytes(int capability, const SdpaShape& plan, std::int64_t n, SdpaDirection direction)
{
    return CudnnScratch(plan, n, direction, cudnn_workspace_bytes(capability, plan, direction))
        .total();
}

AttentionPieces
attention_pieces(const AttentionSizes& sizes, std::int64_t sequences, std::int64_t head_parts)
{
    const std::int64_t runs = ceil_div(sizes.sequences, sequences);
    const std::int64_t each = ceil_div(sizes.sequences, runs);
    const std::int64_t longest = kLengthStep * steps_of(sizes.longest, sizes.n);
    return {plan_of(sizes.shape, count_from(each), longest, head_parts), each};
}

Result<AttentionPieces>
attention_pieces(const CudnnMeans& means, const AttentionSizes& sizes, SdpaDirection direction)
{
    constexpr std::int64_t kMostElements = std::numeric_limits<std::int32_t>::max();
    if (sizes.n * sizes.shape.num_heads * sizes.shape.head_dim > kMostElements) {
        return refused("a batch is larger than its offsets can say");
    }
    const std::int64_t longest = kLengthStep * steps_of(sizes.longest, sizes.n);
    const SdpaShape most = largest_plan(means, sizes.shape, sizes.n, longest, direction);
    if (most.sequences == 0) {
        return refused(means.may_cut ? "one key head of a sequence takes more memory than it may"
                                     : "a sequence takes more memory than it may");
    }
    const AttentionPieces pieces = attention_pieces(sizes, most.sequences, most.parts);
    const std::int64_t runs = ceil_div(sizes.sequences, pieces.sequences);
    if (runs > 1 && !means.may_cut) {
        return refused("a batch takes more memory than it may");
    }
    if (runs > kMostRuns) {
        return refused("a batch has too many sequences beside a long one");
    }
    return pieces;
}

// Largest plans neither grow nor shrink with the length, so every length is looked at: a shorter
// batch uses the same scratch.
std::int64_t cudnn_reserve_bytes(const CudnnMeans& means,
                                 const AttentionShape& shape,
                                 std::int64_t n,
                                 std::int64_t longest,
                                 SdpaDirection direction)
{
    std::int64_t most = 0;
    const std::int64_t last = steps_of(longest, n);
    for (std::int64_t steps = 1; steps <= last; steps = count_from(steps + 1)) {
        const SdpaShape plan = largest_plan(means, shape, n, kLengthStep * steps, direction);
        if (plan.sequences > 0) {
            most = std::max(most, cudnn_scratch_bytes(means.capability, plan, 0, direction));
        }
    }
    const std::int64_t stats = aligned(n * shape.num_heads * kFloatBytes);
    return most == 0 ? 0 : most + stats;
}

} // namespace engine::ops::kernels
