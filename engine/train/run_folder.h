// The files of a run folder: where they lie, how they grow, and how a resumed run finds them.
//
//   run.json          every setting, resolved, and "facts" about what was prepared
//   metrics.jsonl     every step and evaluation     samples.jsonl   every sample
//   log.txt           what happened, with times     init_report.json  LoRA-GA's report
//   outcome.json      how the last process ended    checkpoints/step-N/  whole or absent
//   adapter/          the result; model/ with --method full
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/train/train_config.h"
#include "engine/train/train_event.h"

namespace engine {

class RunFolder
{
public:
    explicit RunFolder(std::filesystem::path root)
        : m_root(std::move(root))
    {}

    [[nodiscard]] const std::filesystem::path& root() const { return m_root; }

    [[nodiscard]] std::filesystem::path config() const { return m_root / "run.json"; }

    [[nodiscard]] std::filesystem::path metrics() const { return m_root / "metrics.jsonl"; }

    [[nodiscard]] std::filesystem::path samples() const { return m_root / "samples.jsonl"; }

    [[nodiscard]] std::filesystem::path log() const { return m_root / "log.txt"; }

    [[nodiscard]] std::filesystem::path init_report() const { return m_root / "init_report.json"; }

    // The finished or failed event of the last process; absent while one runs or after a crash.
    [[nodiscard]] std::filesystem::path outcome() const { return m_root / "outcome.json"; }

    [[nodiscard]] std::filesystem::path checkpoints() const { return m_root / "checkpoints"; }

    [[nodiscard]] std::filesystem::path checkpoint(std::int64_t step) const
    {
        return checkpoints() / concat("step-", step);
    }

    // The same adapter as PEFT reads it, beside the masters; with method lora.
    [[nodiscard]] std::filesystem::path checkpoint_adapter(std::int64_t step) const
    {
        return checkpoint(step) / "adapter";
    }

    // Where the result goes: adapter/ (PEFT), or model/ (Hugging Face) with --method full.
    [[nodiscard]] std::filesystem::path result(Method method) const
    {
        return m_root / (method == Method::Lora ? "adapter" : "model");
    }

    // Errors: NotFound, Io, Format, InvalidConfig.
    [[nodiscard]] Result<TrainConfig> read_config() const;

    // What the run began with: "data_sha256" of its data file, "chat_format"; empty when run.json
    // does not say.
    [[nodiscard]] std::string fact(const std::string& name) const;
    [[nodiscard]] Result<void> write_config(const TrainConfig& config, const Json& facts) const;

    // Steps of the checkpoints that are there, ascending.
    [[nodiscard]] std::vector<std::int64_t> checkpoint_steps() const;

    // Removes what a killed process left: temporary folders and files.
    void remove_leftovers() const;

    // Keeps the newest `keep` checkpoints and the best one.
    void prune_checkpoints(std::int64_t keep, std::int64_t best_step) const;

    // Takes lines of later steps out of metrics.jsonl and samples.jsonl.
    [[nodiscard]] Result<void> cut_back(std::int64_t step) const;

private:
    std::filesystem::path m_root;
};

// Appends to the run's files. A step's line is written without the heap.
class RunJournal
{
public:
    [[nodiscard]] static Result<RunJournal> open(const RunFolder& folder);

    [[nodiscard]] Result<void> add(const StepEvent& event);
    [[nodiscard]] Result<void> add(const EvalEvent& event);
    [[nodiscard]] Result<void> add(const SampleEvent& event);
    // With the time (UTC) in front; a log that cannot be written does not end a run.
    void log(std::string_view text);
    // The metrics reach the disk before the checkpoint that follows them.
    [[nodiscard]] Result<void> sync();

private:
    RunJournal(AppendFile metrics, AppendFile samples, AppendFile log);

    AppendFile m_metrics;
    AppendFile m_samples;
    AppendFile m_log;
    std::string m_line; // reused
};

// "2026-01-31T12:00:00Z".
[[nodiscard]] std::string utc_now_text();

// Appends the line of a step, with the fields of to_json(event), to `line`.
void append_step_line(const StepEvent& event, std::string& line);

} // namespace engine
