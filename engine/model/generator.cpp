// Prefill, then one token at a time until a stop token, the length, or a request to stop.
#include "engine/model/generator.h"

#include <algorithm>
#include <chrono>

#include "engine/model/kv_decoder.h"

namespace engine {

struct Generator::Impl
{
    Impl(Backend& backend, const BaseModel& model, std::int64_t capacity)
        : decoder(backend, model, capacity)
    {}

    // False when a stop was requested.
    bool prefill(std::span<const std::int32_t> prompt, const LoraAdapter* adapter, StopToken stop)
    {
        decoder.reset();
        while (!prompt.empty()) {
            if (stop.stop_requested()) {
                return false;
            }
            const std::size_t piece =
                std::min(prompt.size(), static_cast<std::size_t>(decoder.max_piece()));
            decoder.append(prompt.first(piece), adapter);
            prompt = prompt.subspan(piece);
        }
        return true;
    }

    KvDecoder decoder;
};

Generator::Generator(Backend& backend, const BaseModel& model, std::int64_t capacity)
    : m_impl(std::make_unique<Impl>(backend, model, capacity))
{}

Generator::Generator(Generator&&) noexcept = default;
Generator::~Generator() = default;

namespace {

// Errors: InvalidArgument.
Result<void>
check_prompt(std::span<const std::int32_t> prompt, std::int64_t capacity, std::int64_t vocab_size)
{
    if (prompt.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "prompt: it has no tokens",
                     "Give at least one token, for example the beginning-of-sequence token."};
    }
    if (static_cast<std::int64_t>(prompt.size()) > capacity) {
        return Error{
            ErrorCode::InvalidArgument,
            concat("prompt: ", prompt.size(), " tokens, the room is ", capacity, " positions"),
            "Shorten the prompt or allow a longer context."};
    }
    for (const std::int32_t token : prompt) {
        if (token < 0 || token >= vocab_size) {
            return Error{
                ErrorCode::InvalidArgument,
                concat("prompt: token ", token, ", the model's vocabulary has ", vocab_size),
                "Use the tokenizer that belongs to this model."};
        }
    }
    return {};
}

} // namespace

Result<Generation> Generator::generate(std::span<const std::int32_t> prompt,
                                       const LoraAdapter* adapter,
                                       const SamplingConfig& sampling,
                                       const std::function<void(std::int32_t)>& on_token,
                                       StopToken stop)
{
    KvDecoder& decoder = m_impl->decoder;
    if (auto checked = check_prompt(prompt, decoder.capacity(), decoder.vocab_size()); !checked) {
        return checked.error();
    }
    const auto start = std::chrono::steady_clock::now();
    Generation generation;
    Random random(sampling.seed);
    const std::int64_t room = decoder.capacity() - static_cast<std::int64_t>(prompt.size());
    const std::int64_t most = std::min(sampling.max_new_tokens, room);
    bool going = m_impl->prefill(prompt, adapter, stop);
    while (going && static_cast<std::int64_t>(generation.tokens.size()) < most) {
        const std::int32_t token = sample_token(decoder.logits(), sampling, random);
        const auto& stops = sampling.stop_token_ids;
        if (std::find(stops.begin(), stops.end(), token) != stops.end()) {
            generation.reason = FinishReason::Stop;
            break;
        }
        generation.tokens.push_back(token);
        if (on_token) {
            on_token(token);
        }
        going = !stop.stop_requested();
        // The last token's successor is not wanted.
        if (going && static_cast<std::int64_t>(generation.tokens.size()) < most) {
            decoder.append({&token, 1}, adapter);
        }
    }
    if (!going) {
        generation.reason = FinishReason::Cancelled;
    }
    generation.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return generation;
}

} // namespace engine
