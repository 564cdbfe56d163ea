// LoraConfig: which matrices get an adapter, of what rank and scale; PEFT's words.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/model/model_config.h"

namespace engine {

struct TargetedMatrix
{
    std::int64_t layer = 0;
    Target target = Target::QProj;
};

struct LoraConfig
{
    std::int64_t rank = 16;
    double alpha = 32.0;
    bool use_rslora = false;
    double dropout = 0.0;
    std::vector<Target> target_modules = {kAllTargets.begin(), kAllTargets.end()};
    std::vector<std::int64_t> layers = {}; // layers_to_transform; empty: every layer
    // Full module paths; when not empty they alone say what is adapted (a PEFT adapter whose choice
    // is no product of targets and layers).
    std::vector<std::string> modules = {};
    // Regular expression for the end of a module's path ("q_proj", "layers.3.mlp.up_proj") -> rank
    // or alpha; the first match in order of key wins.
    std::map<std::string, std::int64_t> rank_pattern = {};
    std::map<std::string, double> alpha_pattern = {};

    [[nodiscard]] bool targets(std::int64_t layer, Target target) const;
    // The adapted matrices, in order of layer then target.
    [[nodiscard]] std::vector<TargetedMatrix> matrices(std::int64_t num_layers) const;
    [[nodiscard]] std::int64_t rank_of(std::int64_t layer, Target target) const;
    // alpha / r, or alpha / sqrt(r) with rsLoRA (Kalajdzievski 2023).
    [[nodiscard]] double scaling_of(std::int64_t layer, Target target) const;

    // Errors: InvalidConfig naming the field, the value and the range.
    [[nodiscard]] Result<void> validate(const ModelConfig& model) const;

    // r (d_in + d_out) summed over the adapted matrices.
    [[nodiscard]] std::int64_t parameter_count(const ModelConfig& model) const;
};

} // namespace engine
