// Philox4x32-10: the same words as engine/core/random.h.
#pragma once

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

} // namespace engine::ops::kernels
