// The loop of a run: micro-batches to steps, steps to events, evaluations, checkpoints, samples.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/batch_loader.h"
#include "engine/train/run_control.h"
#include "engine/train/run_folder.h"
#include "engine/train/run_inputs.h"
#include "engine/train/run_samples.h"
#include "engine/train/trainer.h"
#include "engine/train/training_state.h"

namespace engine {

// Why a run ended.
enum class LoopEnd { Done, EarlyStopping, Stopped };

class TrainingLoop
{
public:
    struct Parts // all outlive the loop
    {
        const TrainConfig* config = nullptr; // resolved
        const RunFolder* folder = nullptr;
        const RunInputs* inputs = nullptr;
        TrainingState* state = nullptr;
        BatchLoader* loader = nullptr;
        RunJournal* journal = nullptr;
        RunControl* control = nullptr;
        const EventSink* sink = nullptr;
    };

    TrainingLoop(const Parts& parts, RunProgress progress);

    // Until the last step, early stopping or a stop. Throws EngineError for what ends a run: a loss
    // that is not finite (the weights are those of the last whole step), a full disk. Nothing in
    // the loop allocates between checkpoints, evaluations and samples once every shape was seen.
    [[nodiscard]] LoopEnd run();

    // One optimizer step; false when a stop came between two micro-batches and the step was left. A
    // device that works beside the host has micro-batches of the next step then.
    [[nodiscard]] bool step();

    void save();

    [[nodiscard]] const RunProgress& progress() const { return m_progress; }

    // The mean of the last steps' losses.
    [[nodiscard]] double recent_loss() const;

private:
    using Clock = std::chrono::steady_clock;

    // The rows of step number m_progress.step, in m_batch; and those of the next, ahead of time.
    void take_batch();
    void prepare_next_batch();
    void queue_next(const StepBatch& batch, std::int64_t step);
    [[nodiscard]] std::exception_ptr queue_ahead();
    [[nodiscard]] bool wait_while_paused();
    void serve_requests();
    void set_aside(const std::function<void()>& work);
    void check_finite(double loss, double grad_norm) const;
    void report(double loss, double learning_rate, double grad_norm, double seconds);
    [[nodiscard]] bool eval_is_due(std::int64_t done) const;
    [[nodiscard]] bool sample_is_due(std::int64_t done) const;
    [[nodiscard]] bool save_is_due(std::int64_t done) const;
    [[nodiscard]] bool too_long_unsaved() const;
    // True when early stopping says so.
    [[nodiscard]] bool evaluate_and_keep_best();
    void sample();

    Parts m_parts;
    RunProgress m_progress;
    StepBatch m_batch;
    StepBatch m_next_batch;
    std::int64_t m_next_step = -1;      // whose rows m_next_batch holds; -1: nobody's
    std::int64_t m_queued = 0;          // micro-batches of the step that is not updated yet
    Clock::duration m_paused = {};      // in this step
    Clock::time_point m_last_read = {}; // when the step began whose micro-batches are queued
    std::vector<MicroBatch> m_eval_batches;
    std::vector<SamplePrompt> m_prompts;
    Clock::time_point m_last_save = Clock::now();
    Clock::time_point m_last_memory = {};
    std::int64_t m_memory = 0; // resident bytes, looked up once a second
    std::int64_t m_last_sample = -1;
    std::int64_t m_saved_step = -1;
    double m_seconds_per_step = 0.0; // smoothed
};

} // namespace engine
