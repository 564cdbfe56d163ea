// Mixing what decides a pass's work.
#include "engine/model/pass_key.h"

namespace engine {

std::uint64_t pass_key(const MicroBatch& batch, std::int64_t targets, const TrainPass& pass)
{
    std::uint64_t key = 0;
    const auto mix = [&key](auto value) {
        key = (key ^ static_cast<std::uint64_t>(value)) * 0x9E3779B97F4A7C15U;
        key ^= key >> 29U;
    };
    mix(batch.num_tokens());
    mix(batch.max_sequence_length());
    mix(batch.offsets.size());
    mix(targets);
    mix(reinterpret_cast<std::uintptr_t>(pass.adapter));
    mix((pass.accumulate ? 1 : 0) + (pass.gradients != nullptr ? 2 : 0)
        + (pass.full_gradients != nullptr ? 4 : 0) + (pass.sink != nullptr ? 8 : 0));
    return key;
}

} // namespace engine
