// Attention of a few new queries to a long cache, in float32 arithmetic: a block has a part of the
// keys and up to kPartQueries queries that share a key/value head, so that keys are read once for
// all of them; what the parts found is put together in their order.
#include "engine/ops/cuda/attention_tiles.cuh"
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

// One number for each query of the block.
struct alignas(16) QueryFloats
{
    float v[kPartQueries];
};

// A query of one head: number `number` of its key/value head's.
struct QueryOfHead
{
    int row;
    int head;
};

__device__ inline QueryOfHead query_of(const AttentionLayout& layout, int kv_head, int number)
{
    const int group = layout.num_heads / layout.num_kv_heads;
    return {number / group, kv_head * group + number % group};
}

// The queries times `scale`; what is beyond them and beyond head_dim becomes 0.
template <typename T, int kDim>
__device__ void
load_queries(float (&queries)[kPartQueries][kDim], const AttentionArgs& in, int kv_head, int first)
{
    const AttentionLayout& layout = in.layout;
    const int numbers = layout.num_heads / layout.num_kv_heads * layout.query_rows;
    for (int i = threadIdx.x; i < kPartQueries * kDim; i += kPartThreads) {
        const int c = i % kDim;
        const int number = first + i / kDim;
        const QueryOfHead query = query_of(layout, kv_head, number);
        const Index at = static_cast<Index>(query.row) * layout.num_heads + query.head;
        queries[i / kDim][c] = number < numbers && c < layout.head_dim
                                   ? load<T>(in.q, at * layout.head_dim + c) * layout.scale
                                   : 0.0F;
    }
}

// The scores of `count` queries with a chunk's keys; four threads have a key. -inf for a key from
// `end` on, and for one that the query must not see.
template <typename T, int kDim>
__device__ void score_chunk(QueryFloats (&scores)[kPartChunk],
                            const float (&queries)[kPartQueries][kDim],
                            const int (&positions)[kPartQueries],
                            const AttentionArgs& in,
                            int kv_head,
                            int count,
                            int begin,
                            int end)
{
    const AttentionLayout& layout = in.layout;
    const int part = threadIdx.x % kParts;
    for (int k = threadIdx.x / kParts; k < kPartChunk; k += kPartThreads / kParts) {
        const int key = begin + k;
        QueryFloats sums = {};
        if (key < end) {
            const Index row = static_cast<Index>(key) * layout.num_kv_heads + kv_head;
            const T* from = static_cast<const T*>(in.k) + row * layout.head_dim;
            for (int c = part * kPack; c < layout.head_dim; c += kParts * kPack) {
                const Floats pack = load_pack<T>(from, c, layout.head_dim);
#pragma unroll
                for (int m = 0; m < kPartQueries; ++m) {
                    if (m < count) {
                        for (int i = 0; i < kPack; ++i) {
                            sums.v[m] += queries[m][c + i] * pack.v[i];
                        }
                    }
                }
            }
        }
#pragma unroll
        for (int m = 0; m < kPartQueries; ++m) {
            const bool visible = key < end && is_visible(layout, positions[m], key);
            if (m < count) {
                sums.v[m] = row_sum(sums.v[m]);
            }
            sums.v[m] = visible ? sums.v[m] : -INFINITY;
        }
        if (part == 0) {
            scores[k] = sums;
        }
    }
}

// A query's largest score so far, and the sum of exp(score - highest).
struct PartSoftmax
{
    float highest;
    float sum;
};

// A warp turns the scores of its query into weights. What was summed before them shrinks by the
// factor returned.
__device__ inline float
weigh_chunk(PartSoftmax& softmax, QueryFloats (&scores)[kPartChunk], int query)
{
    const int lane = threadIdx.x % kWarp;
    float chunk_max = -INFINITY;
    for (int k = lane; k < kPartChunk; k += kWarp) {
        chunk_max = fmaxf(chunk_max, scores[k].v[query]);
    }
    const float before = softmax.highest;
    softmax.highest = fmaxf(before, warp_max(chunk_max));
    const float base = softmax.highest == -INFINITY ? 0.0F : softmax.highest; // nothing seen yet
    float chunk_sum = 0.0F;
    for (int k = lane; k < kPartChunk; k += kWarp) {
        const float weight = expf(scores[k].v[query] - base);
        scores[k].v[query] = weight;
        chunk_sum += weight;
    }
    const float shrink = expf(before - base);
    softmax.sum = softmax.sum * shrink + warp_sum(chunk_sum);
    return shrink;
}

template <typename T, int kDim>
__device__ void attention_part_body(const AttentionPartArgs& args)
{
    static_assert(kPartThreads <= kPartChunk);
    __shared__ float queries[kPartQueries][kDim];
    __shared__ QueryFloats weights[kPartChunk]; // at the end what each thread summed
    __shared__ int positions[kPartQueries];     // -1 where there is no query: it sees nothing
    __shared__ QueryFloats shrinks;
    __shared__ PartSoftmax softmaxes[kPartQueries];
    const AttentionLayout& layout = args.in.layout;
    const int kv_head = static_cast<int>(blockIdx.y) / layout.tiles;
    const int first = static_cast<int>(blockIdx.y) % layout.tiles * kPartQueries;
    const int numbers = layout.num_heads / layout.num_kv_heads * layout.query_rows;
    const int count = min(kPartQueries, numbers - first);
    const int warp = threadIdx.x / kWarp;
    const bool leads = threadIdx.x % kWarp == 0;
    if (leads) {
        const int row = query_of(layout, kv_head, first + warp).row;
        positions[warp] = warp < count ? row + layout.key_rows - layout.query_rows : -1;
    }
    load_queries<T, kDim>(queries, args.in, kv_head, first);
    __syncthreads();
    const int c = threadIdx.x % kDim;
    const int begin = args.first_key + static_cast<int>(blockIdx.x) * args.part_keys;
    const int end = min(begin + args.part_keys, layout.key_rows);
    PartSoftmax softmax = {-INFINITY, 0.0F};
    QueryFloats out = {};
    for (int chunk = begin; chunk < end; chunk += kPartChunk) {
        score_chunk<T, kDim>(weights, queries, positions, args.in, kv_head, count, chunk, end);
        __syncthreads();
        const float shrink = weigh_chunk(softmax, weights, warp);
        if (leads) {
            shrinks.v[warp] = shrink;
        }
        __syncthreads();
        for (int m = 0; m < kPartQueries; ++m) {
            out.v[m] *= shrinks.v[m];
        }
        const int keys = c < layout.head_dim ? min(end - chunk, kPartChunk) : 0;
#pragma unroll 4
        for (int k = threadIdx.x / kDim; k < keys; k += kPartThreads / kDim) {
            const Index row = static_cast<Index>(chunk + k) * layout.num_kv_heads + kv_head;
            const float value = load<T>(args.in.v, row * layout.head_dim + c);
            const QueryFloats weight = weights[k];
            for (int m = 0; m < kPartQueries; ++m) {
                out.v[m] += weight.v[m] * value;
            }
        }
        __syncthreads(); // the weights are read
    }
    weights[threadIdx.x] = out;
    if (leads) {
        softmaxes[warp] = softmax;
    }
    __syncthreads();
    if (static_cast<int>(threadIdx.x) >= layout.head_dim) {
        return;
    }
    const Index vectors = static_cast<Index>(layout.query_rows) * layout.num_heads;
    for (int m = 0; m < count; ++m) {
        float total = 0.0F;
        for (int thread = c; thread < kPartThreads; thread += kDim) {
            total += weights[thread].v[m];
        }
        const QueryOfHead query = query_of(layout, kv_head, first + m);
        const Index vector = static_cast<Index>(query.row) * layout.num_heads + query.head;
        if (args.parts.out == nullptr) {
            store<T>(args.in.out, vector * layout.head_dim + c, total / softmaxes[m].sum);
            continue;
        }
        const Index place = blockIdx.x * vectors + vector;
        args.parts.out[place * layout.head_dim + c] = total;
        if (c == 0) {
            args.parts.highest[place] = softmaxes[m].highest;
            args.parts.sum[place] = softmaxes[m].sum;
        }
    }
}

LOWRANK_KERNEL(attention_part_f32_64, AttentionPartArgs)
{
    attention_part_body<float, 64>(args);
}

LOWRANK_KERNEL(attention_part_f32_128, AttentionPartArgs)
{
    attention_part_body<float, 128>(args);
}

LOWRANK_KERNEL(attention_part_f32_256, AttentionPartArgs)
{
    attention_part_body<float, 256>(args);
}

LOWRANK_KERNEL(attention_part_bf16_64, AttentionPartArgs)
{
    attention_part_body<bf16, 64>(args);
}

LOWRANK_KERNEL(attention_part_bf16_128, AttentionPartArgs)
{
    attention_part_body<bf16, 128>(args);
}

LOWRANK_KERNEL(attention_part_bf16_256, AttentionPartArgs)
{
    attention_part_body<bf16, 256>(args);
}

// A part that a query sees nothing of has the weight 0; every query sees its own key.
template <typename T>
__device__ void attention_combine_body(const AttentionCombineArgs& args)
{
    const Index vector = blockIdx.x;
    const Index vectors = gridDim.x;
    const int c = threadIdx.x;
    if (c >= args.head_dim) {
        return;
    }
    float highest = -INFINITY;
    for (int part = 0; part < args.count; ++part) {
        highest = fmaxf(highest, args.parts.highest[part * vectors + vector]);
    }
    float sum = 0.0F;
    float out = 0.0F;
#pragma unroll 4
    for (int part = 0; part < args.count; ++part) {
        const Index place = part * vectors + vector;
        const float weight = expf(args.parts.highest[place] - highest);
        sum += weight * args.parts.sum[place];
        out += weight * args.parts.out[place * args.head_dim + c];
    }
    store<T>(args.out, vector * args.head_dim + c, out / sum);
}

LOWRANK_FLOAT_KERNELS(attention_combine, AttentionCombineArgs, attention_combine_body)

} // namespace engine::ops::kernels
