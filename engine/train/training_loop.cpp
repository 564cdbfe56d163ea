// One step at a time.
#include "engine/train/training_loop.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "engine/core/platform.h"
#include "engine/train/evaluator.h"
#include "engine/train/learning_rate.h"

namespace engine {

namespace {

constexpr std::chrono::milliseconds kPausePoll{20};
constexpr std::size_t kRecentLosses = 20; // steps that the final loss is the mean of
constexpr double kSmoothing = 0.9;        // of the time left

} // namespace

TrainingLoop::TrainingLoop(const Parts& parts, RunProgress progress)
    : m_parts(parts)
    , m_progress(std::move(progress))
    , m_prompts(sample_prompts(*parts.config, *parts.inputs))
{
    m_progress.recent_losses.reserve(kRecentLosses + 1);
    if (!parts.inputs->eval.empty()) {
        m_eval_batches = evaluation_batches(parts.inputs->eval, batch_config(*parts.config));
    }
}

LoopEnd TrainingLoop::run()
{
    const TrainConfig& config = *m_parts.config;
    if (m_progress.eval_pending && evaluate_and_keep_best()) {
        return LoopEnd::EarlyStopping;
    }
    while (m_progress.step < config.max_steps) {
        if (!step()) {
            return LoopEnd::Stopped;
        }
        if (eval_is_due(m_progress.step) && evaluate_and_keep_best()) {
            return LoopEnd::EarlyStopping;
        }
        if (sample_is_due(m_progress.step)) {
            sample();
        }
        if (save_is_due(m_progress.step) || too_long_unsaved()) {
            set_aside([&] { save(); });
        }
        serve_requests();
    }
    return LoopEnd::Done;
}

bool TrainingLoop::step()
{
    const TrainConfig& config = *m_parts.config;
    TrainingState& state = *m_parts.state;
    take_batch();
    m_paused = {};
    const Clock::time_point start = m_queued > 0 ? m_last_read : Clock::now();
    const auto count = static_cast<std::int64_t>(m_batch.micro_batches.size());
    do { // also where all of them were queued ahead: a stop or a pause leaves the step undone
        if (!wait_while_paused()) {
            return false;
        }
        if (m_queued < count) {
            queue_next(m_batch, m_progress.step);
        }
    } while (m_queued < count);
    const double learning_rate =
        config.learning_rate
        * learning_rate_factor(
            config.schedule, m_progress.step, config.warmup_steps, config.max_steps);
    state.queue_update(learning_rate, m_progress.step + 1, count);
    m_queued = 0;
    prepare_next_batch(); // while the device computes
    const std::exception_ptr failure = queue_ahead();
    const auto [loss, grad_norm] = state.read_step();
    m_last_read = Clock::now();
    check_finite(loss, grad_norm);
    const double seconds = std::chrono::duration<double>(m_last_read - start - m_paused).count();
    ++m_progress.step;
    m_progress.tokens += m_batch.tokens;
    m_progress.seconds += seconds;
    if (m_progress.recent_losses.size() == kRecentLosses) {
        m_progress.recent_losses.erase(m_progress.recent_losses.begin());
    }
    m_progress.recent_losses.push_back(loss);
    report(loss, learning_rate, grad_norm, seconds);
    if (failure != nullptr) {
        std::rethrow_exception(failure); // this step is whole
    }
    return true;
}

// The next micro-batch of a step, counted from 0, whose rows `batch` holds.
void TrainingLoop::queue_next(const StepBatch& batch, std::int64_t step)
{
    m_parts.state->queue(batch.micro_batches[static_cast<std::size_t>(m_queued)],
                         m_queued,
                         step * m_parts.config->grad_accum_steps + m_queued);
    ++m_queued;
}

// Gives the device the next step's micro-batches, so that it has work while this step's numbers are
// read and told: they change nothing but gradients. A pause or a stop, and whatever is due between
// the steps, comes first. What goes wrong is returned, for this step is still to be read.
std::exception_ptr TrainingLoop::queue_ahead()
{
    const std::int64_t done = m_progress.step + 1;
    if (!m_parts.state->backend().works_beside_host() || m_next_step != done || eval_is_due(done)
        || sample_is_due(done) || save_is_due(done)) {
        return nullptr;
    }
    const auto count = static_cast<std::int64_t>(m_next_batch.micro_batches.size());
    const RunControl& control = *m_parts.control;
    try {
        while (m_queued < count && !control.paused() && !control.stop_requested()) {
            queue_next(m_next_batch, done);
        }
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

void TrainingLoop::take_batch()
{
    if (m_next_step == m_progress.step) {
        std::swap(m_batch, m_next_batch);
        m_next_step = -1;
    } else {
        m_parts.loader->step_batch(m_progress.step, m_batch);
    }
}

void TrainingLoop::prepare_next_batch()
{
    const std::int64_t next = m_progress.step + 1;
    if (next < m_parts.config->max_steps) {
        m_parts.loader->step_batch(next, m_next_batch);
        m_next_step = next;
    }
}

// False when the run should stop.
bool TrainingLoop::wait_while_paused()
{
    RunControl& control = *m_parts.control;
    if (control.paused() && !control.stop_requested()) {
        m_parts.state->backend().synchronize(); // what is queued belongs to the step's time
        const Clock::time_point start = Clock::now();
        (*m_parts.sink)(StateEvent{"paused"});
        while (control.paused() && !control.stop_requested()) {
            serve_requests();
            std::this_thread::sleep_for(kPausePoll);
        }
        if (!control.stop_requested()) {
            (*m_parts.sink)(StateEvent{"training"});
        }
        m_paused += Clock::now() - start;
    }
    return !control.stop_requested();
}

// The weights are those of the last whole step here, also between two micro-batches, and when the
// next step's are queued already.
void TrainingLoop::serve_requests()
{
    if (m_parts.control->take_checkpoint_request()) {
        m_saved_step = -1; // the request is answered in any case
        set_aside([&] { save(); });
    }
    if (m_parts.control->take_sample_request()) {
        m_last_sample = -1;
        set_aside([&] { sample(); });
    }
}

// Its time is no step's, and what is queued of a step belongs to the step's.
void TrainingLoop::set_aside(const std::function<void()>& work)
{
    if (m_queued > 0) {
        m_parts.state->backend().synchronize();
    }
    const Clock::time_point start = Clock::now();
    work();
    m_last_read += Clock::now() - start;
}

void TrainingLoop::check_finite(double loss, double grad_norm) const
{
    if (std::isfinite(loss) && std::isfinite(grad_norm)) {
        return;
    }
    throw EngineError({ErrorCode::InvalidArgument,
                       concat("training: the ",
                              std::isfinite(loss) ? "gradient's norm" : "loss",
                              " of step ",
                              m_progress.step + 1,
                              " is not finite: ",
                              std::isfinite(loss) ? grad_norm : loss),
                       "the last checkpoint is good; start again with a lower learning_rate or a "
                       "longer warm-up"});
}

void TrainingLoop::report(double loss, double learning_rate, double grad_norm, double seconds)
{
    const Clock::time_point now = Clock::now();
    if (m_memory == 0 || now - m_last_memory > std::chrono::seconds(1)) {
        m_memory = m_parts.state->backend().memory().used_bytes;
        m_last_memory = now;
    }
    m_seconds_per_step = m_seconds_per_step == 0.0
                             ? seconds
                             : kSmoothing * m_seconds_per_step + (1.0 - kSmoothing) * seconds;
    const TrainConfig& config = *m_parts.config;
    StepEvent event;
    event.step = m_progress.step;
    event.loss = loss;
    event.learning_rate = learning_rate;
    event.grad_norm = grad_norm;
    event.tokens = m_batch.tokens;
    event.tokens_per_second = seconds > 0.0 ? static_cast<double>(m_batch.tokens) / seconds : 0.0;
    event.epoch = m_parts.loader->epoch_position(m_progress.step);
    event.seconds = m_progress.seconds;
    event.seconds_left =
        m_seconds_per_step * static_cast<double>(config.max_steps - m_progress.step);
    event.memory = m_memory;
    value_or_throw(m_parts.journal->add(event));
    (*m_parts.sink)(event);
}

// Each `done`: so many steps are done.
bool TrainingLoop::eval_is_due(std::int64_t done) const
{
    const TrainConfig& config = *m_parts.config;
    if (m_eval_batches.empty() || done == config.max_steps) {
        return !m_eval_batches.empty();
    }
    if (config.eval_every > 0) {
        return done % config.eval_every == 0;
    }
    return m_parts.loader->epoch_of_step(done) != m_parts.loader->epoch_of_step(done - 1);
}

bool TrainingLoop::sample_is_due(std::int64_t done) const
{
    const TrainConfig& config = *m_parts.config;
    return done == config.max_steps || (config.sample_every > 0 && done % config.sample_every == 0);
}

bool TrainingLoop::save_is_due(std::int64_t done) const
{
    const TrainConfig& config = *m_parts.config;
    return config.save_every > 0 && done % config.save_every == 0;
}

bool TrainingLoop::too_long_unsaved() const
{
    const TrainConfig& config = *m_parts.config;
    const std::chrono::duration<double, std::ratio<60>> minutes = Clock::now() - m_last_save;
    return config.save_minutes > 0.0 && minutes.count() >= config.save_minutes;
}

bool TrainingLoop::evaluate_and_keep_best()
{
    const TrainConfig& config = *m_parts.config;
    (*m_parts.sink)(StateEvent{"evaluating"});
    m_progress.eval_pending = true;
    const Result<Evaluation> evaluation = evaluate(m_parts.state->transformer(),
                                                   m_eval_batches,
                                                   m_parts.state->adapter(),
                                                   m_parts.control->stop_token());
    if (!evaluation) {
        if (evaluation.error().code == ErrorCode::Cancelled) {
            return false; // the next step sees the stop; a resumed run evaluates first
        }
        throw EngineError(evaluation.error());
    }
    m_progress.eval_pending = false;
    const bool best = m_progress.best_step < 0 || evaluation->loss < m_progress.best_eval_loss;
    if (best) {
        m_progress.best_eval_loss = evaluation->loss;
        m_progress.best_step = m_progress.step;
        m_progress.evals_without_improvement = 0;
    } else {
        ++m_progress.evals_without_improvement;
    }
    const EvalEvent event{m_progress.step, evaluation->loss, evaluation->perplexity, best};
    value_or_throw(m_parts.journal->add(event));
    (*m_parts.sink)(event);
    if (config.sample_every == 0) {
        sample();
    }
    if (best) {
        save();
    }
    (*m_parts.sink)(StateEvent{"training"});
    return config.early_stopping > 0
           && m_progress.evals_without_improvement >= config.early_stopping;
}

void TrainingLoop::sample()
{
    if (m_prompts.empty() || m_last_sample == m_progress.step) {
        return;
    }
    m_last_sample = m_progress.step;
    const Result<std::vector<SampleEvent>> samples =
        generate_samples(m_parts.state->backend(),
                         m_parts.state->base(),
                         m_parts.state->adapter(),
                         *m_parts.inputs,
                         m_prompts,
                         m_parts.config->sample_tokens,
                         m_progress.step,
                         m_parts.control->stop_token());
    if (!samples) {
        (*m_parts.sink)(WarningEvent{samples.error().message});
        return;
    }
    for (const SampleEvent& event : *samples) {
        value_or_throw(m_parts.journal->add(event));
        (*m_parts.sink)(event);
    }
}

void TrainingLoop::save()
{
    m_last_save = Clock::now();
    if (m_saved_step == m_progress.step) {
        return; // nothing has changed since
    }
    value_or_throw(m_parts.journal->sync());
    value_or_throw(save_checkpoint(m_parts.state->backend(),
                                   *m_parts.folder,
                                   m_parts.state->checkpoint_tensors(),
                                   m_progress));
    m_saved_step = m_progress.step;
    m_parts.folder->prune_checkpoints(m_parts.config->keep, m_progress.best_step);
    (*m_parts.sink)(
        CheckpointEvent{m_progress.step, m_parts.folder->checkpoint(m_progress.step).string()});
}

double TrainingLoop::recent_loss() const
{
    double sum = 0.0;
    for (const double loss : m_progress.recent_losses) {
        sum += loss;
    }
    return m_progress.recent_losses.empty()
               ? 0.0
               : sum / static_cast<double>(m_progress.recent_losses.size());
}

} // namespace engine
