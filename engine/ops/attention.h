// Causal attention over packed sequences that never stores the score matrix (Dao et al. 2022):
// grouped-query, optional sliding window; a sequence never sees its neighbour.
#pragma once

#include "engine/tensor/backend.h"

namespace engine::ops {

// Rows of one micro-batch: n tokens of several sequences one after the other. Sequence s occupies
// rows [offsets[s], offsets[s + 1]); offsets[0] = 0, offsets[last] = n.
struct AttentionShape
{
    std::int64_t num_heads = 0;
    std::int64_t num_kv_heads =
        0; // divides num_heads; query head h reads kv head h / (num_heads / num_kv_heads)
    std::int64_t head_dim = 0;
    std::int64_t sliding_window = 0; // 0: none; w: key j is visible to query i iff i - w < j <= i
    float scale = 0.0F;              // above 0, usually head_dim^-0.5
};

// q: [n, num_heads * head_dim]; k, v: [n, num_kv_heads * head_dim]; out like q; f32 or bf16, one
// dtype. offsets: I32 [sequences + 1], on the host or the device as the backend shares memory. lse:
// f32 [num_heads, n], log of the sum of exp(scores), saved for backward (undefined when none
// follows). max_seq_len is the longest sequence. Softmax in float32. scratch holds
// attention_scratch_bytes(...).
struct AttentionForwardArgs
{
    AttentionShape shape;
    ConstTensorView q, k, v;
    ConstTensorView offsets;
    std::int64_t max_seq_len = 0;
    TensorView out;
    TensorView lse = {};
    TensorView scratch;
};

void attention_forward(Backend& backend, const AttentionForwardArgs& args);

// dq, dk, dv are written (shapes of q, k, v); scores are recomputed from lse. dq may alias nothing.
struct AttentionBackwardArgs
{
    AttentionShape shape;
    ConstTensorView q, k, v, out, lse;
    ConstTensorView offsets;
    std::int64_t max_seq_len = 0;
    ConstTensorView dout;
    TensorView dq, dk, dv;
    TensorView scratch;
};

void attention_backward(Backend& backend, const AttentionBackwardArgs& args);

// Bytes of scratch (a multiple of 4) that forward and backward need for n tokens; the maximum of
// both.
[[nodiscard]] std::int64_t attention_scratch_bytes(Backend& backend,
                                                   const AttentionShape& shape,
                                                   DType dtype,
                                                   std::int64_t n,
                                                   std::int64_t max_seq_len);

// One sequence with a key/value cache. q, out: [n_new, num_heads * head_dim], the queries of
// positions [length - n_new, length). k_cache, v_cache: [capacity, num_kv_heads * head_dim], rows
// [0, length) filled, the new ones included. No gradients.
void attention_cached(Backend& backend,
                      const AttentionShape& shape,
                      ConstTensorView q,
                      ConstTensorView k_cache,
                      ConstTensorView v_cache,
                      std::int64_t length,
                      TensorView out);

} // namespace engine::ops
