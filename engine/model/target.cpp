// The projections' names.
#include "engine/model/target.h"

namespace engine {

namespace {

constexpr PerTarget<std::string_view> kNames = {
    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};

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

std::string_view parent_module(Target target)
{
    return index_of(target) <= index_of(Target::OProj) ? "self_attn" : "mlp";
}

} // namespace engine
