// Walking the groups of an adapter that is there, or of one to come.
#include "engine/model/adapter_room.h"

#include <algorithm>

#include "engine/model/lora_group.h"

namespace engine {

namespace {

// rank_of(layer, target): 0 where there is no adapter.
template <typename RankOf>
AdapterRoom largest_room(const ModelConfig& model, FrozenPair frozen, RankOf rank_of)
{
    AdapterRoom room;
    for (std::int64_t layer = 0; layer < model.num_layers; ++layer) {
        for (const Target target : kAllTargets) {
            std::int64_t rank = 0;
            std::int64_t largest_b = 0;
            for (const Target each : targets_beside(target)) {
                const std::int64_t one = rank_of(layer, each);
                rank += one;
                largest_b = std::max(largest_b, one * model.out_features(each));
            }
            room.rank = std::max(room.rank, rank);
            room.pair =
                std::max(room.pair, pair_elements(rank, model.in_features(target), largest_b));
        }
    }
    room.u = room.rank;
    if (frozen == FrozenPair::Yes) {
        room.u *= 2;
    } else {
        room.pair = 0;
    }
    return room;
}

} // namespace

AdapterRoom room_for_adapter(const ModelConfig& model, const LoraConfig& lora, FrozenPair frozen)
{
    return largest_room(model, frozen, [&](std::int64_t layer, Target target) {
        return lora.targets(layer, target) ? lora.rank_of(layer, target) : std::int64_t(0);
    });
}

AdapterRoom room_for_adapter(const ModelConfig& model, const LoraAdapter& adapter)
{
    const bool frozen =
        std::any_of(adapter.matrices().begin(),
                    adapter.matrices().end(),
                    [](const LoraMatrix& matrix) { return matrix.has_init_pair(); });
    return largest_room(
        model, frozen ? FrozenPair::Yes : FrozenPair::No, [&](std::int64_t layer, Target target) {
            const LoraMatrix* matrix = adapter.find(layer, target);
            return matrix == nullptr ? std::int64_t(0) : matrix->rank;
        });
}

} // namespace engine
