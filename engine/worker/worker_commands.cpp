// What each command does: calls into the engine, answers as answers.h writes them.
#include <optional>
#include <utility>

#include "engine/core/platform.h"
#include "engine/data/data_gate.h"
#include "engine/model/base_fingerprint.h"
#include "engine/model/merge.h"
#include "engine/train/adapter_analysis.h"
#include "engine/train/run_setup.h"
#include "engine/train/trainer.h"
#include "engine/worker/answers.h"
#include "engine/worker/check_data.h"
#include "engine/worker/inspect.h"
#include "engine/worker/worker.h"

namespace engine {

void Worker::execute(const TrainCommand& command, std::int64_t id)
{
    run_to_end(command.run_dir, id, train_run);
}

void Worker::execute(const ResumeRunCommand& command, std::int64_t id)
{
    run_to_end(command.run_dir, id, resume_run);
}

void Worker::run_to_end(const std::string& run_dir, std::int64_t id, RunFunction function)
{
    const std::shared_ptr<RunControl> control = m_run;
    stop_on_signals(control->stop_source());
    // Who reads the last event may send the next run at once: it leaves when this one is over.
    std::optional<TrainEvent> last;
    const Result<FinishedEvent> result = function(run_dir, *control, [&](const TrainEvent& event) {
        if (std::holds_alternative<FinishedEvent>(event)
            || std::holds_alternative<FailedEvent>(event)) {
            last = event;
        } else {
            m_writer.post(event, id);
        }
    });
    stop_on_signals(m_idle_stop);
    {
        const std::lock_guard lock(m_mutex);
        m_run = nullptr;
        const bool cut_off = control->stop_requested() && !m_stop_commanded;
        m_stop_commanded = false;
        if (!result && ends_process(result.error())) {
            m_exit_code = exit_code(result.error().code);
        } else if (cut_off) {
            m_exit_code = exit_code(ErrorCode::Cancelled);
        }
    }
    if (last) {
        m_writer.post(*last, id);
    }
}

void Worker::execute(const LoadModelCommand& command, std::int64_t id)
{
    m_resident.reset(); // two bases at once may not fit
    Result<std::unique_ptr<ResidentModel>> loaded = ResidentModel::load(
        command.base_model,
        {.dtype = command.dtype, .base_quant = command.base_quant, .device = command.device},
        [&](double fraction) { m_writer.post(state_answer("loading", fraction), id); },
        StopToken(*m_cancel));
    if (!loaded) {
        fail(loaded.error(), id);
        return;
    }
    m_resident = std::move(*loaded);
    m_writer.post(loaded_model_answer(*m_resident), id);
}

void Worker::execute(const LoadAdapterCommand& command, std::int64_t id)
{
    ResidentModel& resident = value_or_throw(loaded_model());
    value_or_throw(resident.load_adapter(command.key, command.path));
    warn_of_other_base(command.path, resident.base().folder(), id);
    m_writer.post(loaded_adapter_answer(command.key, command.path, *resident.adapter(command.key)),
                  id);
}

void Worker::execute(const UnloadAdapterCommand& command, std::int64_t id)
{
    value_or_throw(value_or_throw(loaded_model()).get().unload_adapter(command.key));
    m_writer.post(done_answer("unload_adapter"), id);
}

void Worker::execute(const GenerateCommand& command, std::int64_t id)
{
    ResidentModel& resident = value_or_throw(loaded_model());
    const ResidentModel::Answer answer = value_or_throw(resident.generate(
        command,
        [&](const std::string& text) { m_writer.post(token_answer(text), id); },
        StopToken(*m_cancel)));
    m_writer.post(generated_answer(command.adapter, answer), id);
}

void Worker::warn_of_other_base(const std::filesystem::path& adapter,
                                const std::filesystem::path& base,
                                std::int64_t id)
{
    if (std::string warning = other_base_warning(adapter, base); !warning.empty()) {
        m_writer.post(TrainEvent(WarningEvent{std::move(warning)}), id);
    }
}

Result<std::reference_wrapper<ResidentModel>> Worker::loaded_model()
{
    if (m_resident == nullptr) {
        return Error{
            ErrorCode::InvalidArgument, "no base model is loaded", "send load_model first"};
    }
    return std::ref(*m_resident);
}

void Worker::execute(const MergeCommand& command, std::int64_t id)
{
    MergeOptions options;
    options.dtype = value_or_throw(parse_export_dtype(command.dtype));
    options.max_shard_bytes = command.max_shard_bytes;
    options.progress = [&](double fraction, const std::string& what) {
        m_writer.post(TrainEvent(StateEvent{"merging", fraction, what}), id);
    };
    options.stop = StopToken(*m_cancel);
    warn_of_other_base(command.adapter, command.base_model, id);
    const std::unique_ptr<Backend> backend = value_or_throw(make_backend({}));
    const ExportCheck check = value_or_throw(
        merge_to_folder(*backend, command.base_model, command.adapter, command.out, options));
    m_writer.post(exported_answer("hf", command.out, check), id);
}

void Worker::execute(const ExportCommand& command, std::int64_t id)
{
    if (command.format == "hf") {
        MergeCommand merge;
        merge.base_model = command.base_model;
        merge.adapter = command.adapter;
        merge.out = command.out;
        merge.dtype = command.dtype;
        execute(merge, id);
        return;
    }
    value_or_throw(check_export_format(command.format));
    warn_of_other_base(command.adapter, command.base_model, id);
    const std::unique_ptr<Backend> backend = value_or_throw(make_backend({}));
    const ExportCheck check =
        value_or_throw(export_peft(*backend, command.base_model, command.adapter, command.out));
    m_writer.post(exported_answer("peft", command.out, check), id);
}

void Worker::execute(const InspectCommand& command, std::int64_t id)
{
    m_writer.post(value_or_throw(inspect(command.path)), id);
}

void Worker::execute(const CheckCommand& command, std::int64_t id)
{
    m_writer.post(
        value_or_throw(check_data(
            command,
            [&](double fraction) { m_writer.post(state_answer("checking", fraction), id); },
            StopToken(*m_cancel))),
        id);
}

void Worker::execute(const EstimateCommand& command, std::int64_t id)
{
    const TrainConfig config = value_or_throw(TrainConfig::from_json(command.config));
    m_writer.post(value_or_throw(estimate_run(config, StopToken(*m_cancel))), id);
}

void Worker::execute(const DevicesCommand& /*command*/, std::int64_t id)
{
    m_writer.post(devices_answer(list_devices()), id);
}

void Worker::execute(const AnalyzeCommand& command, std::int64_t id)
{
    const std::unique_ptr<Backend> backend = value_or_throw(make_backend({}));
    const ModelConfig config = value_or_throw(ModelConfig::load(command.base_model));
    const LoraAdapter adapter =
        value_or_throw(load_adapter(*backend, config, command.adapter, DType::F32));
    LoadOptions options;
    // As the weights are stored, so that they are read where they lie.
    options.dtype = config.torch_dtype == "bfloat16" ? DType::BF16 : DType::F32;
    options.progress = [&](double fraction) {
        m_writer.post(state_answer("loading", fraction), id);
    };
    options.stop = StopToken(*m_cancel);
    const BaseModel base = value_or_throw(BaseModel::load(*backend, command.base_model, options));
    m_writer.post(TrainEvent(StateEvent{"analyzing"}), id);
    m_writer.post(analyzed_answer(command.adapter, analyze_adapter(*backend, base, adapter)), id);
}

} // namespace engine
