// lowrank train and resume: a run folder, events on stdout, Ctrl-C saves.
#include <filesystem>
#include <functional>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/progress.h"
#include "engine/cli/settings.h"
#include "engine/core/platform.h"
#include "engine/train/trainer.h"

namespace cli {

namespace {

namespace fs = std::filesystem;

using RunFunction = std::function<engine::Result<engine::FinishedEvent>(
    engine::RunControl& control, const engine::EventSink& sink)>;

// A run that is refused before it begins has failed like any other: whoever reads events is told.
int run_to_end(const std::string& progress, const RunFunction& function)
{
    ProgressPrinter printer = engine::value_or_throw(ProgressPrinter::create(progress));
    engine::RunControl control;
    engine::stop_on_signals(control.stop_source());
    try {
        const engine::Result<engine::FinishedEvent> result =
            function(control, [&](const engine::TrainEvent& event) {
                printer(event);
                if (!std::cout) { // nobody reads it any more
                    control.stop(engine::StopMode::Save);
                }
            });
        if (!result) {
            return report(result.error());
        }
        return result->reason == "stopped" ? engine::exit_code(engine::ErrorCode::Cancelled) : 0;
    } catch (const engine::EngineError& error) {
        printer(engine::FailedEvent{error.error()});
        throw;
    }
}

void create_folder(const fs::path& path)
{
    std::error_code error;
    fs::create_directories(path, error);
    if (error) {
        throw engine::EngineError(
            {engine::ErrorCode::Io,
             engine::concat(path.string(), ": cannot create the folder: ", error.message()),
             "choose a folder that you may write to"});
    }
}

} // namespace

int run(const TrainArguments& arguments)
{
    return run_to_end(arguments.progress,
                      [&](engine::RunControl& control, const engine::EventSink& sink) {
                          const engine::TrainConfig config = settings_to_config(arguments.settings);
                          check_settings(config, DataFile::Needed);
                          create_folder(arguments.out);
                          return engine::start_run(arguments.out, config, control, sink);
                      });
}

int run(const ResumeArguments& arguments)
{
    return run_to_end(arguments.progress,
                      [&](engine::RunControl& control, const engine::EventSink& sink) {
                          return engine::resume_run(arguments.run_dir, control, sink);
                      });
}

} // namespace cli
