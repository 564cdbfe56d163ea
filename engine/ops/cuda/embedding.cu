// Rows of the embedding table, and the table's gradient.
#include "engine/ops/cuda/pack.cuh"
#include "engine/ops/cuda/reduce.cuh"

namespace engine::ops::kernels {

template <typename From, typename To>
__device__ void embedding_body(const EmbeddingArgs& args)
{
    const From* from = static_cast<const From*>(args.table) + args.ids[blockIdx.x] * args.width;
    To* to = static_cast<To*>(args.y) + blockIdx.x * args.width;
    for (Index c = threadIdx.x * kPack; c < args.width; c += blockDim.x * kPack) {
        store_pack<To>(to, c, args.width, load_pack<From>(from, c, args.width));
    }
}

LOWRANK_KERNEL(embedding_f32_f32, EmbeddingArgs)
{
    embedding_body<float, float>(args);
}

LOWRANK_KERNEL(embedding_f32_bf16, EmbeddingArgs)
{
    embedding_body<float, bf16>(args);
}

LOWRANK_KERNEL(embedding_bf16_f32, EmbeddingArgs)
{
    embedding_body<bf16, float>(args);
}

LOWRANK_KERNEL(embedding_bf16_bf16, EmbeddingArgs)
{
    embedding_body<bf16, bf16>(args);
}

LOWRANK_KERNEL(embedding_order, EmbeddingOrderArgs)
{
    const int row = static_cast<int>(thread_number() / kWarp);
    if (row >= args.rows) {
        return;
    }
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const int id = args.ids[row];
    int less = 0;
    int before = 0;
    int same = 0;
    for (int other = lane; other < args.rows; other += kWarp) {
        const int other_id = args.ids[other];
        less += other_id < id ? 1 : 0;
        same += other_id == id ? 1 : 0;
        before += other_id == id && other < row ? 1 : 0;
    }
    less = warp_sum(less);
    before = warp_sum(before);
    same = warp_sum(same);
    if (lane == 0) {
        args.order[less + before] = row;
        args.counts[less + before] = before == 0 ? same : 0;
    }
}

// The rows of an id are added to what the table has, in their order.
template <typename T>
__device__ void embedding_backward_body(const EmbeddingBackwardArgs& args)
{
    const int count = args.counts[blockIdx.x];
    const Index c = static_cast<Index>(blockIdx.y) * blockDim.x + threadIdx.x;
    if (count == 0 || c >= args.width) {
        return;
    }
    const int* rows = args.order + blockIdx.x;
    float* to = args.dtable + args.ids[rows[0]] * args.width + c;
    float sum = *to;
#pragma unroll 8
    for (int i = 0; i < count; ++i) {
        sum += load<T>(args.dy, rows[i] * args.width + c);
    }
    *to = sum;
}

LOWRANK_FLOAT_KERNELS(embedding_backward, EmbeddingBackwardArgs, embedding_backward_body)

} // namespace engine::ops::kernels
