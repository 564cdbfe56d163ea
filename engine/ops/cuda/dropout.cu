// Dropout: one Philox4x32-10 counter a thread, the same words as engine/core/random.h.
#include "engine/ops/cuda/device.cuh"

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
    const Index counter = thread_number();
    const Index first = counter * kWords;
    if (first >= args.n) {
        return;
    }
    const PhiloxWords words =
        philox4x32(args.seed, args.stream, static_cast<unsigned long long>(counter));
    for (int k = 0; k < kWords && first + k < args.n; ++k) {
        const float factor = words.v[k] >= args.threshold ? args.kept : 0.0F;
        float y = load<T>(args.x, first + k) * factor;
        if (args.accumulate != 0) {
            y += load<T>(args.y, first + k);
        }
        store<T>(args.y, first + k, y);
    }
}

LOWRANK_FLOAT_KERNELS(dropout, DropoutArgs, dropout_body)

} // namespace engine::ops::kernels
