// Prompt in, tokens out: a key/value cache, sampling, and an adapter that is applied without
// merging.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/core/random.h"
#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"

namespace engine {

struct SamplingConfig
{
    std::int64_t max_new_tokens = 256;
    double temperature = 0.0; // 0: greedy, the lowest id on ties
    std::int64_t top_k = 0;   // 0: off
    double top_p = 1.0;
    std::uint64_t seed = 0;
    std::vector<std::int64_t> stop_token_ids =
        {};                       // generation ends after one of these (it is not returned)
    std::int64_t vocab_limit = 0; // ids at or above are never sampled; 0: the model's vocab_size
};

enum class FinishReason { Stop, Length, Cancelled };

struct Generation
{
    std::vector<std::int32_t> tokens; // new ones only
    FinishReason reason = FinishReason::Length;
    double seconds = 0.0;
};

class Generator
{
public:
    // `capacity`: the most positions (prompt and new tokens) of one generation.
    Generator(Backend& backend, const BaseModel& model, std::int64_t capacity);
    Generator(Generator&&) noexcept;
    ~Generator();

    // `on_token` (may be empty) is called with each new token. Errors: InvalidArgument when the
    // prompt is empty or longer than the capacity.
    [[nodiscard]] Result<Generation>
    generate(std::span<const std::int32_t> prompt,
             const LoraAdapter* adapter,
             const SamplingConfig& sampling,
             const std::function<void(std::int32_t)>& on_token = {},
             StopToken stop = {});

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

// Chooses from one row of logits: temperature, then top-k, then top-p, then one draw. Ties go to
// the lowest id.
[[nodiscard]] std::int32_t
sample_token(std::span<const float> logits, const SamplingConfig& sampling, Random& random);

} // namespace engine
