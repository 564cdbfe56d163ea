// Rows of the embedding table, and the table's gradient.
#include "engine/ops/cuda/pack.cuh"

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

// A column has one thread, so rows with the same id are added in their order.
template <typename T>
__device__ void embedding_backward_body(const EmbeddingBackwardArgs& args)
{
    const Index c = thread_number();
    if (c >= args.width) {
        return;
    }
    for (Index row = 0; row < args.rows; ++row) {
        args.dtable[args.ids[row] * args.width + c] += load<T>(args.dy, row * args.width + c);
    }
}

LOWRANK_FLOAT_KERNELS(embedding_backward, EmbeddingBackwardArgs, embedding_backward_body)

} // namespace engine::ops::kernels
