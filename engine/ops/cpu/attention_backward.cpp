// Attention backward on the CPU: tasks over (sequence, key/value head), so that every output row
// has one writer and the sums one order. Scores are recomputed tile by tile from lse.
#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/attention_tiles.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

// One thread's buffers; dk and dv are those of one key/value head of one sequence.
struct BackwardBuffers
{
    float* queries; // [kQueryBlock, head_dim], of bf16 inputs
    float* douts;
    float* queries_t; // [head_dim, kQueryBlock]
    float* douts_t;
    float* keys; // [kKeyBlock, head_dim], of bf16 inputs
    float* values;
    float* probabilities; // [kKeyBlock, kQueryBlock]
    float* dscores;
    float* dq;    // [kQueryBlock, head_dim]
    float* delta; // [kQueryBlock], dout . out
    float* row;   // [head_dim]
    float* dk;    // [max_seq_len, head_dim]
    float* dv;
    std::int64_t used;

    BackwardBuffers(float* base, std::int64_t head_dim, std::int64_t max_seq_len)
    {
        Carver carver(base);
        queries = carver.take(kQueryBlock * head_dim);
        douts = carver.take(kQueryBlock * head_dim);
        queries_t = carver.take(head_dim * kQueryBlock);
        douts_t = carver.take(head_dim * kQueryBlock);
        keys = carver.take(kKeyBlock * head_dim);
        values = carver.take(kKeyBlock * head_dim);
        probabilities = carver.take(kKeyBlock * kQueryBlock);
        dscores = carver.take(kKeyBlock * kQueryBlock);
        dq = carver.take(kQueryBlock * head_dim);
        delta = carver.take(kQueryBlock);
        row = carver.take(head_dim);
        dk = carver.take(max_seq_len * head_dim);
        dv = carver.take(max_seq_len * head_dim);
        used = carver.used();
    }
};

// One query head with its key/value head in one sequence; pointers to the first row.
template <typename T>
struct HeadGradient
{
    const T* q;
    const T* k;
    const T* v;
    const T* out;
    const T* dout;
    const float* lse;
    T* dq;
    std::int64_t stride;
    std::int64_t kv_stride;
};

// A query block as the tile products want it.
struct QueryTiles
{
    Tile queries;
    Tile douts;
};

template <typename T>
QueryTiles load_query_block(const HeadGradient<T>& head,
                            const TilePosition& position,
                            std::int64_t d,
                            const BackwardBuffers& buffers)
{
    const auto& kernels = simd::vector_kernels();
    const std::int64_t at = position.query * head.stride;
    const std::int64_t count = position.queries;
    kernels.elements<T>().transpose(
        head.q + at, head.stride, buffers.queries_t, kQueryBlock, count, d);
    kernels.elements<T>().transpose(
        head.dout + at, head.stride, buffers.douts_t, kQueryBlock, count, d);
    const Tile queries = load_tile(head.q + at, head.stride, count, d, buffers.queries);
    const Tile douts = load_tile(head.dout + at, head.stride, count, d, buffers.douts);
    for (std::int64_t i = 0; i < count; ++i) {
        const Tile out = load_tile(head.out + at + i * head.stride, d, 1, d, buffers.row);
        buffers.delta[i] = kernels.dot(douts.data + i * douts.stride, out.data, d);
    }
    return {queries, douts};
}

// dk, dv and dq of one tile of keys against one query block.
template <typename T>
void key_tile(const AttentionShape& shape,
              const HeadGradient<T>& head,
              const TilePosition& position,
              const QueryTiles& query,
              const BackwardBuffers& buffers)
{
    const auto& kernels = simd::vector_kernels();
    const std::int64_t d = shape.head_dim;
    const std::int64_t at = position.key * head.kv_stride;
    const Tile keys = load_tile(head.k + at, head.kv_stride, position.keys, d, buffers.keys);
    const Tile values = load_tile(head.v + at, head.kv_stride, position.keys, d, buffers.values);
    score_tile(keys, buffers.queries_t, position, d, buffers.probabilities);
    score_tile(values, buffers.douts_t, position, d, buffers.dscores);
    kernels.probability_tile({.scores = buffers.probabilities,
                              .stride = kQueryBlock,
                              .keys = position.keys,
                              .queries = position.queries,
                              .scale = shape.scale,
                              .lse = head.lse + position.query});
    hide_scores(shape, position, buffers.probabilities, 0.0F);
    kernels.score_gradient_tile({.probabilities = buffers.probabilities,
                                 .dscores = buffers.dscores,
                                 .stride = kQueryBlock,
                                 .keys = position.keys,
                                 .queries = position.queries,
                                 .scale = shape.scale,
                                 .delta = buffers.delta});
    simd::TileProduct product = {.m = position.keys,
                                 .n = d,
                                 .k = position.queries,
                                 .a = buffers.probabilities,
                                 .a_row = kQueryBlock,
                                 .b = query.douts.data,
                                 .ldb = query.douts.stride,
                                 .c = buffers.dv + position.key * d,
                                 .ldc = d,
                                 .accumulate = true};
    kernels.tile_product(product);
    product.a = buffers.dscores;
    product.b = query.queries.data;
    product.ldb = query.queries.stride;
    product.c = buffers.dk + position.key * d;
    kernels.tile_product(product);
    kernels.tile_product({.m = position.queries,
                          .n = d,
                          .k = position.keys,
                          .a = buffers.dscores,
                          .a_row = 1,
                          .a_column = kQueryBlock,
                          .b = keys.data,
                          .ldb = keys.stride,
                          .c = buffers.dq,
                          .ldc = d,
                          .accumulate = true});
}

// Adds one query head to dk and dv and writes its dq.
template <typename T>
void query_head(const AttentionShape& shape,
                const HeadGradient<T>& head,
                std::int64_t length,
                const BackwardBuffers& buffers)
{
    const std::int64_t d = shape.head_dim;
    for (std::int64_t first = 0; first < length; first += kQueryBlock) {
        TilePosition position = {.query = first, .queries = std::min(kQueryBlock, length - first)};
        const QueryTiles query = load_query_block(head, position, d, buffers);
        std::fill_n(buffers.dq, position.queries * d, 0.0F);
        const KeyRange range = visible_keys(shape, first, position.queries);
        for (std::int64_t key = range.begin; key < range.end; key += kKeyBlock) {
            position.key = key;
            position.keys = std::min(kKeyBlock, range.end - key);
            key_tile(shape, head, position, query, buffers);
        }
        for (std::int64_t i = 0; i < position.queries; ++i) {
            simd::vector_kernels().elements<T>().from_float(
                buffers.dq + i * d, head.dq + (first + i) * head.stride, d);
        }
    }
}

// One key/value head of one sequence with all its query heads.
template <typename T>
void kv_head_gradient(const AttentionBackwardArgs& args,
                      std::int64_t sequence,
                      std::int64_t kv_head,
                      const BackwardBuffers& buffers)
{
    const AttentionShape& shape = args.shape;
    const std::int64_t d = shape.head_dim;
    const auto* offsets = args.offsets.data<std::int32_t>();
    const std::int64_t start = offsets[sequence];
    const std::int64_t length = offsets[sequence + 1] - start;
    const std::int64_t stride = shape.num_heads * d;
    const std::int64_t kv_stride = shape.num_kv_heads * d;
    const std::int64_t kv_at = start * kv_stride + kv_head * d;
    const std::int64_t group = shape.num_heads / shape.num_kv_heads;
    std::fill_n(buffers.dk, length * d, 0.0F);
    std::fill_n(buffers.dv, length * d, 0.0F);
    for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        const std::int64_t at = start * stride + head * d;
        query_head<T>(shape,
                      {.q = args.q.data<T>() + at,
                       .k = args.k.data<T>() + kv_at,
                       .v = args.v.data<T>() + kv_at,
                       .out = args.out.data<T>() + at,
                       .dout = args.dout.data<T>() + at,
                       .lse = args.lse.data<float>() + head * args.q.size(0) + start,
                       .dq = args.dq.data<T>() + at,
                       .stride = stride,
                       .kv_stride = kv_stride},
                      length,
                      buffers);
    }
    const auto& kernels = simd::vector_kernels().elements<T>();
    for (std::int64_t i = 0; i < length; ++i) {
        const std::int64_t at = kv_at + i * kv_stride;
        kernels.from_float(buffers.dk + i * d, args.dk.data<T>() + at, d);
        kernels.from_float(buffers.dv + i * d, args.dv.data<T>() + at, d);
    }
}

} // namespace

std::int64_t backward_scratch(const AttentionShape& shape, std::int64_t max_seq_len)
{
    return BackwardBuffers(nullptr, shape.head_dim, max_seq_len).used;
}

void attention_backward(CpuBackend& /*backend*/, const AttentionBackwardArgs& args)
{
    const AttentionShape& shape = args.shape;
    const std::int64_t sequences = args.offsets.numel() - 1;
    auto* scratch = args.scratch.data<float>();
    const std::int64_t scratch_size = backward_scratch(shape, args.max_seq_len);
    dispatch_float(args.q.dtype(), "attention_backward", [&]<typename T>() {
        auto task = [&](std::int64_t index, std::int64_t /*end*/) {
            const BackwardBuffers buffers(
                scratch + thread_index() * scratch_size, shape.head_dim, args.max_seq_len);
            kv_head_gradient<T>(
                args, index / shape.num_kv_heads, index % shape.num_kv_heads, buffers);
        };
        parallel_tasks(sequences * shape.num_kv_heads, task);
    });
}

} // namespace engine::ops::kernels
