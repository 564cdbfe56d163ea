// Reads, encodes, splits.
#include "engine/train/run_inputs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/random.h"
#include "engine/data/record_index.h"
#include "engine/train/config_text.h"
#include "engine/train/learning_rate.h"

namespace engine {

namespace {

constexpr std::uint64_t kSplitStream =
    0x73706C6974; // "split": apart from every other random stream
constexpr std::size_t kSampleRecords = 2;
constexpr std::size_t kNamedLeaks = 3;

std::string row_counts(const Dataset& dataset, const std::string& path)
{
    return concat(path,
                  ": ",
                  dataset.rows,
                  " rows, ",
                  dataset.records.size(),
                  " accepted, ",
                  dataset.refused,
                  " refused, ",
                  dataset.warned,
                  " with a warning");
}

Result<Dataset> read_data(const TrainConfig& config,
                          const std::string& path,
                          const LoadInputsOptions& options,
                          std::vector<std::string>& warnings)
{
    const Result<DataFormat> format = parse_data_format(config.data_format);
    if (!format) {
        return format.error();
    }
    Result<Dataset> dataset = read_dataset(
        path, {.format = *format, .column_map = config.column_map, .stop = options.stop});
    if (!dataset) {
        return dataset;
    }
    if (dataset->records.empty()) {
        std::string first;
        if (!dataset->problems.empty()) {
            first = concat(
                "; row ", dataset->problems.front().row, ": ", dataset->problems.front().message);
        }
        return Error{ErrorCode::InvalidConfig,
                     concat(path, ": none of ", dataset->rows, " rows can be used", first),
                     "lowrank check lists the problem of every row"};
    }
    if (dataset->refused > 0 || dataset->warned > 0) {
        warnings.push_back(row_counts(*dataset, path));
    }
    return dataset;
}

Result<std::vector<Example>> encode(const std::vector<Record>& records,
                                    const RunInputs& inputs,
                                    const TrainConfig& config,
                                    const LoadInputsOptions& options)
{
    EncodeOptions encoding;
    encoding.mask_prompt = config.mask_prompt;
    encoding.seq_len = config.seq_len > 0
                           ? config.seq_len
                           : std::min(kLongestSuggestion, inputs.model.max_position_embeddings);
    encoding.stop = options.stop;
    encoding.progress = options.progress;
    std::vector<Example> examples =
        encode_examples(inputs.chat_format, inputs.tokenizer, records, encoding);
    if (options.stop.stop_requested()) {
        return Error{ErrorCode::Cancelled, "encoding the data: stopped"};
    }
    return examples;
}

// Moves a random share of the records, chosen by the seed alone, to the end result; both parts keep
// the file's order.
std::vector<Record> hold_out(std::vector<Record>& records, double fraction, std::uint64_t seed)
{
    const std::size_t total = records.size();
    const auto wanted =
        static_cast<std::size_t>(std::max(1.0, std::floor(static_cast<double>(total) * fraction)));
    std::vector<std::size_t> order(total);
    for (std::size_t i = 0; i < total; ++i) {
        order[i] = i;
    }
    Random random(seed, kSplitStream);
    for (std::size_t i = total; i > 1; --i) {
        std::swap(order[i - 1], order[random.below(i)]);
    }
    std::vector<bool> held(total, false);
    for (std::size_t i = 0; i < std::min(wanted, total - 1); ++i) {
        held[order[i]] = true;
    }
    std::vector<Record> kept;
    std::vector<Record> out;
    for (std::size_t i = 0; i < total; ++i) {
        (held[i] ? out : kept).push_back(std::move(records[i]));
    }
    records = std::move(kept);
    return out;
}

Result<std::vector<Record>> eval_records(const TrainConfig& config,
                                         std::vector<Record>& records,
                                         const LoadInputsOptions& options,
                                         std::vector<std::string>& warnings)
{
    if (config.eval_data.empty()) {
        return std::vector<Record>();
    }
    if (const Result<double> fraction = parse_number("eval_data", config.eval_data); fraction) {
        return hold_out(records, *fraction, config.seed);
    }
    Result<Dataset> dataset = read_data(config, config.eval_data, options, warnings);
    if (!dataset) {
        return dataset.error();
    }
    return std::move(dataset->records);
}

// Rows to evaluate on that are trained on as well make the evaluation say too much.
void warn_of_leaks(const std::vector<Record>& train,
                   const std::vector<Record>& eval,
                   std::vector<std::string>& warnings)
{
    const std::vector<SharedRecord> shared = find_shared(train, eval);
    if (shared.empty()) {
        return;
    }
    std::string rows;
    for (std::size_t i = 0; i < std::min(shared.size(), kNamedLeaks); ++i) {
        rows += concat(i == 0 ? "" : ", ",
                       "row ",
                       eval[shared[i].eval].row,
                       " (training row ",
                       train[shared[i].train].row,
                       ")");
    }
    warnings.push_back(concat(shared.size(),
                              " of ",
                              eval.size(),
                              " evaluation rows are also trained on: ",
                              rows,
                              shared.size() > kNamedLeaks ? ", ..." : "",
                              "; take them out of one of the two, or the evaluation loss says "
                              "too little"));
}

std::vector<Record> choose_sample_records(const std::vector<Record>& train,
                                          const std::vector<Record>& eval)
{
    std::vector<Record> chosen;
    for (const Record& record : eval.empty() ? train : eval) {
        if (chosen.size() == kSampleRecords) {
            break;
        }
        if (record.kind != Record::Kind::Text) {
            chosen.push_back(record);
        }
    }
    return chosen;
}

} // namespace

std::vector<TrainConfig::FieldError> warnings_for_base(const TrainConfig& config)
{
    const Result<ModelConfig> model = ModelConfig::load(config.base_model);
    return config.warnings(usual_learning_rate(model ? model->parameter_count() : 0));
}

Result<ChatFormat> resolve_chat_format(const std::string& name, const Tokenizer& tokenizer)
{
    return name == "auto" ? Result<ChatFormat>(recognize_chat_format(tokenizer))
                          : parse_chat_format(name);
}

Result<RunInputs> load_run_inputs(const TrainConfig& config, const LoadInputsOptions& options)
{
    const std::filesystem::path base(config.base_model);
    Result<ModelConfig> model = ModelConfig::load(base);
    if (!model) {
        return model.error();
    }
    Result<Tokenizer> tokenizer = Tokenizer::load(base);
    if (!tokenizer) {
        return tokenizer.error();
    }
    const Result<ChatFormat> format = resolve_chat_format(config.chat_format, *tokenizer);
    if (!format) {
        return format.error();
    }
    if (tokenizer->vocab_size() > model->vocab_size) {
        return Error{ErrorCode::InvalidConfig,
                     concat(base.string(),
                            ": the tokenizer has ids up to ",
                            tokenizer->vocab_size() - 1,
                            ", the model's vocab_size is ",
                            model->vocab_size)};
    }
    RunInputs inputs{
        .model = std::move(*model), .tokenizer = std::move(*tokenizer), .chat_format = *format};
    Result<Dataset> dataset = read_data(config, config.dataset, options, inputs.warnings);
    if (!dataset) {
        return dataset.error();
    }
    inputs.data_fingerprint = dataset->fingerprint;
    const bool chat =
        std::any_of(dataset->records.begin(), dataset->records.end(), [](const Record& record) {
            return record.kind == Record::Kind::Messages;
        });
    if (chat && *format == ChatFormat::Plain && has_unknown_template(inputs.tokenizer)) {
        inputs.warnings.push_back(unknown_template_warning());
    }
    Result<std::vector<Record>> held_out =
        eval_records(config, dataset->records, options, inputs.warnings);
    if (!held_out) {
        return held_out.error();
    }
    warn_of_leaks(dataset->records, *held_out, inputs.warnings);
    inputs.sample_records = choose_sample_records(dataset->records, *held_out);
    Result<std::vector<Example>> train = encode(dataset->records, inputs, config, options);
    if (!train) {
        return train.error();
    }
    Result<std::vector<Example>> eval = encode(*held_out, inputs, config, options);
    if (!eval) {
        return eval.error();
    }
    inputs.train = std::move(*train);
    inputs.eval = std::move(*eval);
    return inputs;
}

BatchConfig batch_config(const TrainConfig& config)
{
    return {.micro_batch_size = config.micro_batch_size,
            .grad_accum_steps = config.grad_accum_steps,
            .seq_len = config.seq_len,
            .packing = config.packing,
            .shuffle = config.shuffle,
            .seed = config.seed};
}

Result<void> resolve_seq_len(TrainConfig& config, RunInputs& inputs)
{
    const std::int64_t positions = inputs.model.max_position_embeddings;
    if (config.seq_len == 0) {
        config.seq_len = suggested_seq_len(
            token_statistics(inputs.train, kLongestSuggestion).percentile_95, positions);
    }
    if (config.seq_len > positions) {
        return Error{ErrorCode::InvalidConfig,
                     concat("seq_len: ",
                            config.seq_len,
                            " is more than the model's ",
                            positions,
                            " positions")};
    }
    inputs.statistics = token_statistics(inputs.train, config.seq_len);
    if (inputs.statistics.targets == 0) {
        return Error{ErrorCode::InvalidConfig,
                     concat(config.dataset,
                            ": no token to train on in ",
                            inputs.statistics.examples,
                            " examples cut at ",
                            config.seq_len,
                            " tokens"),
                     "choose a larger seq_len, or train on the prompts too (mask_prompt off)"};
    }
    if (inputs.statistics.cut > 0) {
        inputs.warnings.push_back(concat(inputs.statistics.cut,
                                         " of ",
                                         inputs.statistics.examples,
                                         " examples are longer than seq_len ",
                                         config.seq_len,
                                         " and are cut; the longest has ",
                                         inputs.statistics.longest,
                                         " tokens"));
    }
    if (inputs.statistics.fully_masked > 0) {
        inputs.warnings.push_back(concat(inputs.statistics.fully_masked,
                                         " examples have no token to train on after cutting and "
                                         "are left out"));
    }
    return {};
}

Result<void> resolve_steps(TrainConfig& config, BatchLoader& loader)
{
    if (config.max_steps == 0) {
        const auto whole = static_cast<std::int64_t>(std::floor(config.epochs));
        for (std::int64_t epoch = 0; epoch < whole; ++epoch) {
            config.max_steps += loader.steps_per_epoch(epoch);
        }
        const double part = config.epochs - static_cast<double>(whole);
        if (part > 0.0) {
            config.max_steps += static_cast<std::int64_t>(
                std::ceil(part * static_cast<double>(loader.steps_per_epoch(whole))));
        }
    }
    if (config.max_steps < 1) {
        return Error{ErrorCode::InvalidConfig,
                     concat("max_steps: ", loader.examples(), " examples make no step")};
    }
    if (config.warmup_steps < 0) {
        // At most half of a short run: its first step has rate 0, and would be all of it.
        config.warmup_steps =
            std::min(warmup_steps_of(config.warmup_ratio, config.max_steps), config.max_steps / 2);
    }
    return {};
}

} // namespace engine
