// How an attention is cut into calls of cuDNN that each find memory: runs of its sequences, and of
// one sequence some heads. From sizes alone, so that a run repeats.
#pragma once

#include "engine/cuda/cudnn_sdpa.h"
#include "engine/ops/attention.h"

namespace engine::ops::kernels {

// Of a batch; no sequence is longer than `longest`.
struct AttentionSizes
{
    AttentionShape shape;
    std::int64_t n = 0; // rows
    std::int64_t sequences = 0;
    std::int64_t longest = 0;
};

// The calls of one attention: for each of plan.parts of the heads, and there for each run of
// `sequences`, of which the last may be shorter.
struct AttentionPieces
{
    cuda::SdpaShape plan; // of every call
    std::int64_t sequences = 0;

    friend bool operator==(const AttentionPieces&, const AttentionPieces&) = default;
};

// What a GPU has for it.
struct CudnnMeans
{
    int capability = 0;
    std::int64_t call_bytes = 0; // that one call may take
    bool may_cut = false;        // else an attention is one call
};

// A call's scratch in bytes, in this order; stats serve all calls of a part of the heads.
struct CudnnScratch
{
    std::int64_t lists;
    std::int64_t stats;
    std::int64_t delta; // of backward
    std::int64_t workspace;

    CudnnScratch(const cuda::SdpaShape& plan,
                 std::int64_t n,
                 cuda::SdpaDirection direction,
                 std::int64_t workspace_bytes);

    // The scratch need not be aligned as its parts are.
    [[nodiscard]] std::int64_t total() const;
};

constexpr std::int64_t kCudnnAlignment = 256; // bytes, of each part of the scratch

// Ints from one list of the sequences to the next: each begins at 16 bytes, as cuDNN is promised.
[[nodiscard]] std::int64_t cudnn_list_step(const cuda::SdpaShape& plan);

// No less than a plan's workspace, without making one, which takes a second: a formula that fits
// what cuDNN 9.19 reports. Where it does not hold, the plan's own number is found too large before
// a run.
[[nodiscard]] std::int64_t
cudnn_workspace_bytes(int capability, const cuda::SdpaShape& plan, cuda::SdpaDirection direction);

// The scratch of calls of such a plan for n rows, with that formula.
[[nodiscard]] std::int64_t cudnn_scratch_bytes(int capability,
                                               const cuda::SdpaShape& plan,
                                               std::int64_t n,
                                               cuda::SdpaDirection direction);

// In `head_parts`, which divide the key heads, and in runs of at most `sequences`. Counts are
// rounded up so that few plans serve many batches.
[[nodiscard]] AttentionPieces
attention_pieces(const AttentionSizes& sizes, std::int64_t sequences, std::int64_t head_parts);

// The fewest calls that the means allow. Errors: Unsupported, which names no numbers: the reason is
// one of few.
[[nodiscard]] Result<AttentionPieces> attention_pieces(const CudnnMeans& means,
                                                       const AttentionSizes& sizes,
                                                       cuda::SdpaDirection direction);

// What the calls of every batch of at most n rows and no longer sequences take; 0 where none is
// possible. Not more than the largest of them.
[[nodiscard]] std::int64_t cudnn_reserve_bytes(const CudnnMeans& means,
                                               const AttentionShape& shape,
                                               std::int64_t n,
                                               std::int64_t longest,
                                               cuda::SdpaDirection direction);

} // namespace engine::ops::kernels
