// Dropout: two Philox4x32-10 counters a thread.
#include "engine/ops/cuda/pack.cuh"
#include "engine/ops/cuda/philox.cuh"

namespace engine::ops::kernels {

template <typename T>
__device__ void dropout_body(const DropoutArgs& args)
{
    constexpr int kWords = 4;
    const Index i = thread_number() * kPack;
    if (i >= args.n) {
        return;
    }
    Floats x = load_pack<T>(args.x, i, args.n);
#pragma unroll
    for (int part = 0; part < kPack / kWords; ++part) {
        const auto counter = static_cast<unsigned long long>(i / kWords + part);
        const PhiloxWords words = philox4x32(args.seed, args.stream, counter);
#pragma unroll
        for (int k = 0; k < kWords; ++k) {
            const float factor = words.v[k] >= args.threshold ? args.kept : 0.0F;
            x.v[part * kWords + k] *= factor;
        }
    }
    if (args.accumulate != 0) {
        const Floats y = load_pack<T>(args.y, i, args.n);
        for (int k = 0; k < kPack; ++k) {
            x.v[k] += y.v[k];
        }
    }
    store_pack<T>(args.y, i, args.n, x);
}

LOWRANK_FLOAT_KERNELS(dropout, DropoutArgs, dropout_body)

} // namespace engine::ops::kernels
