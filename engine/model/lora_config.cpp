// Which matrices an adapter has, and each one's rank and scale.
#include "engine/model/lora_config.h"

#include <algorithm>
#include <cmath>

#include "engine/model/module_pattern.h"

namespace engine {

namespace {

Error invalid_config(const std::string& message)
{
    return {ErrorCode::InvalidConfig, concat("lora config: ", message)};
}

// The first key that matches, as PEFT resolves a pattern.
template <typename Value>
Value resolve(const std::map<std::string, Value>& pattern,
              std::int64_t layer,
              Target target,
              Value otherwise)
{
    if (pattern.empty()) {
        return otherwise;
    }
    const std::string path = module_path(layer, target);
    for (const auto& [key, value] : pattern) {
        if (matches_pattern_key(path, key)) {
            return value;
        }
    }
    return otherwise;
}

template <typename Value>
Result<void> check_keys(const std::map<std::string, Value>& pattern,
                        std::string_view field,
                        std::int64_t num_layers)
{
    for (const auto& [key, value] : pattern) {
        if (const Result<void> checked = check_pattern_key(key, num_layers); !checked) {
            return invalid_config(concat(field, ": ", checked.error().message));
        }
    }
    return {};
}

} // namespace

bool LoraConfig::targets(std::int64_t layer, Target target) const
{
    if (!modules.empty()) {
        return std::find(modules.begin(), modules.end(), module_path(layer, target))
               != modules.end();
    }
    const bool layer_wanted =
        layers.empty() || std::find(layers.begin(), layers.end(), layer) != layers.end();
    return layer_wanted
           && std::find(target_modules.begin(), target_modules.end(), target)
                  != target_modules.end();
}

std::vector<TargetedMatrix> LoraConfig::matrices(std::int64_t num_layers) const
{
    std::vector<TargetedMatrix> adapted;
    for (std::int64_t layer = 0; layer < num_layers; ++layer) {
        for (const Target target : kAllTargets) {
            if (targets(layer, target)) {
                adapted.push_back({layer, target});
            }
        }
    }
    return adapted;
}

std::int64_t LoraConfig::rank_of(std::int64_t layer, Target target) const
{
    return resolve(rank_pattern, layer, target, rank);
}

double LoraConfig::scaling_of(std::int64_t layer, Target target) const
{
    const auto r = static_cast<double>(rank_of(layer, target));
    return resolve(alpha_pattern, layer, target, alpha) / (use_rslora ? std::sqrt(r) : r);
}

Result<void> LoraConfig::validate(const ModelConfig& model) const
{
    if (target_modules.empty() && modules.empty()) {
        return invalid_config("target_modules is empty, wanted at least one projection");
    }
    for (const std::int64_t layer : layers) {
        if (layer < 0 || layer >= model.num_layers) {
            return invalid_config(
                concat("layers holds ", layer, ", the model has 0 to ", model.num_layers - 1));
        }
    }
    if (!(dropout >= 0.0 && dropout < 1.0)) {
        return invalid_config(concat("dropout is ", dropout, ", wanted 0 or more and below 1"));
    }
    if (Result<void> checked = check_keys(rank_pattern, "rank_pattern", model.num_layers);
        !checked) {
        return checked;
    }
    if (Result<void> checked = check_keys(alpha_pattern, "alpha_pattern", model.num_layers);
        !checked) {
        return checked;
    }
    const std::vector<TargetedMatrix> adapted = matrices(model.num_layers);
    for (const auto& [layer, target] : adapted) {
        const std::int64_t largest =
            std::min(model.in_features(target), model.out_features(target));
        const std::int64_t r = rank_of(layer, target);
        if (r < 1 || r > largest) {
            return invalid_config(concat(
                "rank is ", r, " for ", module_path(layer, target), ", wanted 1 to ", largest));
        }
        const double scaling = scaling_of(layer, target);
        if (!std::isfinite(scaling) || std::abs(scaling) > 1e6) {
            return invalid_config(concat("alpha gives ",
                                         module_path(layer, target),
                                         " the scale ",
                                         scaling,
                                         ", wanted at most 1e6 in size"));
        }
    }
    if (adapted.empty()) {
        return invalid_config("no matrix of the model is targeted");
    }
    return {};
}

std::int64_t LoraConfig::parameter_count(const ModelConfig& model) const
{
    std::int64_t count = 0;
    for (const auto& [layer, target] : matrices(model.num_layers)) {
        count += rank_of(layer, target) * (model.in_features(target) + model.out_features(target));
    }
    return count;
}

} // namespace engine
