// Data gate and plan as answers.
#include "engine/worker/check_data.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/core/platform.h"
#include "engine/data/data_gate.h"
#include "engine/model/device_choice.h"
#include "engine/train/config_text.h"
#include "engine/train/run_setup.h"

namespace engine {

namespace {

Json finished_gate(const DataGate& gate, const CheckCommand& command)
{
    Json answer = {{"event", "checked"}, {"path", command.dataset}};
    answer.update(to_json(gate));
    return answer;
}

Json field_list(const std::vector<TrainConfig::FieldError>& fields)
{
    Json list = Json::array();
    for (const TrainConfig::FieldError& field : fields) {
        list.push_back({{"field", field.field}, {"message", field.message}});
    }
    return list;
}

Json estimated(const TrainConfig& config, const ModelConfig& model, const MemoryEstimate& estimate)
{
    Json terms = Json::array();
    for (const MemoryTerm& term : estimate.terms) {
        terms.push_back({{"name", term.name}, {"bytes", term.bytes}});
    }
    return {{"event", "estimated"},
            {"fits", estimate.fits},
            {"total_bytes", estimate.total_bytes},
            {"available_bytes", estimate.available_bytes},
            {"terms", std::move(terms)},
            {"micro_batch_size", config.micro_batch_size},
            {"grad_accum_steps", config.grad_accum_steps},
            {"seq_len", config.seq_len},
            {"max_steps", config.max_steps},
            {"trainable_parameters",
             config.method == Method::Full ? model.parameter_count()
                                           : config.lora.parameter_count(model)}};
}

// What the evaluation file itself adds to the verdict.
void judge_evaluation(const Result<Dataset>& evaluation, const std::string& path, DataGate& gate)
{
    const auto add = [&](Severity severity, std::string message) {
        gate.problems.push_back({severity, 0, "eval_data", std::move(message)});
        gate.verdict =
            std::max(gate.verdict, severity == Severity::Error ? Verdict::Error : Verdict::Warn);
    };
    if (!evaluation) {
        add(Severity::Error, evaluation.error().message);
    } else if (evaluation->records.empty()) {
        add(Severity::Error,
            concat(path, ": none of ", evaluation->rows, " evaluation rows can be used"));
    } else if (evaluation->refused > 0) {
        add(Severity::Warning,
            concat(path,
                   ": ",
                   evaluation->refused,
                   " of ",
                   evaluation->rows,
                   " evaluation rows are refused; check the file by itself to see why"));
    }
}

// Rows as long as seq_len stand in for the data.
Result<Json> estimate_without_data(TrainConfig& config)
{
    const Result<ModelConfig> model = ModelConfig::load(config.base_model);
    if (!model) {
        return model.error();
    }
    const Result<ChosenDevice> device =
        choose_device(config.device, {.threads = config.threads, .tf32 = config.tf32});
    if (!device) {
        return device.error();
    }
    Backend& backend = *device->backend;
    const Result<BaseFootprint> footprint = base_footprint(backend, config.base_model, config);
    if (!footprint) {
        return footprint.error();
    }
    EstimateInputs inputs;
    inputs.model = &*model;
    inputs.base = *footprint;
    inputs.memory = backend.memory();
    inputs.extent = [](const TrainConfig& candidate) { // full rows: no data is known here
        const std::int64_t tokens = candidate.micro_batch_size * candidate.seq_len;
        return BatchExtent{.tokens = tokens, .targets = tokens, .longest = candidate.seq_len};
    };
    inputs.init_extent = {.tokens = config.lora_ga.batches * config.seq_len,
                          .targets = config.lora_ga.batches * config.seq_len,
                          .longest = config.seq_len};
    const MemoryEstimate estimate = choose_micro_batch(backend, config, inputs);
    return estimated(config, *model, estimate);
}

} // namespace

Result<Json> check_data(const CheckCommand& command,
                        const std::function<void(double fraction)>& progress,
                        StopToken stop)
{
    std::optional<Tokenizer> tokenizer;
    DataGateOptions options;
    options.mask_prompt = command.mask_prompt;
    options.preview_rows = command.preview_rows;
    options.preview_offset = command.preview_offset;
    options.stop = stop;
    options.progress = progress;
    options.seq_len = std::max<std::int64_t>(0, command.seq_len);
    if (!command.base_model.empty()) {
        Result<Tokenizer> loaded = Tokenizer::load(command.base_model);
        if (!loaded) {
            return loaded.error();
        }
        tokenizer.emplace(std::move(*loaded));
        const Result<ChatFormat> format = resolve_chat_format(command.chat_format, *tokenizer);
        if (!format) {
            return format.error();
        }
        options.chat_format = *format;
        // A folder that holds a tokenizer alone has no positions that would limit the length.
        if (const Result<ModelConfig> model = ModelConfig::load(command.base_model); model) {
            options.max_position_embeddings = model->max_position_embeddings;
        }
    }
    const Result<DataFormat> format = parse_data_format(command.format);
    if (!format) {
        return format.error();
    }
    if (parse_number("eval_data", command.eval_data)) {
        return Error{ErrorCode::InvalidArgument,
                     concat("eval_data: ",
                            command.eval_data,
                            " is a share of the data; a file is wanted to compare it with"),
                     "name the evaluation file, or leave eval_data out"};
    }
    DatasetOptions reading;
    reading.format = *format;
    reading.column_map = command.column_map;
    reading.progress = progress;
    reading.stop = stop;
    const Result<Dataset> dataset = read_dataset(command.dataset, reading);
    if (!dataset) {
        if (dataset.error().code == ErrorCode::Cancelled) {
            return dataset.error();
        }
        DataGate gate = refused_gate(dataset.error());
        gate.columns = find_columns(command.dataset, stop); // to be mapped by a person
        return finished_gate(gate, command);
    }
    std::optional<Result<Dataset>> evaluation;
    if (!command.eval_data.empty()) {
        // As a run reads it: with the format and the columns of the data.
        evaluation.emplace(read_dataset(command.eval_data, reading));
        if (!*evaluation && evaluation->error().code == ErrorCode::Cancelled) {
            return evaluation->error();
        }
        options.evaluation = *evaluation ? &(*evaluation)->records : nullptr;
    }
    Result<DataGate> gate = check_dataset(*dataset, tokenizer ? &*tokenizer : nullptr, options);
    if (!gate) {
        return gate.error();
    }
    if (evaluation) {
        judge_evaluation(*evaluation, command.eval_data, *gate);
    }
    Json answer = finished_gate(*gate, command);
    if (evaluation) {
        answer["eval_rows"] = *evaluation ? (*evaluation)->records.size() : 0;
    }
    if (gate->tokens) {
        answer["suggested_seq_len"] =
            suggested_seq_len(gate->tokens->percentile_95, options.max_position_embeddings);
    }
    return answer;
}

Result<Json> estimate_run(TrainConfig config, StopToken stop)
{
    std::vector<TrainConfig::FieldError> problems = config.validate();
    const bool without_data = config.dataset.empty() && config.seq_len > 0;
    if (without_data) {
        std::erase_if(problems, [](const auto& problem) { return problem.field == "data"; });
    }
    std::vector<TrainConfig::FieldError> warnings = warnings_for_base(config);
    Json answer = {{"event", "estimated"}, {"fits", false}};
    if (problems.empty() && without_data) {
        Result<Json> estimate = estimate_without_data(config);
        if (!estimate) {
            return estimate;
        }
        answer = std::move(*estimate);
    } else if (problems.empty()) {
        const Result<RunPlan> plan = plan_run(config, stop, [](const TrainEvent&) {});
        if (!plan) {
            return plan.error();
        }
        answer = estimated(config, plan->inputs->model, plan->estimate);
        if (auto warning = budget_warning(config, plan->estimate)) {
            warnings.push_back(std::move(*warning));
        }
    }
    answer["problems"] = field_list(problems);
    answer["warnings"] = field_list(warnings);
    return answer;
}

} // namespace engine
