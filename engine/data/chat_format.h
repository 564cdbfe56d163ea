// The built-in chat formats by name: messages to a token sequence with the loss mask of its
// assistant turns.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/core/error.h"
#include "engine/data/record.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

// ChatMlDefault is ChatMl with the default system text of the tokenizer's own template.
enum class ChatFormat { ChatMl, ChatMlDefault, Llama2, Llama3, Mistral, Alpaca, Plain };

[[nodiscard]] std::string_view
to_string(ChatFormat format); // "chatml", "chatml-default", "llama2", "llama3", "mistral",
                              // "alpaca", "plain"
[[nodiscard]] Result<ChatFormat> parse_chat_format(std::string_view name);

// The format that the tokenizer's chat template speaks, or whose control tokens it has when there
// is no template; Plain otherwise.
[[nodiscard]] ChatFormat recognize_chat_format(const Tokenizer& tokenizer);

// The tokenizer has a chat template, and it is none of the built-in formats.
[[nodiscard]] bool has_unknown_template(const Tokenizer& tokenizer);

// What to say then where conversations are rendered as Plain.
[[nodiscard]] std::string unknown_template_warning();

// A piece of rendered text: control text comes from the format, content from the data.
struct RenderedPart
{
    std::string text;
    bool control = false; // encoded with special tokens parsed; content is encoded as plain text
    bool trained = false; // its tokens carry loss
    bool answer = false;  // belongs to an assistant turn or a completion, trained or not
};

// Renders a record. `add_generation_prompt` ends where the assistant's next turn would begin; of a
// prompt with its completion it leaves the prompt alone.
[[nodiscard]] std::vector<RenderedPart> render(ChatFormat format,
                                               const Tokenizer& tokenizer,
                                               const Record& record,
                                               bool add_generation_prompt);

// Tokens and mask of one example. Tokens at masked positions are context only.
struct Example
{
    std::vector<std::int32_t> tokens;
    std::vector<std::uint8_t> trained; // 1: this token is a target
    std::int64_t row = 0;
};

// Encodes the parts: neighbouring text that is equally special is joined first, and a word never
// merges across the border between prompt and trained text. BOS first when the tokenizer's
// post-processor asks for it and the rendering has none; EOS is the end-of-turn token where the
// format has no other.
[[nodiscard]] Example encode_example(ChatFormat format,
                                     const Tokenizer& tokenizer,
                                     const Record& record,
                                     bool mask_prompt);

struct EncodeOptions
{
    bool mask_prompt = true;
    std::int64_t seq_len = 0; // raw text longer than this becomes several examples; 0: never
    std::function<void(double fraction)> progress = {};
    StopToken stop = {}; // leaves the examples so far
};

// Every record in order. Chat rows and completions longer than seq_len stay whole: the loader cuts
// them.
[[nodiscard]] std::vector<Example> encode_examples(ChatFormat format,
                                                   const Tokenizer& tokenizer,
                                                   std::span<const Record> records,
                                                   const EncodeOptions& options);

// The prompt for generation: everything before the assistant's next turn, token for token as in a
// training example that goes on with it.
[[nodiscard]] std::vector<std::int32_t>
encode_prompt(ChatFormat format, const Tokenizer& tokenizer, const std::vector<Message>& messages);

// The same of a record whose last turn is the question, or of a completion's prompt.
[[nodiscard]] std::vector<std::int32_t>
encode_prompt(ChatFormat format, const Tokenizer& tokenizer, const Record& record);

// Ids that end an assistant turn in this format , the tokenizer's eos among them.
[[nodiscard]] std::vector<std::int64_t> stop_token_ids(ChatFormat format,
                                                       const Tokenizer& tokenizer);

} // namespace engine
