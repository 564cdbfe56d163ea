// Prompts from settings or data, answers from the generator.
#include "engine/train/run_samples.h"

#include <algorithm>

#include "engine/model/generator.h"

namespace engine {

namespace {

// The conversation before its last assistant turn.
std::vector<Message> before_last_answer(const Record& record)
{
    std::vector<Message> messages = record.messages;
    while (!messages.empty() && messages.back().role != Role::Assistant) {
        messages.pop_back();
    }
    if (!messages.empty()) {
        messages.pop_back();
    }
    return messages;
}

} // namespace

std::vector<std::int32_t>
prompt_tokens(ChatFormat format, const Tokenizer& tokenizer, const Record& record)
{
    if (record.kind == Record::Kind::Messages) {
        return encode_prompt(format, tokenizer, before_last_answer(record));
    }
    return encode_prompt(format, tokenizer, record);
}

std::string prompt_text(const Record& record)
{
    if (record.kind != Record::Kind::Messages) {
        return record.prompt;
    }
    const std::vector<Message> messages = before_last_answer(record);
    return messages.empty() ? std::string() : messages.back().content;
}

std::string answer_text(const Record& record)
{
    if (record.kind != Record::Kind::Messages) {
        return record.completion;
    }
    for (auto message = record.messages.rbegin(); message != record.messages.rend(); ++message) {
        if (message->role == Role::Assistant) {
            return message->content;
        }
    }
    return {};
}

std::vector<SamplePrompt> sample_prompts(const TrainConfig& config, const RunInputs& inputs)
{
    std::vector<SamplePrompt> prompts;
    for (const std::string& text : config.sample_prompts) {
        const std::vector<Message> messages = {{.role = Role::User, .content = text}};
        prompts.push_back({text, encode_prompt(inputs.chat_format, inputs.tokenizer, messages)});
    }
    if (!prompts.empty()) {
        return prompts;
    }
    for (const Record& record : inputs.sample_records) {
        prompts.push_back(
            {prompt_text(record), prompt_tokens(inputs.chat_format, inputs.tokenizer, record)});
    }
    return prompts;
}

std::int64_t sample_positions(const std::vector<SamplePrompt>& prompts,
                              std::int64_t max_new_tokens,
                              const ModelConfig& model)
{
    std::int64_t longest = 0;
    for (const SamplePrompt& prompt : prompts) {
        longest = std::max(longest, static_cast<std::int64_t>(prompt.tokens.size()));
    }
    return prompts.empty() ? 0 : std::min(longest + max_new_tokens, model.max_position_embeddings);
}

Result<std::vector<SampleEvent>> generate_samples(Backend& backend,
                                                  const BaseModel& model,
                                                  const LoraAdapter* adapter,
                                                  const RunInputs& inputs,
                                                  const std::vector<SamplePrompt>& prompts,
                                                  std::int64_t max_new_tokens,
                                                  std::int64_t step,
                                                  StopToken stop)
{
    const std::int64_t capacity = sample_positions(prompts, max_new_tokens, model.config());
    Generator generator(backend, model, capacity);
    std::vector<SampleEvent> samples;
    for (const SamplePrompt& prompt : prompts) {
        const auto length = static_cast<std::int64_t>(prompt.tokens.size());
        if (length == 0 || length >= capacity) {
            continue;
        }
        SamplingConfig sampling;
        sampling.max_new_tokens = std::min(max_new_tokens, capacity - length);
        sampling.stop_token_ids = stop_token_ids(inputs.chat_format, inputs.tokenizer);
        sampling.vocab_limit = inputs.tokenizer.vocab_size();
        Result<Generation> generation =
            generator.generate(prompt.tokens, adapter, sampling, {}, stop);
        if (!generation) {
            return generation.error();
        }
        samples.push_back({step, prompt.text, inputs.tokenizer.decode(generation->tokens, true)});
    }
    return samples;
}

} // namespace engine
