// The seven projections of a llama block that an adapter can target, by their Hugging Face names.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace engine {

enum class Target { QProj, KProj, VProj, OProj, GateProj, UpProj, DownProj };

inline constexpr std::size_t kTargetCount = 7;
inline constexpr std::array<Target, kTargetCount> kAllTargets = {Target::QProj,
                                                                 Target::KProj,
                                                                 Target::VProj,
                                                                 Target::OProj,
                                                                 Target::GateProj,
                                                                 Target::UpProj,
                                                                 Target::DownProj};

// "q_proj", ..., "down_proj".
[[nodiscard]] std::string_view to_string(Target target);
[[nodiscard]] std::optional<Target> parse_target(std::string_view name);

// "self_attn" or "mlp": the module path between the layer's number and the projection.
[[nodiscard]] std::string_view parent_module(Target target);

// The targets that read the same input, itself among them: q, k and v; gate and up; each other one
// alone.
[[nodiscard]] std::span<const Target> targets_beside(Target target);

template <typename T>
using PerTarget = std::array<T, kTargetCount>;

[[nodiscard]] constexpr std::size_t index_of(Target target)
{
    return static_cast<std::size_t>(target);
}

} // namespace engine
