// Rotary position embedding in place, one thread a pair.
#include "engine/ops/cuda/device.cuh"

namespace engine::ops::kernels {

template <typename T>
__device__ void rope_body(const RopeArgs& args)
{
    const Index number = thread_number();
    if (number >= args.pairs) {
        return;
    }
    const Index half = args.head_dim / 2;
    const Index i = number % half;
    const Index head = number / half; // of all rows
    const Index row = head / args.heads;
    const Index at = head * args.head_dim + i;
    const Index angle = args.positions[row] * half + i;
    const float cosine = args.cos_table[angle];
    const float sine = args.sin_table[angle] * args.direction;
    const float first = load<T>(args.x, at);
    const float second = load<T>(args.x, at + half);
    store<T>(args.x, at, first * cosine - second * sine);
    store<T>(args.x, at + half, second * cosine + first * sine);
}

LOWRANK_FLOAT_KERNELS(rope, RopeArgs, rope_body)

} // namespace engine::ops::kernels
