// The projections' names.
#include "engine/model/target.h"

namespace engine {

namespace {

constexpr PerTarget<std::string_view> kNames = {
    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};

// Where the targets with the input of each one begin in kAllTargets, and how many they are.
struct Siblings
{
    std::size_t first;
    std::size_t count;
};

constexpr PerTarget<Siblings> kSiblings = {
    {{0, 3}, {0, 3}, {0, 3}, {3, 1}, {4, 2}, {4, 2}, {6, 1}}};

} // namespace

std::string_view to_string(Target target)
{
    return kNames[index_of(target)];
}

std::optional<Target> parse_target(std::string_view name)
{
    for (const Target target : kAllTargets) {
        if (to_string(target) == name) {
            return target;
        }
    }
    return std::nullopt;
}

std::span<const Target> targets_beside(Target target)
{
    const Siblings& siblings = kSiblings[index_of(target)];
    return std::span(kAllTargets).subspan(siblings.first, siblings.count);
}

std::string_view parent_module(Target target)
{
    return index_of(target) <= index_of(Target::OProj) ? "self_attn" : "mlp";
}

} // namespace engine
