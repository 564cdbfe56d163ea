// Attention as cuDNN's graphs: causal, over packed sequences, grouped-query, with or without a
// sliding window, the backward with one order of every sum.
#pragma once

#include <memory>

#include "engine/cuda/cudnn_graph.h"

namespace engine::cuda {

// Sizes of a graph. It serves every batch with at most so many sequences that are at most so long;
// those that lack are given as empty.
struct SdpaShape
{
    std::int64_t sequences = 0;
    std::int64_t longest = 0;
    std::int64_t num_heads = 0;
    std::int64_t num_kv_heads = 0;
    std::int64_t head_dim = 0;
    bool windowed = false;

    friend bool operator==(const SdpaShape&, const SdpaShape&) = default;
};

enum class SdpaDirection { Forward, Backward };

// The tensors that a run names. bf16 q, out and their gradients are [rows, num_heads * head_dim],
// k, v and theirs [rows, num_kv_heads * head_dim].
enum SdpaTensor : std::int64_t {
    kSdpaQ = 1,
    kSdpaK,
    kSdpaV,
    kSdpaOut,
    kSdpaStats, // f32 [rows, num_heads]: log of the sum of exp(scores)
    kSdpaDOut,  // from here backward's alone
    kSdpaDQ,
    kSdpaDK,
    kSdpaDV,
    kSdpaDelta,      // f32 [sequences, num_heads, longest], scratch
    kSdpaQStarts,    // i32 [sequences + 1]: elements of q before each sequence, and all
    kSdpaKvStarts,   // likewise of k
    kSdpaStatStarts, // likewise of the stats
    kSdpaLengths,    // i32 [sequences]
    kSdpaScale,      // f32 in the host's memory, as what follows
    kSdpaMasked,     // minus infinity
    kSdpaOne,        // 1; backward's
    kSdpaWindow,     // the window; of a windowed graph
};

[[nodiscard]] std::unique_ptr<CudnnGraph>
sdpa_graph(const CudnnLibrary& library, const SdpaShape& shape, SdpaDirection direction);

} // namespace engine::cuda
