// Attention forward on the CPU: tasks over (sequence, head, query block), keys in tiles with a
// running softmax.
#include <cmath>
#include <limits>

#include "engine/core/parallel_for.h"
#include "engine/ops/cpu/attention_tiles.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/scratch.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops::kernels {

namespace {

struct CachedScratch;

// One thread's buffers.
struct ForwardBuffers
{
    float* queries_t; // [head_dim, kQueryBlock]
    float* keys;      // [kKeyBlock, head_dim], of bf16 inputs
    float* values;
    float* scores;  // [kKeyBlock, kQueryBlock]
    float* sums;    // [kQueryBlock, head_dim], the output before it is divided
    float* maximum; // [kQueryBlock] each
    float* total;
    float* correction;
    std::int64_t used;

    ForwardBuffers(float* base, std::int64_t head_dim)
    {
        Carver carver(base);
        queries_t = carver.take(head_dim * kQueryBlock);
        keys = carver.take(kKeyBlock * head_dim);
        values = carver.take(kKeyBlock * head_dim);
        scores = carver.take(kKeyBlock * kQueryBlock);
        sums = carver.take(kQueryBlock * head_dim);
        maximum = carver.take(kQueryBlock);
        total = carver.take(kQueryBlock);
        correction = carver.take(kQueryBlock);
        used = carver.used();
    }
};

// One head of one sequence: pointers to its first row, strides in elements.
template <typename T>
struct HeadInputs
{
    const T* q;
    const T* k;
    const T* v;
    T* out;
    float* lse; // null when not wanted
    std::int64_t stride;
    std::int64_t kv_stride;
};

// Adds the keys of one tile to the running softmax and output.
template <typename T>
void add_key_tile(const AttentionShape& shape,
                  const HeadInputs<T>& head,
                  const TilePosition& position,
                  const ForwardBuffers& buffers)
{
    const auto& kernels = simd::vector_kernels();
    const std::int64_t d = shape.head_dim;
    const Tile keys = load_tile(
        head.k + position.key * head.kv_stride, head.kv_stride, position.keys, d, buffers.keys);
    const Tile values = load_tile(
        head.v + position.key * head.kv_stride, head.kv_stride, position.keys, d, buffers.values);
    score_tile(keys, buffers.queries_t, position, d, buffers.scores);
    hide_scores(shape, position, buffers.scores, -std::numeric_limits<float>::infinity());
    kernels.softmax_tile({.scores = buffers.scores,
                          .stride = kQueryBlock,
                          .keys = position.keys,
                          .queries = position.queries,
                          .scale = shape.scale,
                          .maximum = buffers.maximum,
                          .total = buffers.total,
                          .correction = buffers.correction});
    for (std::int64_t i = 0; i < position.queries; ++i) {
        kernels.f32.scale(buffers.sums + i * d, buffers.correction[i], d);
    }
    kernels.tile_product({.m = position.queries,
                          .n = d,
                          .k = position.keys,
                          .a = buffers.scores,
                          .a_row = 1,
                          .a_column = kQueryBlock,
                          .b = values.data,
                          .ldb = values.stride,
                          .c = buffers.sums,
                          .ldc = d,
                          .accumulate = true});
}

// Queries [position.query, + position.queries); row 0 of q, out and lse is position `row_origin`.
template <typename T>
void query_block(const AttentionShape& shape,
                 const HeadInputs<T>& head,
                 TilePosition position,
                 std::int64_t row_origin,
                 const ForwardBuffers& buffers)
{
    // Below any score, yet finite: a hidden score minus it is still minus infinity.
    constexpr float kNoMaximum = -1e30F;
    const auto& kernels = simd::vector_kernels();
    const std::int64_t d = shape.head_dim;
    const std::int64_t row = position.query - row_origin;
    kernels.elements<T>().transpose(head.q + row * head.stride,
                                    head.stride,
                                    buffers.queries_t,
                                    kQueryBlock,
                                    position.queries,
                                    d);
    std::fill_n(buffers.maximum, kQueryBlock, kNoMaximum);
    std::fill_n(buffers.total, kQueryBlock, 0.0F);
    std::fill_n(buffers.sums, position.queries * d, 0.0F);
    const KeyRange range = visible_keys(shape, position.query, position.queries);
    for (std::int64_t key = range.begin; key < range.end; key += kKeyBlock) {
        position.key = key;
        position.keys = std::min(kKeyBlock, range.end - key);
        add_key_tile(shape, head, position, buffers);
    }
    for (std::int64_t i = 0; i < position.queries; ++i) {
        kernels.f32.scale(buffers.sums + i * d, 1.0F / buffers.total[i], d);
        kernels.elements<T>().from_float(
            buffers.sums + i * d, head.out + (row + i) * head.stride, d);
        if (head.lse != nullptr) {
            head.lse[row + i] = buffers.maximum[i] + std::log(buffers.total[i]);
        }
    }
}

} // namespace

std::int64_t forward_scratch(const AttentionShape& shape)
{
    return ForwardBuffers(nullptr, shape.head_dim).used;
}

void attention_forward(CpuBackend& /*backend*/, const AttentionForwardArgs& args)
{
    const AttentionShape& shape = args.shape;
    const std::int64_t d = shape.head_dim;
    const std::int64_t n = args.q.size(0);
    const std::int64_t group = shape.num_heads / shape.num_kv_heads;
    const std::int64_t sequences = args.offsets.numel() - 1;
    const std::int64_t blocks = (args.max_seq_len + kQueryBlock - 1) / kQueryBlock;
    const auto* offsets = args.offsets.data<std::int32_t>();
    auto* scratch = args.scratch.data<float>();
    const std::int64_t scratch_size = forward_scratch(shape);
    dispatch_float(args.q.dtype(), "attention_forward", [&]<typename T>() {
        auto task = [&](std::int64_t index, std::int64_t /*end*/) {
            const std::int64_t head = index % shape.num_heads;
            const std::int64_t block = index / shape.num_heads % blocks;
            const std::int64_t sequence = index / shape.num_heads / blocks;
            const std::int64_t start = offsets[sequence];
            const std::int64_t length = offsets[sequence + 1] - start;
            const std::int64_t first = block * kQueryBlock;
            if (first >= length) {
                return;
            }
            const std::int64_t stride = shape.num_heads * d;
            const std::int64_t kv_stride = shape.num_kv_heads * d;
            const std::int64_t kv_at = start * kv_stride + head / group * d;
            const HeadInputs<T> inputs = {
                .q = args.q.data<T>() + start * stride + head * d,
                .k = args.k.data<T>() + kv_at,
                .v = args.v.data<T>() + kv_at,
                .out = args.out.data<T>() + start * stride + head * d,
                .lse = args.lse.defined() ? args.lse.data<float>() + head * n + start : nullptr,
                .stride = stride,
                .kv_stride = kv_stride};
            const ForwardBuffers buffers(scratch + thread_index() * scratch_size, d);
            query_block(shape,
                        inputs,
                        {.query = first, .queries = std::min(kQueryBlock, length - first)},
                        0,
                        buffers);
        };
        parallel_tasks(sequences * blocks * shape.num_heads, task);
    });
}

void attention_cached(CpuBackend& /*backend*/,
                      const AttentionShape& shape,
                      ConstTensorView q,
                      ConstTensorView k_cache,
                      ConstTensorView v_cache,
                      std::int64_t length,
                      TensorView out)
{
    const std::int64_t d = shape.head_dim;
    const std::int64_t n_new = q.size(0);
    const std::int64_t origin = length - n_new;
    const std::int64_t group = shape.num_heads / shape.num_kv_heads;
    const std::int64_t blocks = (n_new + kQueryBlock - 1) / kQueryBlock;
    dispatch_float(q.dtype(), "attention_cached", [&]<typename T>() {
        parallel_tasks(shape.num_heads * blocks, [&](std::int64_t index, std::int64_t /*end*/) {
            const std::int64_t head = index % shape.num_heads;
            const std::int64_t first = index / shape.num_heads * kQueryBlock;
            const HeadInputs<T> inputs = {.q = q.data<T>() + head * d,
                                          .k = k_cache.data<T>() + head / group * d,
                                          .v = v_cache.data<T>() + head / group * d,
                                          .out = out.data<T>() + head * d,
                                          .lse = nullptr,
                                          .stride = shape.num_heads * d,
                                          .kv_stride = shape.num_kv_heads * d};
            const ForwardBuffers buffers(thread_scratch<CachedScratch>(forward_scratch(shape)), d);
            query_block(shape,
                        inputs,
                        {.query = origin + first, .queries = std::min(kQueryBlock, n_new - first)},
                        origin,
                        buffers);
        });
    });
}

} // namespace engine::ops::kernels
