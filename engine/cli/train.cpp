// lowrank train and resume: a run folder, events on stdout, Ctrl-C saves.
#include <filesystem>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/progress.h"
#include "engine/cli/settings.h"
#include "engine/core/platform.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"

namespace cli {

namespace {

namespace fs = std::filesystem;

using RunFunction = engine::Result<engine::FinishedEvent> (*)(const fs::path& run_dir,
                                                              engine::RunControl& control,
                                                              const engine::EventSink& sink);

int run_to_end(const fs::path& run_dir, const std::string& progress, RunFunction function)
{
    ProgressPrinter printer = engine::value_or_throw(ProgressPrinter::create(progress));
    engine::RunControl control;
    engine::stop_on_signals(control.stop_source());
    const engine::Result<engine::FinishedEvent> result =
        function(run_dir, control, [&](const engine::TrainEvent& event) {
            printer(event);
            if (!std::cout) { // nobody reads it any more
                control.stop(engine::StopMode::Save);
            }
        });
    if (!result) {
        return report(result.error());
    }
    return result->reason == "stopped" ? engine::exit_code(engine::ErrorCode::Cancelled) : 0;
}

} // namespace

int run(const TrainArguments& arguments)
{
    const engine::TrainConfig config = settings_to_config(arguments.settings);
    for (const engine::TrainConfig::FieldError& problem : config.validate()) {
        throw engine::EngineError({engine::ErrorCode::InvalidConfig, problem.message});
    }
    const engine::RunFolder folder{fs::path(arguments.out)};
    std::error_code error;
    if (fs::exists(folder.metrics(), error) || !folder.checkpoint_steps().empty()) {
        throw engine::EngineError({engine::ErrorCode::InvalidArgument,
                                   engine::concat(arguments.out, ": holds a run already"),
                                   engine::concat("go on with lowrank resume ",
                                                  arguments.out,
                                                  ", or choose another folder")});
    }
    fs::create_directories(folder.root(), error);
    if (error) {
        throw engine::EngineError(
            {engine::ErrorCode::Io,
             engine::concat(arguments.out, ": cannot create the folder: ", error.message()),
             "choose a folder that you may write to"});
    }
    engine::value_or_throw(folder.write_config(config, engine::Json::object()));
    return run_to_end(folder.root(), arguments.progress, engine::train_run);
}

int run(const ResumeArguments& arguments)
{
    return run_to_end(arguments.run_dir, arguments.progress, engine::resume_run);
}

} // namespace cli
