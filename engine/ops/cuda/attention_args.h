// What the attention kernels are given; kernel_args.h says how.
#pragma once

#include "engine/ops/cuda/kernel_args.h"

namespace engine::ops::kernels {

// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): whoever launches names every member

// Sequences of a packed batch, or one with a cache: then `offsets` is null, `query_rows` queries
// end at row `key_rows` of the keys.
struct AttentionLayout
{
    const int* offsets;
    int query_rows;
    int key_rows;
    int tiles; // of one sequence: grid x = sequences * tiles
    int num_heads;
    int num_kv_heads;
    int head_dim;
    int sliding_window; // 0: none
    float scale;
    int rows; // of all sequences: lse and delta are [num_heads, rows]
    int unused = 0;
};

// grid (sequences * tiles, num_heads).
struct AttentionArgs
{
    static constexpr const char* kKernel = "attention";
    AttentionLayout layout;
    const void* q;
    const void* k;
    const void* v;
    void* out;
    float* lse; // may be null
};

constexpr int kPartQueries = 8; // of a block: rows of any head that has the same key/value head
constexpr int kPartThreads = kPartQueries * 32; // a warp has the softmax of a query
constexpr int kPartChunk = 256; // keys that a block sees at a time; a part is some chunks

// What parts of the keys gave each query vector, a row of q and a head: its largest score, the sum
// of exp(score - highest) and of that times the values. [parts, query_rows * num_heads], and
// head_dim numbers each in out.
struct AttentionParts
{
    float* highest;
    float* sum;
    float* out;
};

// One part of the keys from `first_key` on for a few queries; grid (parts, num_kv_heads * tiles),
// tiles: of kPartQueries. Where there is one part, `parts` is null and in.out is written.
struct AttentionPartArgs
{
    static constexpr const char* kKernel = "attention_part";
    AttentionArgs in; // lse is null
    AttentionParts parts;
    int first_key;
    int part_keys;
};

// out from `count` parts in their order; one block a vector, a thread for each of head_dim.
struct AttentionCombineArgs
{
    static constexpr const char* kKernel = "attention_combine";
    AttentionParts parts;
    void* out;
    int count;
    int head_dim;
};

// delta[head, row] = sum over the head of dout * out; one warp a (row, head).
struct AttentionDeltaArgs
{
    static constexpr const char* kKernel = "attention_delta";
    const void* out;
    const void* dout;
    float* delta;
    int rows;
    int num_heads;
    int head_dim;
    int unused = 0;
};

// grid (sequences * tiles, num_heads) for dq, (sequences * tiles, num_kv_heads) for dk and dv.
struct AttentionBackwardKernelArgs
{
    AttentionLayout layout;
    const void* q;
    const void* k;
    const void* v;
    const void* dout;
    const float* lse;
    const float* delta;
};

struct AttentionDqArgs
{
    static constexpr const char* kKernel = "attention_dq";
    AttentionBackwardKernelArgs in;
    void* dq;
};

struct AttentionDkDvArgs
{
    static constexpr const char* kKernel = "attention_dkdv";
    AttentionBackwardKernelArgs in;
    void* dk;
    void* dv;
};

// For cuDNN: where each of `sequences` starts in q, in k and in the stats, and its length; those
// after the `count` that there are, are empty. starts are [sequences + 1]. One thread a sequence,
// and one for the end.
struct AttentionStartsArgs
{
    static constexpr const char* kKernel = "attention_starts";
    const int* offsets;
    int* q_starts;
    int* kv_starts;
    int* stat_starts;
    int* lengths;
    int count;
    int sequences;
    int q_width;
    int kv_width;
    int num_heads;
    int unused = 0;
};

// lse [num_heads, rows] and the stats of cuDNN, [rows, num_heads]. One thread an element.
struct AttentionStatsArgs
{
    static constexpr const char* kKernel = "attention_stats";
    float* lse;
    float* stats;
    int rows;
    int num_heads;
    int to_lse; // else from it
    int unused = 0;
};

// NOLINTEND(cppcoreguidelines-pro-type-member-init)

} // namespace engine::ops::kernels
