// The data gate: what a person should know about a data file before training on it, with a verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/cancellation.h"
#include "engine/core/json.h"
#include "engine/data/chat_format.h"
#include "engine/data/dataset.h"
#include "engine/data/token_statistics.h"

namespace engine {

enum class Verdict { Accept, Warn, Error };

[[nodiscard]] std::string_view to_string(Verdict verdict); // "accept", "warn", "error"

struct PreviewToken
{
    std::int32_t id = 0;
    std::string token;    // as the vocabulary spells it
    std::string text;     // as it decodes alone
    bool trained = false; // carries loss
};

// A row as training sees it.
struct PreviewRow
{
    std::int64_t row = 0;
    std::vector<RenderedPart> parts;
    std::vector<PreviewToken> tokens; // the first ones of a long row
    std::int64_t total_tokens = 0;
    std::int64_t total_targets = 0;
};

struct DataGateOptions
{
    ChatFormat chat_format = ChatFormat::Plain;
    bool mask_prompt = true;
    std::int64_t seq_len = 0; // 0: what training chooses when it is not told
    std::int64_t max_position_embeddings = kLongestSuggestion; // of the model that trains
    const std::vector<Record>* evaluation = nullptr; // what must not be among the rows, or null
    std::int64_t preview_rows = 3;
    std::int64_t preview_offset = 0;        // accepted rows before the first one shown
    std::int64_t max_preview_tokens = 2048; // of one row
    std::function<void(double fraction)> progress = {};
    StopToken stop = {};
};

// accepted + blank + refused = rows; warned and duplicates are among accepted and blank.
struct DataGate
{
    Verdict verdict = Verdict::Accept;
    std::optional<Error> file_error; // the file as a whole is refused
    std::string container;
    std::string format;
    std::string chat_format; // empty without a tokenizer
    std::string fingerprint;
    std::vector<std::string> columns;
    std::int64_t rows = 0;
    std::int64_t accepted = 0; // will be trained on, with or without a warning
    std::int64_t warned = 0;
    std::int64_t refused = 0;
    std::int64_t blank = 0;
    std::int64_t duplicates = 0;
    std::int64_t leaked = 0;               // evaluation rows that are among the rows too
    std::optional<TokenStatistics> tokens; // present with a tokenizer
    std::int64_t seq_len = 0;              // tokens a row is cut at; 0 without a tokenizer
    std::int64_t bin_width = 1;            // tokens
    std::vector<std::int64_t> histogram;   // examples by token length before cutting
    std::vector<RowProblem> problems; // the counts above are complete, these are the first ones
    std::vector<PreviewRow> preview;
};

// Checks a data set; `tokenizer` may be null, then nothing is counted in tokens. Errors: Cancelled.
[[nodiscard]] Result<DataGate>
check_dataset(const Dataset& dataset, const Tokenizer* tokenizer, const DataGateOptions& options);

// The gate of a file that read_dataset refused.
[[nodiscard]] DataGate refused_gate(const Error& error);

// Texts that tokenizers of common models read as control tokens; they never come from data.
[[nodiscard]] const std::vector<std::string>& common_control_texts();

// The first control token text (common, or special in the tokenizer, which may be null) in what a
// record says; empty when there is none.
[[nodiscard]] std::string find_control_text(const Record& record, const Tokenizer* tokenizer);

// `max_tokens` 0 shows every token.
[[nodiscard]] PreviewRow preview_row(ChatFormat format,
                                     const Tokenizer& tokenizer,
                                     const Record& record,
                                     bool mask_prompt,
                                     std::int64_t max_tokens);

// What `check --json` prints and the worker's `checked` answer holds.
[[nodiscard]] Json to_json(const DataGate& gate);
[[nodiscard]] Json to_json(const PreviewRow& row);
[[nodiscard]] Json to_json(const RowProblem& problem);

} // namespace engine
