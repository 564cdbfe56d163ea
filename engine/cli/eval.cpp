// lowrank eval: loss and perplexity on a data file, and the share of exactly right answers.
#include <algorithm>
#include <iostream>
#include <optional>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/core/platform.h"
#include "engine/tensor/memory_check.h"
#include "engine/train/evaluator.h"
#include "engine/train/exact_match.h"
#include "engine/train/run_inputs.h"
#include "engine/worker/resident_model.h"

namespace cli {

namespace {

using engine::Json;

struct EvalData
{
    engine::ChatFormat format = engine::ChatFormat::Plain;
    std::vector<engine::Record> records;
    std::vector<engine::MicroBatch> batches;
    engine::BatchConfig shape;
    std::int64_t refused = 0; // rows left out
};

// Rows that cannot be read are no part of the score, so they are told.
void note_refused(const engine::Dataset& dataset, const std::string& path)
{
    const auto first = std::find_if(
        dataset.problems.begin(), dataset.problems.end(), [](const engine::RowProblem& problem) {
            return problem.severity == engine::Severity::Error;
        });
    const std::string reason = first == dataset.problems.end()
                                   ? ""
                                   : engine::concat("; row ", first->row, ": ", first->message);
    if (dataset.records.empty()) {
        throw engine::EngineError(
            {engine::ErrorCode::Format,
             engine::concat(path, ": none of ", dataset.rows, " rows can be used", reason),
             "lowrank check lists the problem of every row"});
    }
    if (dataset.refused > 0) {
        std::cerr << "note: " << path << ": " << dataset.refused << " of " << dataset.rows
                  << " rows are refused and left out" << reason << "\n";
    }
}

// Longer rows than the model has positions for cannot be computed.
void check_length(std::int64_t seq_len, std::int64_t positions)
{
    if (seq_len > positions) {
        throw engine::EngineError({engine::ErrorCode::InvalidArgument,
                                   engine::concat("--seq-len is ",
                                                  seq_len,
                                                  ", wanted at most the model's ",
                                                  positions,
                                                  " positions"),
                                   "choose a smaller --seq-len"});
    }
}

EvalData read_data(const EvalArguments& arguments,
                   const engine::ResidentModel& model,
                   const engine::StopToken& stop)
{
    const engine::CheckCommand command = data_command(arguments.data, arguments.base);
    engine::DatasetOptions options;
    options.format = engine::value_or_throw(engine::parse_data_format(command.format));
    options.column_map = command.column_map;
    options.stop = stop;
    engine::Dataset dataset =
        engine::value_or_throw(engine::read_dataset(command.dataset, options));
    note_refused(dataset, command.dataset);
    EvalData data;
    data.refused = dataset.refused;
    data.records = std::move(dataset.records);
    if (arguments.limit > 0 && arguments.limit < static_cast<std::int64_t>(data.records.size())) {
        data.records.resize(static_cast<std::size_t>(arguments.limit));
    }
    data.format =
        engine::value_or_throw(engine::resolve_chat_format(command.chat_format, model.tokenizer()));
    const std::int64_t positions = model.base().config().max_position_embeddings;
    check_length(arguments.seq_len, positions);
    engine::EncodeOptions encoding;
    encoding.mask_prompt = command.mask_prompt;
    encoding.seq_len =
        arguments.seq_len > 0 ? arguments.seq_len : std::min(engine::kLongestSuggestion, positions);
    encoding.stop = stop;
    const std::vector<engine::Example> examples =
        engine::encode_examples(data.format, model.tokenizer(), data.records, encoding);
    if (stop.stop_requested()) {
        throw engine::EngineError({engine::ErrorCode::Cancelled, "encoding the data: stopped"});
    }
    data.shape.micro_batch_size = arguments.micro_batch_size;
    data.shape.seq_len =
        arguments.seq_len > 0
            ? arguments.seq_len
            : engine::suggested_seq_len(engine::token_statistics(examples, positions).percentile_95,
                                        positions);
    data.batches = engine::evaluation_batches(examples, data.shape);
    if (data.batches.empty()) {
        throw engine::EngineError(
            {engine::ErrorCode::InvalidArgument,
             engine::concat(command.dataset,
                            ": none of ",
                            examples.size(),
                            " rows has an answer token within ",
                            data.shape.seq_len,
                            " tokens"),
             "choose a larger --seq-len, or score the prompts too (--mask-prompt off)"});
    }
    return data;
}

engine::TransformerLimits limits_of(const engine::BaseModel& base,
                                    const std::vector<engine::MicroBatch>& batches)
{
    engine::TransformerLimits limits;
    limits.backward = false;
    limits.quantized_base = base.base_quant() != engine::ops::QuantType::None;
    for (const engine::MicroBatch& batch : batches) {
        limits.max_tokens = std::max(limits.max_tokens, batch.num_tokens());
        limits.max_sequence_length =
            std::max(limits.max_sequence_length, batch.max_sequence_length());
    }
    return limits;
}

// `records`: how many there were to answer.
Json match_json(const engine::ExactMatch& match, std::size_t records)
{
    Json rows = Json::array();
    for (const engine::ExactMatch::Row& row : match.rows) {
        rows.push_back({{"row", row.row},
                        {"prompt", row.prompt},
                        {"wanted", row.wanted},
                        {"found", row.found},
                        {"matches", row.matches}});
    }
    const auto total = static_cast<double>(match.rows.size());
    return {{"matches", match.matches},
            {"rows", match.rows.size()},
            {"skipped", records - match.rows.size()},
            {"share", static_cast<double>(match.matches) / total},
            {"answers", std::move(rows)}};
}

} // namespace

int run(const EvalArguments& arguments)
{
    check_base(arguments.base);
    engine::StopSource stop;
    engine::stop_on_signals(stop);
    const engine::StopToken token(stop);
    const auto model = engine::value_or_throw(
        engine::ResidentModel::load(arguments.base, arguments.resident, {}, token));
    if (!arguments.adapter.empty()) {
        engine::value_or_throw(model->load_adapter("adapter", arguments.adapter));
    }
    const engine::LoraAdapter* adapter = model->adapter("adapter");
    if (adapter != nullptr) {
        note_base_quant(*adapter, model->base());
        note_other_base(arguments.adapter, arguments.base);
    }
    const EvalData data = read_data(arguments, *model, token);
    const engine::TransformerLimits limits = limits_of(model->base(), data.batches);
    const engine::LoraConfig* layout = adapter == nullptr ? nullptr : &adapter->config();
    engine::value_or_throw(engine::check_memory(
        model->backend(),
        "the evaluation",
        engine::Transformer::arena_bytes(
            model->backend(), model->base().config(), model->base().dtype(), limits, layout),
        "choose a smaller --micro-batch-size or --seq-len"));
    engine::Transformer transformer(model->backend(), model->base(), limits, layout);
    const engine::Evaluation evaluation =
        engine::value_or_throw(engine::evaluate(transformer, data.batches, adapter, token));
    Json answer = {{"loss", evaluation.loss},
                   {"perplexity", evaluation.perplexity},
                   {"tokens", evaluation.tokens},
                   {"targets", evaluation.targets},
                   {"refused", data.refused}};
    if (arguments.exact_match) {
        const engine::ExactMatch match =
            engine::value_or_throw(engine::exact_match(model->backend(),
                                                       model->base(),
                                                       adapter,
                                                       model->tokenizer(),
                                                       data.format,
                                                       data.records,
                                                       arguments.max_new_tokens,
                                                       token));
        answer["exact_match"] = match_json(match, data.records.size());
        if (match.rows.size() < data.records.size()) {
            std::cerr
                << "note: --exact-match skipped " << data.records.size() - match.rows.size()
                << " of " << data.records.size()
                << " rows, which are plain text or whose question fills the model's positions\n";
        }
    }
    if (arguments.json) {
        print_json(answer);
        return 0;
    }
    std::cout << "loss " << evaluation.loss << "  perplexity " << evaluation.perplexity << "  "
              << count_text(evaluation.targets) << " targets in " << count_text(evaluation.tokens)
              << " tokens\n";
    if (arguments.exact_match) {
        std::cout << "exact match " << answer["exact_match"]["matches"] << " of "
                  << answer["exact_match"]["rows"] << " ("
                  << 100.0 * answer["exact_match"]["share"].get<double>() << " %)\n";
    }
    return 0;
}

} // namespace cli
