// Generate, trim, compare.
#include "engine/train/exact_match.h"

#include <algorithm>

#include "engine/core/text.h"
#include "engine/train/run_samples.h"

namespace engine {

namespace {} // namespace

Result<ExactMatch> exact_match(Backend& backend,
                               const BaseModel& model,
                               const LoraAdapter* adapter,
                               const Tokenizer& tokenizer,
                               ChatFormat format,
                               std::span<const Record> records,
                               std::int64_t max_new_tokens,
                               StopToken stop)
{
    std::vector<std::vector<std::int32_t>> prompts;
    std::size_t longest = 0;
    for (const Record& record : records) {
        prompts.push_back(record.kind == Record::Kind::Text
                              ? std::vector<std::int32_t>()
                              : prompt_tokens(format, tokenizer, record));
        longest = std::max(longest, prompts.back().size());
    }
    const std::int64_t positions = model.config().max_position_embeddings;
    const std::int64_t capacity =
        std::min(static_cast<std::int64_t>(longest) + max_new_tokens, positions);
    Generator generator(backend, model, capacity);
    SamplingConfig sampling;
    sampling.stop_token_ids = stop_token_ids(format, tokenizer);
    sampling.vocab_limit = tokenizer.vocab_size();
    ExactMatch result;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto length = static_cast<std::int64_t>(prompts[i].size());
        if (length == 0 || length >= capacity) {
            continue;
        }
        sampling.max_new_tokens = std::min(max_new_tokens, capacity - length);
        const Result<Generation> generation =
            generator.generate(prompts[i], adapter, sampling, {}, stop);
        if (!generation) {
            return generation.error();
        }
        if (stop.stop_requested()) {
            return Error{ErrorCode::Cancelled, "exact match: stopped"};
        }
        ExactMatch::Row row;
        row.row = records[i].row;
        row.prompt = prompt_text(records[i]);
        row.wanted = trimmed(answer_text(records[i]));
        row.found = trimmed(tokenizer.decode(generation->tokens, true));
        row.matches = row.found == row.wanted;
        result.matches += row.matches ? 1 : 0;
        result.rows.push_back(std::move(row));
    }
    if (result.rows.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     concat("exact match: none of ",
                            records.size(),
                            " rows has a question that fits ",
                            positions,
                            " positions")};
    }
    return result;
}

} // namespace engine
