// The worker: commands from a stream in order, one at a time, answers as events; a run occupies it
// until it ends.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <mutex>

#include "engine/train/run_control.h"
#include "engine/train/trainer.h"
#include "engine/worker/event_writer.h"
#include "engine/worker/protocol.h"
#include "engine/worker/resident_model.h"

namespace engine {

class Worker
{
public:
    // `output` writes one line and returns false when the reader is gone.
    Worker(std::istream& input, EventWriter::Output output);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    // Says hello, answers until `quit` or the end of the input, and returns the process exit code:
    // 0, 3 when the end of the input or a signal ended a run (saved), 5 when the device is lost.
    [[nodiscard]] int run();

private:
    // On the reader's thread.
    void accept(Command command);
    [[nodiscard]] bool act_on_run(const Command& command);
    void end_input();
    // On the writer's thread.
    void lose_reader();

    using RunFunction = Result<FinishedEvent> (*)(const std::filesystem::path& run_dir,
                                                  RunControl& control,
                                                  const EventSink& sink);

    // On the main thread.
    [[nodiscard]] bool next(Command& command);
    void answer(const Command& command);
    void fail(const Error& error, std::int64_t id);
    void execute(const TrainCommand& command, std::int64_t id);
    void execute(const ResumeRunCommand& command, std::int64_t id);
    void execute(const LoadModelCommand& command, std::int64_t id);
    void execute(const LoadAdapterCommand& command, std::int64_t id);
    void execute(const UnloadAdapterCommand& command, std::int64_t id);
    void execute(const GenerateCommand& command, std::int64_t id);
    void execute(const MergeCommand& command, std::int64_t id);
    void execute(const ExportCommand& command, std::int64_t id);
    void execute(const InspectCommand& command, std::int64_t id);
    void execute(const CheckCommand& command, std::int64_t id);
    void execute(const EstimateCommand& command, std::int64_t id);
    void execute(const DevicesCommand& command, std::int64_t id);
    void execute(const AnalyzeCommand& command, std::int64_t id);
    void run_to_end(const std::string& run_dir, std::int64_t id, RunFunction function);
    [[nodiscard]] Result<std::reference_wrapper<ResidentModel>> loaded_model();
    void warn_of_other_base(const std::filesystem::path& adapter,
                            const std::filesystem::path& base,
                            std::int64_t id);

    std::istream& m_input;
    std::unique_ptr<ResidentModel> m_resident;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<Command> m_queue;
    std::shared_ptr<RunControl> m_run;    // from the moment `train` is accepted; shared because
                                          // the reader may act on it while the run ends
    std::shared_ptr<StopSource> m_cancel; // of the command being answered; shared likewise
    StopSource m_idle_stop;               // what a signal raises when no run is going on
    bool m_stop_commanded = false;        // the run was told to stop, not cut off
    bool m_input_ended = false;
    int m_exit_code = 0;
    EventWriter m_writer; // last: its thread uses the members above
};

} // namespace engine
