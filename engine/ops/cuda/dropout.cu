// Dropout: two Philox4x32-10 counters a thread, the same words as engine/core/random.h.
#include "engine/ops/cuda/pack.cuh"

namespace engine::ops::kernels {

struct PhiloxWords
{
    unsigned v[4];
};

__device__ inline PhiloxWords
philox4x32(unsigned long long key, unsigned long long counter_high, unsigned long long counter_low)
{
    unsigned k0 = static_cast<unsigned>(key);
    unsigned k1 = static_cast<unsigned>(key >> 32U);
    PhiloxWords c = {{static_cast<unsigned>(counter_low),
                      static_cast<unsigned>(counter_low >> 32U),
                      static_cast<unsigned>(counter_high),
                      static_cast<unsigned>(counter_high >> 32U)}};
    for (int round = 0; round < 10; ++round) {
        const unsigned long long p0 = 0xD2511F53ULL * c.v[0];
        const unsigned long long p1 = 0xCD9E8D57ULL * c.v[2];
        c = {{static_cast<unsigned>(p1 >> 32U) ^ c.v[1] ^ k0,
              static_cast<unsigned>(p1),
              static_cast<unsigned>(p0 >> 32U) ^ c.v[3] ^ k1,
              static_cast<unsigned>(p0)}};
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    return c;
}

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
