// Counts, histogram, previews and the verdict over a data set that was read.
#include "engine/data/data_gate.h"

#include <algorithm>
#include <utility>

#include "engine/data/record_index.h"
#include "engine/data/text_check.h"

namespace engine {

namespace {

constexpr std::int64_t kMaxBins = 40;

// Adds a warning about a row of the data set, counting the row once.
void warn(
    DataGate& gate, const Record& record, bool& counted, std::string code, std::string message)
{
    if (!counted && !record.warned) {
        ++gate.warned;
    }
    counted = true;
    const auto warnings =
        std::count_if(gate.problems.begin(), gate.problems.end(), [](const RowProblem& problem) {
            return problem.severity == Severity::Warning;
        });
    if (static_cast<std::size_t>(warnings) < Dataset::kMaxProblems) {
        gate.problems.push_back(
            {Severity::Warning, record.row, std::move(code), std::move(message)});
    }
}

Verdict verdict_of(const DataGate& gate)
{
    if (gate.refused > 0 || gate.accepted == 0) {
        return Verdict::Error;
    }
    return gate.warned > 0 || !gate.problems.empty() ? Verdict::Warn : Verdict::Accept;
}

void fill_histogram(const std::vector<std::int64_t>& lengths, DataGate& gate)
{
    const std::int64_t longest =
        lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
    while (longest / gate.bin_width >= kMaxBins) {
        gate.bin_width *= 2;
    }
    gate.histogram.assign(static_cast<std::size_t>(longest / gate.bin_width + 1), 0);
    for (const std::int64_t length : lengths) {
        ++gate.histogram[static_cast<std::size_t>(length / gate.bin_width)];
    }
}

// What counting the records' tokens found.
struct Counted
{
    TokenCounter counter;
    std::vector<std::size_t> ends; // of each record's examples in the counter
    std::int64_t seq_len = 0;      // tokens an example is cut at
};

// Encodes as training does: a length that is left open follows from the rows, and raw text is
// split at the longest one it could be.
Result<Counted>
count_tokens(const Dataset& dataset, const Tokenizer& tokenizer, const DataGateOptions& options)
{
    const bool open = options.seq_len == 0;
    const EncodeOptions encode = {
        options.mask_prompt,
        open ? std::min(kLongestSuggestion, options.max_position_embeddings) : options.seq_len};
    Counted counted;
    counted.ends.reserve(dataset.records.size());
    for (const Record& record : dataset.records) {
        if (options.stop.stop_requested()) {
            return Error{ErrorCode::Cancelled, "check: cancelled"};
        }
        for (const Example& example :
             encode_examples(options.chat_format, tokenizer, {&record, 1}, encode)) {
            counted.counter.add(example);
        }
        counted.ends.push_back(counted.counter.examples());
        if (options.progress && counted.ends.size() % 256 == 1) {
            options.progress(static_cast<double>(counted.ends.size() - 1)
                             / static_cast<double>(dataset.records.size()));
        }
    }
    counted.seq_len =
        open ? suggested_seq_len(counted.counter.percentile_95(), options.max_position_embeddings)
             : options.seq_len;
    return counted;
}

// Names what cutting does to one record.
void check_length(
    const Dataset& dataset, std::size_t index, const Counted& tokens, DataGate& gate, bool& counted)
{
    std::int64_t targets = 0;
    std::int64_t longest = 0;
    for (std::size_t i = index == 0 ? 0 : tokens.ends[index - 1]; i < tokens.ends[index]; ++i) {
        targets += tokens.counter.targets(i, tokens.seq_len);
        longest = std::max(longest, tokens.counter.lengths()[i]);
    }
    if (targets == 0) {
        warn(gate,
             dataset.records[index],
             counted,
             "fully_masked",
             concat("none of the first ",
                    std::min(longest, tokens.seq_len),
                    " tokens is trained; the row is left out"));
    } else if (longest > tokens.seq_len) {
        warn(gate,
             dataset.records[index],
             counted,
             "too_long",
             concat(longest, " tokens, the first ", tokens.seq_len, " are kept"));
    }
}

// The evaluation rows that are among the data, in the data's order. An evaluation file also settles
// what a single row leaves for evaluation.
std::vector<SharedRecord>
find_leaks(const Dataset& dataset, const DataGateOptions& options, DataGate& gate)
{
    if (options.evaluation == nullptr) {
        return {};
    }
    std::erase_if(gate.problems, [](const RowProblem& problem) { return problem.code == kOneRow; });
    std::vector<SharedRecord> leaks = find_shared(dataset.records, *options.evaluation);
    std::stable_sort(leaks.begin(), leaks.end(), [](const SharedRecord& a, const SharedRecord& b) {
        return a.train < b.train;
    });
    gate.leaked = static_cast<std::int64_t>(leaks.size());
    return leaks;
}

void check_template(const Dataset& dataset,
                    const Tokenizer& tokenizer,
                    const DataGateOptions& options,
                    DataGate& gate)
{
    const bool chat =
        std::any_of(dataset.records.begin(), dataset.records.end(), [](const Record& record) {
            return record.kind == Record::Kind::Messages;
        });
    if (chat && options.chat_format == ChatFormat::Plain && has_unknown_template(tokenizer)) {
        gate.problems.push_back(
            {Severity::Warning, 0, "chat_template", unknown_template_warning()});
    }
    if (chat && !tokenizer.chat_template().empty()
        && recognize_chat_format(tokenizer) != options.chat_format) {
        gate.problems.push_back({Severity::Warning,
                                 0,
                                 "chat_template",
                                 concat("the rows are rendered as ",
                                        to_string(options.chat_format),
                                        ", which is not the base model's own chat template")});
    }
}

} // namespace

std::string_view to_string(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Accept:
        return "accept";
    case Verdict::Warn:
        return "warn";
    case Verdict::Error:
        break;
    }
    return "error";
}

const std::vector<std::string>& common_control_texts()
{
    static const std::vector<std::string> kTexts = {"<|endoftext|>",
                                                    "<|im_start|>",
                                                    "<|im_end|>",
                                                    "<|begin_of_text|>",
                                                    "<|end_of_text|>",
                                                    "<|eot_id|>",
                                                    "<|start_header_id|>",
                                                    "<|end_header_id|>",
                                                    "<s>",
                                                    "</s>",
                                                    "[INST]",
                                                    "[/INST]",
                                                    "<<SYS>>",
                                                    "<start_of_turn>",
                                                    "<end_of_turn>",
                                                    "<|user|>",
                                                    "<|assistant|>",
                                                    "<|system|>",
                                                    "<|end|>"};
    return kTexts;
}

std::string find_control_text(const Record& record, const Tokenizer* tokenizer)
{
    const auto find_in = [&](std::string_view text) -> std::string {
        const std::string* found = find_word(text, common_control_texts());
        if (found == nullptr && tokenizer != nullptr) {
            found = find_word(text, tokenizer->special_token_texts());
        }
        return found == nullptr ? "" : *found;
    };
    for (const Message& message : record.messages) {
        if (std::string found = find_in(message.content); !found.empty()) {
            return found;
        }
    }
    std::string found = find_in(record.prompt);
    return found.empty() ? find_in(record.completion) : found;
}

Result<DataGate>
check_dataset(const Dataset& dataset, const Tokenizer* tokenizer, const DataGateOptions& options)
{
    DataGate gate;
    gate.container = dataset.container;
    gate.format = to_string(dataset.format);
    gate.fingerprint = dataset.fingerprint;
    gate.columns = dataset.columns;
    gate.rows = dataset.rows;
    gate.accepted = static_cast<std::int64_t>(dataset.records.size());
    gate.warned = dataset.warned;
    gate.refused = dataset.refused;
    gate.blank = dataset.blank;
    gate.duplicates = dataset.duplicates;
    gate.problems = dataset.problems;
    const std::vector<SharedRecord> leaks = find_leaks(dataset, options, gate);
    auto leak = leaks.begin();
    Counted tokens;
    if (tokenizer != nullptr) {
        Result<Counted> encoded = count_tokens(dataset, *tokenizer, options);
        if (!encoded) {
            return encoded.error();
        }
        tokens = std::move(*encoded);
    }
    for (std::size_t i = 0; i < dataset.records.size(); ++i) {
        if (options.stop.stop_requested()) {
            return Error{ErrorCode::Cancelled, "check: cancelled"};
        }
        const Record& record = dataset.records[i];
        bool counted = false;
        if (const std::string found = find_control_text(record, tokenizer); !found.empty()) {
            warn(gate,
                 record,
                 counted,
                 "control_token",
                 concat("holds ", in_quotes(found), ", which is encoded as ordinary text"));
        }
        for (; leak != leaks.end() && leak->train == i; ++leak) {
            warn(
                gate,
                record,
                counted,
                "leaked",
                concat("also in the evaluation file, row ", (*options.evaluation)[leak->eval].row));
        }
        if (tokenizer == nullptr) {
            continue;
        }
        check_length(dataset, i, tokens, gate, counted);
        const std::int64_t shown = static_cast<std::int64_t>(i) - options.preview_offset;
        if (shown >= 0 && shown < options.preview_rows) {
            gate.preview.push_back(preview_row(options.chat_format,
                                               *tokenizer,
                                               record,
                                               options.mask_prompt,
                                               options.max_preview_tokens));
        }
    }
    if (tokenizer != nullptr) {
        gate.chat_format = to_string(options.chat_format);
        gate.seq_len = tokens.seq_len;
        gate.tokens = tokens.counter.statistics(tokens.seq_len);
        fill_histogram(tokens.counter.lengths(), gate);
        check_template(dataset, *tokenizer, options, gate);
    }
    gate.verdict = verdict_of(gate);
    return gate;
}

DataGate refused_gate(const Error& error)
{
    DataGate gate;
    gate.verdict = Verdict::Error;
    gate.file_error = error;
    return gate;
}

PreviewRow preview_row(ChatFormat format,
                       const Tokenizer& tokenizer,
                       const Record& record,
                       bool mask_prompt,
                       std::int64_t max_tokens)
{
    PreviewRow preview;
    preview.row = record.row;
    preview.parts = render(format, tokenizer, record, false);
    const Example example = encode_example(format, tokenizer, record, mask_prompt);
    preview.total_tokens = static_cast<std::int64_t>(example.tokens.size());
    preview.total_targets = std::count(example.trained.begin(), example.trained.end(), 1);
    const std::int64_t shown =
        max_tokens > 0 ? std::min(max_tokens, preview.total_tokens) : preview.total_tokens;
    for (std::size_t i = 0; i < static_cast<std::size_t>(shown); ++i) {
        const std::int32_t id = example.tokens[i];
        preview.tokens.push_back({id,
                                  tokenizer.id_to_token(id),
                                  tokenizer.decode({id}, false),
                                  example.trained[i] != 0});
    }
    // A long text is shown as far as its tokens are: four bytes a token and more are plenty.
    for (RenderedPart& part : preview.parts) {
        const auto limit = static_cast<std::size_t>(max_tokens) * 8;
        if (max_tokens > 0 && part.text.size() > limit) {
            const std::string shortened = in_quotes(part.text, limit);
            part.text = shortened.substr(1, shortened.size() - 2);
        }
    }
    return preview;
}

} // namespace engine
