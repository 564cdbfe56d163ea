// Answers to a few prompts while a run goes on, so that a person sees it learn.
#pragma once

#include <string>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"
#include "engine/train/run_inputs.h"
#include "engine/train/train_event.h"

namespace engine {

struct SamplePrompt
{
    std::string text; // as shown
    std::vector<std::int32_t> tokens;
};

// The config's prompts, or else the first held-out rows up to their last answer.
[[nodiscard]] std::vector<SamplePrompt> sample_prompts(const TrainConfig& config,
                                                       const RunInputs& inputs);

// The positions that the longest prompt takes with its answer; 0 without prompts.
[[nodiscard]] std::int64_t sample_positions(const std::vector<SamplePrompt>& prompts,
                                            std::int64_t max_new_tokens,
                                            const ModelConfig& model);

// Greedy answers. Prompts that leave no room within the model's positions are skipped.
[[nodiscard]] Result<std::vector<SampleEvent>>
generate_samples(Backend& backend,
                 const BaseModel& model,
                 const LoraAdapter* adapter,
                 const RunInputs& inputs,
                 const std::vector<SamplePrompt>& prompts,
                 std::int64_t max_new_tokens,
                 std::int64_t step,
                 StopToken stop);

// The tokens of a record up to where its last answer begins.
[[nodiscard]] std::vector<std::int32_t>
prompt_tokens(ChatFormat format, const Tokenizer& tokenizer, const Record& record);

// The text of a record that the model should answer, and the answer that it holds.
[[nodiscard]] std::string prompt_text(const Record& record);
[[nodiscard]] std::string answer_text(const Record& record);

} // namespace engine
