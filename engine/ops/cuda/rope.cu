// Rotary position embedding in place: a block has a row, a thread eight neighbouring pairs.
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

template <typename T>
__device__ void rope_body(const RopeArgs& args)
{
    const int half = args.head_dim / 2;
    const int head_packs = (half + kPack - 1) / kPack;
    const Index row = blockIdx.x;
    const Index angle = args.positions[row] * static_cast<Index>(half);
    T* x = static_cast<T*>(args.x) + row * args.heads * args.head_dim;
    const int packs = args.heads * head_packs;
    for (int number = threadIdx.x; number < packs; number += blockDim.x) {
        const int head = number / head_packs;
        const int i = number % head_packs * kPack;
        T* first = x + head * args.head_dim;
        T* second = first + half;
        const Floats cosine = load_pack<float>(args.cos_table + angle, i, half);
        const Floats sine = load_pack<float>(args.sin_table + angle, i, half);
        Floats a = load_pack<T>(first, i, half);
        Floats b = load_pack<T>(second, i, half);
        for (int k = 0; k < kPack; ++k) {
            const float turned = sine.v[k] * args.direction;
            const float old = a.v[k];
            a.v[k] = old * cosine.v[k] - b.v[k] * turned;
            b.v[k] = b.v[k] * cosine.v[k] + old * turned;
        }
        store_pack<T>(first, i, half, a);
        store_pack<T>(second, i, half, b);
    }
}

LOWRANK_FLOAT_KERNELS(rope, RopeArgs, rope_body)

} // namespace engine::ops::kernels
