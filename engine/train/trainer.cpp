// Prepares a run, hands it to the loop, and writes down how it ended.
// One file because it is the course of one run.
#include "engine/train/trainer.h"

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "engine/core/build_config.h"
#include "engine/core/platform.h"
#include "engine/train/memory_estimate.h"
#include "engine/train/run_setup.h"
#include "engine/train/training_loop.h"

namespace engine {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

enum class Start { Fresh, Resume };

class Run
{
public:
    Run(const fs::path& run_dir, RunControl& control, const EventSink& sink)
        : m_folder(run_dir)
        , m_control(control)
        , m_sink([this, &sink](const TrainEvent& event) {
            log(event);
            if (const auto* saved = std::get_if<CheckpointEvent>(&event)) {
                add_adapter(saved->step);
            }
            if (sink) {
                sink(event);
            }
        })
    {}

    // `given`: settings that are not in the folder yet.
    FinishedEvent go(Start start, const TrainConfig* given)
    {
        const Clock::time_point begun = Clock::now();
        open(start, given);
        RunSetup setup = value_or_throw(prepare_run(m_config, m_control.stop_token(), m_sink));
        if (!setup.device_note.empty()) {
            m_journal->log(setup.device_note);
        }
        m_state = setup.state.get();
        RunProgress progress = restore(start, setup);
        if (progress.step > 0) {
            expect_data_unchanged(setup);
        }
        m_facts = facts(setup);
        value_or_throw(m_folder.write_config(m_config, m_facts));
        m_sink(StartedEvent{progress.step,
                            m_config.max_steps,
                            setup.state->trainable_parameters(),
                            setup.estimate.total_bytes});
        m_sink(StateEvent{"training"});
        std::optional<TrainingLoop> loop;
        const LoopEnd end = train(setup, std::move(progress), loop);
        FinishedEvent event = finish(end, *loop, setup);
        event.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
        write_result(event);
        m_sink(event);
        return event;
    }

    void fail(const Error& error)
    {
        m_sink(FailedEvent{error});
        if (m_lock) {
            Json result = to_json(TrainEvent(FailedEvent{error}));
            (void)write_file_atomically(m_folder.outcome(), result.dump(2) + "\n");
        }
    }

private:
    // Reads the settings and takes the folder.
    void open(Start start, const TrainConfig* given)
    {
        m_config = given != nullptr ? *given : value_or_throw(m_folder.read_config());
        if (const std::string begun_with = m_folder.fact("chat_format");
            start == Start::Resume && m_config.chat_format == "auto" && !begun_with.empty()) {
            m_config.chat_format = begun_with; // whatever is recognised today
        }
        const auto problems = m_config.validate();
        if (!problems.empty()) {
            std::string all;
            for (const TrainConfig::FieldError& problem : problems) {
                all += (all.empty() ? "" : "; ") + problem.message;
            }
            throw EngineError({ErrorCode::InvalidConfig, all});
        }
        m_lock.emplace(value_or_throw(FolderLock::acquire(m_folder.root())));
        m_folder.remove_leftovers();
        std::error_code error;
        const bool begun =
            fs::exists(m_folder.metrics(), error) && fs::file_size(m_folder.metrics(), error) > 0;
        if (start == Start::Fresh && (begun || !m_folder.checkpoint_steps().empty())) {
            m_lock.reset(); // the folder is another run's: nothing of it is touched
            throw EngineError({ErrorCode::InvalidArgument,
                               concat(m_folder.root().string(), ": holds a run already"),
                               "resume it, or choose another folder"});
        }
        if (given != nullptr) {
            value_or_throw(m_folder.write_config(m_config, Json::object()));
        }
        fs::remove(m_folder.outcome(), error);
        fs::create_directories(m_folder.checkpoints(), error);
        if (error) {
            throw EngineError(
                {ErrorCode::Io,
                 concat(m_folder.checkpoints().string(), ": cannot create: ", error.message()),
                 "choose a folder that you may write to"});
        }
        const std::int64_t last = start == Start::Fresh ? 0 : newest_whole_checkpoint();
        value_or_throw(m_folder.cut_back(last));
        m_journal.emplace(value_or_throw(RunJournal::open(m_folder)));
        m_journal->log(concat("lowrank ",
                              kVersion,
                              start == Start::Fresh ? ": start" : ": resume",
                              " at step ",
                              last));
        for (const TrainConfig::FieldError& warning : warnings_for_base(m_config)) {
            m_sink(WarningEvent{warning.message});
        }
        if (m_config.device == "auto") {
            stay_on(m_folder.fact("device"));
        }
    }

    // "auto" was decided when the run began; another device gives other bits, at another speed.
    void stay_on(const std::string& begun_with)
    {
        if (begun_with.empty()) {
            return; // a run that begins now
        }
        if (const Result<Device> device = find_device(begun_with); device) {
            m_config.device = begun_with;
        } else {
            m_sink(WarningEvent{concat("the run began on ",
                                       begun_with,
                                       " and goes on elsewhere: ",
                                       device.error().message)});
        }
    }

    // A damaged checkpoint is set aside and the one before it taken.
    std::int64_t newest_whole_checkpoint()
    {
        std::vector<std::int64_t> steps = m_folder.checkpoint_steps();
        std::reverse(steps.begin(), steps.end());
        for (const std::int64_t step : steps) {
            const Result<RunProgress> progress = read_progress(m_folder.checkpoint(step));
            if (progress) {
                return step;
            }
            m_sink(WarningEvent{concat(progress.error().message, "; an older checkpoint is used")});
            std::error_code error;
            fs::rename(m_folder.checkpoint(step),
                       m_folder.checkpoints() / concat("damaged-", step),
                       error);
        }
        return 0;
    }

    // The state to go on from: the init of a fresh run, or the newest checkpoint.
    RunProgress restore(Start start, RunSetup& setup)
    {
        const std::vector<std::int64_t> steps =
            start == Start::Resume ? m_folder.checkpoint_steps() : std::vector<std::int64_t>();
        TrainingState& state = *setup.state;
        const bool lora_ga = m_config.method == Method::Lora && m_config.init == Init::LoraGa;
        if (steps.empty()) {
            if (lora_ga) {
                initialize_lora_ga(setup);
            }
            state.prepare_optimizer();
            make_activations(setup, 0);
            return {};
        }
        if (lora_ga) {
            state.expect_frozen_pairs();
        }
        state.prepare_optimizer();
        make_activations(setup, steps.back());
        RunProgress progress = value_or_throw(load_checkpoint(
            *setup.backend, m_folder.checkpoint(steps.back()), state.checkpoint_tensors()));
        state.refresh_copies();
        return progress;
    }

    // A checkpoint's place in the data means nothing in another file.
    void expect_data_unchanged(const RunSetup& setup) const
    {
        const std::string begun_with = m_folder.fact("data_sha256");
        if (begun_with.empty() || begun_with == setup.inputs->data_fingerprint) {
            return;
        }
        throw EngineError({ErrorCode::InvalidArgument,
                           concat(m_config.dataset,
                                  ": has changed since the run began: SHA-256 ",
                                  setup.inputs->data_fingerprint,
                                  ", wanted ",
                                  begun_with),
                           "put that file back to go on, or start a new run"});
    }

    // Runs the loop in `loop`. Where memory runs out the same step is done again in smaller pieces:
    // nothing of it is in the weights yet.
    LoopEnd train(RunSetup& setup, RunProgress progress, std::optional<TrainingLoop>& loop)
    {
        for (;;) {
            loop.emplace(TrainingLoop::Parts{.config = &m_config,
                                             .folder = &m_folder,
                                             .inputs = &*setup.inputs,
                                             .state = setup.state.get(),
                                             .loader = &*setup.loader,
                                             .journal = &*m_journal,
                                             .control = &m_control,
                                             .sink = &m_sink},
                         std::move(progress));
            try {
                return loop->run();
            } catch (const EngineError& error) {
                progress = loop->progress();
                if (!take_smaller_batches(error.error(), setup, progress.step)) {
                    throw;
                }
            }
            make_activations(setup, progress.step);
        }
    }

    // Room for the run's micro-batch, or for a smaller one.
    void make_activations(RunSetup& setup, std::int64_t step)
    {
        for (;;) {
            try {
                setup.state->make_activations(m_config, batch_extent(m_config, setup));
                return;
            } catch (const EngineError& error) {
                if (!take_smaller_batches(error.error(), setup, step)) {
                    throw;
                }
            }
        }
    }

    // False when the error is another one, or the micro-batch cannot be smaller.
    bool take_smaller_batches(const Error& error, RunSetup& setup, std::int64_t step)
    {
        const TrainConfig before = m_config;
        const bool out_of_memory =
            error.code == ErrorCode::OutOfDeviceMemory || error.code == ErrorCode::OutOfHostMemory;
        if (!out_of_memory || !take_smaller_micro_batch(m_config)) {
            return false;
        }
        setup.loader->set_micro_batch(m_config.micro_batch_size, m_config.grad_accum_steps);
        if (!m_facts.is_null()) { // before that, the settings are still to be written
            value_or_throw(m_folder.write_config(m_config, m_facts));
        }
        m_sink(WarningEvent{concat(error.message,
                                   "; the run goes on from step ",
                                   step,
                                   " with ",
                                   batch_change(before, m_config))});
        return true;
    }

    void initialize_lora_ga(RunSetup& setup)
    {
        const auto progress = [this](double fraction) {
            m_sink(StateEvent{"initializing", fraction});
        };
        LoraGaReport report = value_or_throw(
            setup.state->initialize_lora_ga(setup.init_batches, progress, m_control.stop_token()));
        value_or_throw(
            write_file_atomically(m_folder.init_report(), to_json(report).dump(1) + "\n"));
        m_sink(InitReportEvent{std::move(report)});
    }

    // The checkpoint's adapter as others read it, before anybody hears of the checkpoint.
    void add_adapter(std::int64_t step)
    {
        if (m_config.method == Method::Lora) {
            value_or_throw(m_state->save_result(m_folder.checkpoint_adapter(step)));
        }
    }

    // What the catalog wants to know beside the settings.
    Json facts(const RunSetup& setup) const
    {
        Json terms = Json::object();
        for (const MemoryTerm& term : setup.estimate.terms) {
            terms[term.name] = term.bytes;
        }
        return {{"version", kVersion},
                {"started", utc_now_text()},
                {"device", to_string(setup.backend->device())},
                {"data_sha256", setup.inputs->data_fingerprint},
                {"chat_format", to_string(setup.inputs->chat_format)},
                {"examples", setup.inputs->statistics.examples},
                {"tokens", setup.inputs->statistics.tokens},
                {"targets", setup.inputs->statistics.targets},
                {"eval_examples", setup.inputs->eval.size()},
                {"model_type", setup.inputs->model.model_type},
                {"parameters", setup.inputs->model.parameter_count()},
                {"trainable_parameters", setup.state->trainable_parameters()},
                {"estimated_memory", setup.estimate.total_bytes},
                {"memory_terms", std::move(terms)}};
    }

    FinishedEvent finish(LoopEnd end, TrainingLoop& loop, RunSetup& setup)
    {
        m_sink(StateEvent{"stopping"});
        const bool keep = end != LoopEnd::Stopped || m_control.stop_mode() == StopMode::Save;
        if (keep) {
            loop.save();
        }
        if (end == LoopEnd::EarlyStopping) {
            // What improved is worth more than what came last.
            (void)value_or_throw(load_checkpoint(*setup.backend,
                                                 m_folder.checkpoint(loop.progress().best_step),
                                                 setup.state->checkpoint_tensors()));
            setup.state->refresh_copies();
        }
        const fs::path result = m_folder.result(m_config.method);
        if (keep && loop.progress().step > 0) {
            value_or_throw(setup.state->save_result(result));
        }
        FinishedEvent event;
        event.reason = end == LoopEnd::Done            ? "done"
                       : end == LoopEnd::EarlyStopping ? "early_stopping"
                                                       : "stopped";
        event.step = loop.progress().step;
        event.loss = loop.recent_loss();
        event.eval_loss = loop.progress().best_eval_loss;
        event.adapter = keep && loop.progress().step > 0 ? result.string() : "";
        event.peak_memory = setup.backend->memory().peak_bytes;
        return event;
    }

    void write_result(const FinishedEvent& event)
    {
        value_or_throw(
            write_file_atomically(m_folder.outcome(), to_json(TrainEvent(event)).dump(2) + "\n"));
    }

    void log(const TrainEvent& event)
    {
        const bool frequent = std::holds_alternative<StepEvent>(event)
                              || std::holds_alternative<InitReportEvent>(event)
                              || (std::holds_alternative<StateEvent>(event)
                                  && std::get<StateEvent>(event).fraction >= 0.0);
        if (m_journal && !frequent) {
            m_journal->log(to_line(to_json(event)));
        }
    }

    RunFolder m_folder;
    RunControl& m_control;
    EventSink m_sink;
    TrainConfig m_config;
    Json m_facts;
    TrainingState* m_state = nullptr; // once it is loaded
    std::optional<FolderLock> m_lock;
    std::optional<RunJournal> m_journal;
};

// A stop during preparation: nothing was trained, so there is nothing to save.
FinishedEvent stopped_before_training(const EventSink& sink)
{
    FinishedEvent event;
    event.reason = "stopped";
    event.peak_memory = process_memory().peak_resident_bytes;
    if (sink) {
        sink(event);
    }
    return event;
}

Result<FinishedEvent> go(const fs::path& run_dir,
                         RunControl& control,
                         const EventSink& sink,
                         Start start,
                         const TrainConfig* given = nullptr)
{
    Run run(run_dir, control, sink);
    Error error;
    try {
        return run.go(start, given);
    } catch (const EngineError& thrown) {
        error = thrown.error();
    } catch (const std::bad_alloc&) {
        error = {ErrorCode::OutOfHostMemory,
                 "training: no memory is left in this computer",
                 "choose a smaller micro_batch_size or seq_len"};
    } catch (const std::exception& thrown) {
        error = {ErrorCode::Internal, concat("training: ", thrown.what())};
    }
    if (error.code == ErrorCode::Cancelled && control.stop_requested()) {
        return stopped_before_training(sink);
    }
    run.fail(error);
    return error;
}

} // namespace

Result<FinishedEvent> train_run(const fs::path& run_dir, RunControl& control, const EventSink& sink)
{
    return go(run_dir, control, sink, Start::Fresh);
}

Result<FinishedEvent> start_run(const fs::path& run_dir,
                                const TrainConfig& config,
                                RunControl& control,
                                const EventSink& sink)
{
    return go(run_dir, control, sink, Start::Fresh, &config);
}

Result<FinishedEvent>
resume_run(const fs::path& run_dir, RunControl& control, const EventSink& sink)
{
    return go(run_dir, control, sink, Start::Resume);
}

} // namespace engine
