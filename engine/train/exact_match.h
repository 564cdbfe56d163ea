// Greedy answers to held-out rows against the answers that the rows hold.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/data/chat_format.h"
#include "engine/model/generator.h"

namespace engine {

struct ExactMatch
{
    struct Row
    {
        std::int64_t row = 0;
        std::string prompt;
        std::string wanted;
        std::string found;
        bool matches = false; // equal without surrounding blanks
    };

    std::vector<Row> rows;
    std::int64_t matches = 0;
};

// Rows that are plain text have no answer and are skipped. Errors: Cancelled, InvalidArgument when
// no row can be answered.
[[nodiscard]] Result<ExactMatch> exact_match(Backend& backend,
                                             const BaseModel& model,
                                             const LoraAdapter* adapter,
                                             const Tokenizer& tokenizer,
                                             ChatFormat format,
                                             std::span<const Record> records,
                                             std::int64_t max_new_tokens,
                                             StopToken stop = {});

} // namespace engine
