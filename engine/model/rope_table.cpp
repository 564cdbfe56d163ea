// The rope scalings of transformers: linear, llama3 and yarn (Peng et al. 2023, arXiv 2309.00071,
// section 3).
#include "engine/model/rope_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace engine {

namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;

std::int64_t original_length(const ModelConfig& config)
{
    return config.rope.original_max_position_embeddings > 0
               ? config.rope.original_max_position_embeddings
               : config.max_position_embeddings;
}

// Long waves are slowed by `factor`, short ones kept, those between blended.
double llama3_frequency(const RopeConfig& rope, double original, double frequency)
{
    const double wavelength = kTwoPi / frequency;
    if (wavelength > original / rope.low_freq_factor) {
        return frequency / rope.factor;
    }
    if (wavelength < original / rope.high_freq_factor) {
        return frequency;
    }
    const double smooth = (original / wavelength - rope.low_freq_factor)
                          / (rope.high_freq_factor - rope.low_freq_factor);
    return (1.0 - smooth) * frequency / rope.factor + smooth * frequency;
}

// The dimension whose wave turns `rotations` times within the trained length.
double yarn_dimension(const ModelConfig& config, double rotations)
{
    const auto d = static_cast<double>(config.head_dim);
    const auto original = static_cast<double>(original_length(config));
    return d * std::log(original / (rotations * kTwoPi)) / (2.0 * std::log(config.rope.theta));
}

// Waves slower than dimension `high` are slowed by `factor`, those faster than `low` kept, those
// between blended.
double yarn_frequency(const ModelConfig& config, std::int64_t i, double frequency)
{
    double low = yarn_dimension(config, config.rope.beta_fast);
    double high = yarn_dimension(config, config.rope.beta_slow);
    if (config.rope.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(config.head_dim) - 1.0);
    if (low == high) {
        high += 0.001;
    }
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    return frequency / config.rope.factor * ramp + frequency * (1.0 - ramp);
}

} // namespace

std::vector<float> rope_inverse_frequencies(const ModelConfig& config)
{
    const RopeConfig& rope = config.rope;
    std::vector<float> frequencies(static_cast<std::size_t>(config.head_dim / 2));
    for (std::int64_t i = 0; i < config.head_dim / 2; ++i) {
        const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim);
        double frequency = std::pow(rope.theta, -exponent);
        switch (rope.type) {
        case RopeType::Default:
            break;
        case RopeType::Linear:
            frequency /= rope.factor;
            break;
        case RopeType::Llama3:
            frequency =
                llama3_frequency(rope, static_cast<double>(original_length(config)), frequency);
            break;
        case RopeType::Yarn:
            frequency = yarn_frequency(config, i, frequency);
            break;
        }
        frequencies[static_cast<std::size_t>(i)] = static_cast<float>(frequency);
    }
    return frequencies;
}

void fill_rope_table(const ModelConfig& config,
                     std::int64_t rows,
                     std::span<float> cos_table,
                     std::span<float> sin_table)
{
    const std::vector<float> frequencies = rope_inverse_frequencies(config);
    const double factor = config.rope.attention_factor;
    std::size_t index = 0;
    for (std::int64_t position = 0; position < rows; ++position) {
        for (const float frequency : frequencies) {
            // The angle is rounded to float32 as in transformers, so that long contexts agree.
            const float angle = static_cast<float>(position) * frequency;
            cos_table[index] = static_cast<float>(std::cos(static_cast<double>(angle)) * factor);
            sin_table[index] = static_cast<float>(std::sin(static_cast<double>(angle)) * factor);
            ++index;
        }
    }
}

} // namespace engine
