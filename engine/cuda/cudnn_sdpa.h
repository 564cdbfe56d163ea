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
    // A row in memory has so many times these heads: the graph reads and writes one part of each.
    std::int64_t parts = 1;
    bool windowed = false;

    friend bool operator==(const SdpaShape&, const SdpaShape&) = default;
};

enum class SdpaDirection { Forward, Backward };

// The tensors that a run names. bf16 q, out and their gradients are [rows, parts * num_heads *
// head_dim], k, v and theirs [rows, parts * num_kv_heads * head_dim], each from its part's first
// head on.
enum class SdpaTensor : std::int64_t {
    Q = 1,
    K,
    V,
    Out,
    Stats, // f32 [rows, num_heads]: log of the sum of exp(scores)
    DOut,  // from here backward's alone
    DQ,
    DK,
    DV,
    Delta,      // f32 [sequences, num_heads, longest], scratch
    QStarts,    // i32 [sequences + 1]: elements of q before each sequence, and all
    KvStarts,   // likewise of k
    StatStarts, // likewise of the stats
    Lengths,    // i32 [sequences]
    Scale,      // f32 by its value, as what follows
    Masked,     // minus infinity
    One,        // 1; backward's
    Window,     // the window; of a windowed graph
};

// What a run is given for one of them: where it lies on the device, or from Scale on its value.
struct SdpaBinding
{
    SdpaTensor tensor = {};
    const void* data = nullptr;
    float value = 0.0F;

    friend bool operator==(const SdpaBinding&, const SdpaBinding&) = default;
};

[[nodiscard]] std::unique_ptr<CudnnGraph>
sdpa_graph(const CudnnLibrary& library, const SdpaShape& shape, SdpaDirection direction);

} // namespace engine::cuda
