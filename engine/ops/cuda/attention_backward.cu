// Attention backward in float32 arithmetic (Dao et al. 2022, algorithm 4, as two kernels so that
// every output has one writer): p = exp(s - lse), dp = dout v^T, ds = p (dp - delta) scale;
// dq = ds k, dk = ds^T q, dv = p^T dout.
#include "engine/ops/cuda/attention_tiles.cuh"

namespace engine::ops::kernels {

template <typename T>
__device__ void attention_delta_body(const AttentionDeltaArgs& args)
{
    const Index pair = thread_number() / kWarp; // head varies fastest
    if (pair >= static_cast<Index>(args.rows) * args.num_heads) {
        return;
    }
    const int lane = threadIdx.x % kWarp;
    float sum = 0.0F;
    for (int c = lane; c < args.head_dim; c += kWarp) {
        const Index at = pair * args.head_dim + c;
        sum += load<T>(args.out, at) * load<T>(args.dout, at);
    }
    sum = warp_sum(sum);
    if (lane == 0) {
        args.delta[pair % args.num_heads * args.rows + pair / args.num_heads] = sum;
    }
}

LOWRANK_FLOAT_KERNELS(attention_delta, AttentionDeltaArgs, attention_delta_body)

// p and ds of one query and one key.
struct ScoreGradient
{
    float p;
    float ds;
};

__device__ inline ScoreGradient score_gradient(const AttentionBackwardKernelArgs& in,
                                               float score,
                                               float dp,
                                               Index query) // place in lse and delta
{
    const float p = expf(score * in.layout.scale - in.lse[query]);
    return {p, p * (dp - in.delta[query]) * in.layout.scale};
}

template <typename T, int kDim, int kRows>
__device__ void attention_dq_body(const AttentionDqArgs& args)
{
    __shared__ float queries[kRows][kDim + 1];
    __shared__ float douts[kRows][kDim + 1];
    __shared__ float keys[kRows][kDim + 1];
    __shared__ float values[kRows][kDim + 1];
    __shared__ float ds[kRows][kRows + 1];
    const AttentionLayout& layout = args.in.layout;
    const Sequence sequence = sequence_of(layout, static_cast<int>(blockIdx.x) / layout.tiles);
    const int first = (layout.tiles - 1 - static_cast<int>(blockIdx.x) % layout.tiles) * kRows;
    if (first >= sequence.queries) {
        return;
    }
    const int head = blockIdx.y;
    const int kv_head = head / (layout.num_heads / layout.num_kv_heads);
    const int row = threadIdx.x / kParts;
    const int part = threadIdx.x % kParts;
    const int first_position = first + sequence.shift;
    const Index q_row = sequence.query_begin + first + row;
    const Index query = static_cast<Index>(head) * layout.rows + q_row;
    const bool inside = first + row < sequence.queries;
    const auto load_queries = [&](float(&tile)[kRows][kDim + 1], const void* data) {
        load_tile<T, kRows, kDim>(tile,
                                  data,
                                  sequence.query_begin + first,
                                  sequence.queries - first,
                                  layout.num_heads,
                                  head,
                                  layout.head_dim);
    };
    load_queries(queries, args.in.q);
    load_queries(douts, args.in.dout);
    float dq[kDim / kParts] = {};
    const int end = min(sequence.keys, first_position + kRows);
    const int begin =
        layout.sliding_window == 0 ? 0 : max(0, first_position - layout.sliding_window + 1);
    for (int key = begin / kRows * kRows; key < end; key += kRows) {
        __syncthreads(); // the last tiles are read
        const auto load_keys = [&](float(&tile)[kRows][kDim + 1], const void* data) {
            load_tile<T, kRows, kDim>(tile,
                                      data,
                                      sequence.key_begin + key,
                                      sequence.keys - key,
                                      layout.num_kv_heads,
                                      kv_head,
                                      layout.head_dim);
        };
        load_keys(keys, args.in.k);
        load_keys(values, args.in.v);
        __syncthreads();
        for (int c = part; c < kRows; c += kParts) {
            const bool visible = inside && key + c < sequence.keys
                                 && is_visible(layout, first_position + row, key + c);
            ds[row][c] = visible ? score_gradient(args.in,
                                                  dot<kRows, kDim>(queries, row, keys, c),
                                                  dot<kRows, kDim>(douts, row, values, c),
                                                  query)
                                       .ds
                                 : 0.0F;
        }
        __syncthreads();
        accumulate<kRows, kDim>(dq, ds, row, keys, part);
    }
    if (inside) {
        store_row<T, kDim>(args.dq, q_row, layout.num_heads, head, layout.head_dim, part, dq, 1.0F);
    }
}

template <typename T, int kDim, int kRows>
__device__ void attention_dkdv_body(const AttentionDkDvArgs& args)
{
    __shared__ float keys[kRows][kDim + 1];
    __shared__ float values[kRows][kDim + 1];
    __shared__ float queries[kRows][kDim + 1];
    __shared__ float douts[kRows][kDim + 1];
    __shared__ float p[kRows][kRows + 1];
    __shared__ float ds[kRows][kRows + 1];
    const AttentionLayout& layout = args.in.layout;
    const Sequence sequence = sequence_of(layout, static_cast<int>(blockIdx.x) / layout.tiles);
    const int first = static_cast<int>(blockIdx.x) % layout.tiles * kRows;
    if (first >= sequence.keys) {
        return;
    }
    const int kv_head = blockIdx.y;
    const int group = layout.num_heads / layout.num_kv_heads;
    const int row = threadIdx.x / kParts; // a key
    const int part = threadIdx.x % kParts;
    const auto load_keys = [&](float(&tile)[kRows][kDim + 1], const void* data) {
        load_tile<T, kRows, kDim>(tile,
                                  data,
                                  sequence.key_begin + first,
                                  sequence.keys - first,
                                  layout.num_kv_heads,
                                  kv_head,
                                  layout.head_dim);
    };
    load_keys(keys, args.in.k);
    load_keys(values, args.in.v);
    float dk[kDim / kParts] = {};
    float dv[kDim / kParts] = {};
    // The first query that sees the tile's first key, and the one after the last that sees any.
    const int begin = max(0, first - sequence.shift);
    const int end =
        layout.sliding_window == 0
            ? sequence.queries
            : min(sequence.queries, first + kRows - 1 + layout.sliding_window - sequence.shift);
    for (int head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        for (int q = begin / kRows * kRows; q < end; q += kRows) {
            __syncthreads(); // the last tiles are read
            const auto load_queries = [&](float(&tile)[kRows][kDim + 1], const void* data) {
                load_tile<T, kRows, kDim>(tile,
                                          data,
                                          sequence.query_begin + q,
                                          sequence.queries - q,
                                          layout.num_heads,
                                          head,
                                          layout.head_dim);
            };
            load_queries(queries, args.in.q);
            load_queries(douts, args.in.dout);
            __syncthreads();
            const Index query = static_cast<Index>(head) * layout.rows + sequence.query_begin + q;
            for (int c = part; c < kRows; c += kParts) {
                ScoreGradient gradient = {0.0F, 0.0F};
                if (first + row < sequence.keys && q + c < sequence.queries
                    && is_visible(layout, q + c + sequence.shift, first + row)) {
                    gradient = score_gradient(args.in,
                                              dot<kRows, kDim>(keys, row, queries, c),
                                              dot<kRows, kDim>(values, row, douts, c),
                                              query + c);
                }
                p[row][c] = gradient.p;
                ds[row][c] = gradient.ds;
            }
            __syncthreads();
            accumulate<kRows, kDim>(dv, p, row, douts, part);
            accumulate<kRows, kDim>(dk, ds, row, queries, part);
        }
    }
    if (first + row < sequence.keys) {
        const Index k_row = sequence.key_begin + first + row;
        const auto store = [&](void* data, const float(&sums)[kDim / kParts]) {
            store_row<T, kDim>(
                data, k_row, layout.num_kv_heads, kv_head, layout.head_dim, part, sums, 1.0F);
        };
        store(args.dk, dk);
        store(args.dv, dv);
    }
}

#define LOWRANK_ATTENTION_BACKWARD(dtype, T, dim, rows)                                            \
    LOWRANK_KERNEL(attention_dq_##dtype##_##dim, AttentionDqArgs)                                  \
    {                                                                                              \
        attention_dq_body<T, dim, rows>(args);                                                     \
    }                                                                                              \
    LOWRANK_KERNEL(attention_dkdv_##dtype##_##dim, AttentionDkDvArgs)                              \
    {                                                                                              \
        attention_dkdv_body<T, dim, rows>(args);                                                   \
    }

LOWRANK_ATTENTION_BACKWARD(f32, float, 64, 16)
LOWRANK_ATTENTION_BACKWARD(f32, float, 128, 16)
LOWRANK_ATTENTION_BACKWARD(f32, float, 256, 8)
LOWRANK_ATTENTION_BACKWARD(bf16, bf16, 64, 16)
LOWRANK_ATTENTION_BACKWARD(bf16, bf16, 128, 16)
LOWRANK_ATTENTION_BACKWARD(bf16, bf16, 256, 8)

} // namespace engine::ops::kernels
