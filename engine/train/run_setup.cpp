// From settings to a plan, from a plan to loaded weights.
#include "engine/train/run_setup.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/core/log.h"
#include "engine/core/parallel_for.h"
#include "engine/core/platform.h"
#include "engine/model/device_choice.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/train/run_samples.h"

namespace engine {

namespace {

// LoRA-GA's batches: the first rows in file order, one row a micro-batch, each weighted to its own
// mean.
std::vector<MicroBatch> first_batches(const TrainConfig& config, const RunInputs& inputs)
{
    BatchConfig batches = batch_config(config);
    batches.micro_batch_size = 1;
    batches.grad_accum_steps = 1;
    batches.shuffle = false;
    BatchLoader loader(inputs.train, batches);
    std::vector<MicroBatch> rows;
    StepBatch batch;
    const std::int64_t wanted = std::min(config.lora_ga.batches, loader.rows_per_epoch(0));
    for (std::int64_t row = 0; row < wanted; ++row) {
        loader.step_batch(row, batch);
        rows.push_back(batch.micro_batches.front());
    }
    return rows;
}

// Progress as loading events, one per twentieth.
std::function<void(double)> loading_events(const EventSink& sink, std::string what)
{
    return [&sink, what = std::move(what), last = -1.0](double fraction) mutable {
        constexpr double kStep = 0.05;
        if (fraction - last >= kStep || (fraction >= 1.0 && last < 1.0)) {
            last = fraction;
            sink(StateEvent{"loading", fraction, what});
        }
    };
}

// The matrix library makes code and pools for every shape it meets, and they are part of the
// process from then on. Products of the run's shapes, forward and backward, let the baseline be
// measured with them in it.
void warm_up(Backend& backend, const ModelConfig& model, DType dtype)
{
    constexpr std::int64_t kRows = 64;
    for (const Target target : {Target::QProj, Target::KProj, Target::GateProj, Target::DownProj}) {
        const std::int64_t out = model.out_features(target);
        const std::int64_t in = model.in_features(target);
        Tensor weight = backend.tensor(dtype, {out, in});
        Tensor x = backend.tensor(dtype, {kRows, in});
        Tensor y = backend.tensor(dtype, {kRows, out});
        ops::zero(backend, weight);
        ops::zero(backend, x);
        ops::linear(backend, x, weight, y);
        ops::matmul(backend, {.a = y, .b = weight, .c = x});
        ops::linear(backend, x.view().rows(0, 1), weight, y.view().rows(0, 1)); // a sample's token
    }
}

// LoRA-GA sees its batches as one.
BatchExtent together(const std::vector<MicroBatch>& batches)
{
    BatchExtent extent;
    for (const MicroBatch& batch : batches) {
        extent.tokens += batch.num_tokens();
        extent.targets += batch.num_targets();
        extent.longest = std::max(extent.longest, batch.max_sequence_length());
    }
    return extent;
}

// What the evaluation's rows hold, one by one: they are the same for every size of a micro-batch.
std::vector<BatchExtent> evaluation_rows(const TrainConfig& config, const RunInputs& inputs)
{
    BatchConfig single = batch_config(config);
    single.micro_batch_size = 1;
    std::vector<BatchExtent> rows;
    for (const MicroBatch& row : evaluation_batches(inputs.eval, single)) {
        rows.push_back(extent_of({&row, 1}));
    }
    return rows;
}

// The most that any `micro_batch_size` of them, one after the other, hold together.
BatchExtent evaluation_extent(std::span<const BatchExtent> rows, std::int64_t micro_batch_size)
{
    const auto size = static_cast<std::size_t>(micro_batch_size);
    BatchExtent extent;
    for (std::size_t begin = 0; begin < rows.size(); begin += size) {
        BatchExtent batch;
        for (const BatchExtent& row : rows.subspan(begin, std::min(size, rows.size() - begin))) {
            batch.tokens += row.tokens;
            batch.targets += row.targets;
            batch.longest = std::max(batch.longest, row.longest);
        }
        extent = joined(extent, batch);
    }
    return extent;
}

// The loader before the micro-batch is chosen.
BatchConfig open_batch_config(const TrainConfig& config)
{
    BatchConfig batches = batch_config(config);
    batches.micro_batch_size = std::max<std::int64_t>(1, batches.micro_batch_size);
    batches.grad_accum_steps = std::max<std::int64_t>(1, batches.grad_accum_steps);
    return batches;
}

// Valid while the plan is.
EstimateInputs estimate_inputs(RunPlan& plan)
{
    return {.model = &plan.inputs->model,
            .base = plan.footprint,
            .memory = plan.memory,
            .extent = [&](const TrainConfig& candidate) { return batch_extent(candidate, plan); },
            .init_extent = together(plan.init_batches),
            .sample_positions = plan.sample_positions};
}

// As where memory runs out in mid-run: the same steps in smaller pieces, if there are any.
void take_what_fits(TrainConfig& config, RunPlan& plan, const EventSink& sink)
{
    TrainConfig smaller = config;
    MemoryEstimate estimate = plan.estimate;
    while (!estimate.fits && take_smaller_micro_batch(smaller)) {
        estimate = estimate_memory(*plan.backend, smaller, estimate_inputs(plan));
    }
    if (!estimate.fits) {
        return;
    }
    sink(WarningEvent{concat(does_not_fit(plan.backend->device(), config, plan.estimate).message,
                             "; the run starts with ",
                             batch_change(config, smaller))});
    config = smaller;
    plan.estimate = std::move(estimate);
    plan.loader->set_micro_batch(config.micro_batch_size, config.grad_accum_steps);
}

} // namespace

BatchExtent batch_extent(const TrainConfig& config, RunPlan& plan)
{
    const BatchExtent training =
        plan.loader->extent(config.micro_batch_size,
                            config.grad_accum_steps,
                            {.max_steps = config.max_steps, .epochs = config.epochs});
    return joined(training, evaluation_extent(plan.eval_rows, config.micro_batch_size));
}

Result<RunPlan> plan_run(TrainConfig& config, StopToken stop, const EventSink& sink)
{
    sink(StateEvent{"loading", 0.0, "opening the device"});
    Result<ChosenDevice> device =
        choose_device(config.device, {.threads = config.threads, .tf32 = config.tf32});
    if (!device) {
        return device.error();
    }
    Backend& backend = *device->backend;
    config.threads = num_threads();
    sink(StateEvent{"loading", 0.0, "reading the data"});
    Result<RunInputs> inputs = load_run_inputs(
        config, {.progress = loading_events(sink, "encoding the data"), .stop = stop});
    if (!inputs) {
        return inputs.error();
    }
    if (Result<void> resolved = resolve_seq_len(config, *inputs); !resolved) {
        return resolved.error();
    }
    const Result<BaseFootprint> footprint = base_footprint(backend, config.base_model, config);
    if (!footprint) {
        return footprint.error();
    }
    RunPlan plan;
    plan.backend = std::move(device->backend);
    plan.device_note = std::move(device->note);
    plan.inputs = std::move(*inputs);
    if (config.method == Method::Lora && config.init == Init::LoraGa) {
        plan.init_batches = first_batches(config, *plan.inputs);
    }
    plan.footprint = *footprint;
    plan.sample_positions = sample_positions(
        sample_prompts(config, *plan.inputs), config.sample_tokens, plan.inputs->model);
    warm_up(*plan.backend, plan.inputs->model, config.dtype);
    plan.loader.emplace(std::move(plan.inputs->train), open_batch_config(config));
    plan.eval_rows = evaluation_rows(config, *plan.inputs);
    plan.memory = plan.backend->memory();
    plan.estimate = choose_micro_batch(*plan.backend, config, estimate_inputs(plan));
    plan.loader->set_micro_batch(config.micro_batch_size, config.grad_accum_steps);
    if (Result<void> resolved = resolve_steps(config, *plan.loader); !resolved) {
        return resolved.error();
    }
    if (const auto warning = budget_warning(config, plan.estimate)) {
        sink(WarningEvent{warning->message});
    }
    for (const std::string& warning : plan.inputs->warnings) {
        sink(WarningEvent{warning});
    }
    return plan;
}

Result<RunSetup> prepare_run(TrainConfig& config, StopToken stop, const EventSink& sink)
{
    const TrainConfig asked = config;
    Result<RunPlan> plan = plan_run(config, stop, sink);
    if (!plan) {
        return plan.error();
    }
    const bool on_gpu = !plan->backend->shares_host_memory();
    if (!plan->estimate.fits && on_gpu) {
        take_what_fits(config, *plan, sink);
    }
    if (!plan->estimate.fits && on_gpu && asked.device == "auto") {
        const Error too_small = does_not_fit(plan->backend->device(), config, plan->estimate);
        config = asked;
        config.device = "cpu";
        plan = plan_run(config, stop, sink);
        if (!plan) {
            return plan.error();
        }
        plan->device_note = too_small.message + ". The CPU computes.";
    }
    if (!plan->estimate.fits) {
        return does_not_fit(plan->backend->device(), config, plan->estimate);
    }
    if (!plan->device_note.empty()) {
        log(LogLevel::Info, plan->device_note);
        sink(StateEvent{"loading", 0.0, plan->device_note});
    }
    RunSetup setup;
    static_cast<RunPlan&>(setup) = std::move(*plan);
    Result<std::unique_ptr<TrainingState>> state = TrainingState::create(
        *setup.backend, config, loading_events(sink, "loading the model"), stop);
    if (!state) {
        return state.error();
    }
    setup.state = std::move(*state);
    return setup;
}

} // namespace engine
