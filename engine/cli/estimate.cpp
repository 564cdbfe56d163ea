// lowrank estimate: the memory of a run, term by term.
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/worker/check_data.h"

namespace cli {

namespace {

engine::Json all_settings(const EstimateArguments& arguments)
{
    if (arguments.run_json.empty()) {
        return arguments.settings;
    }
    engine::Json settings = engine::value_or_throw(engine::read_json_file(arguments.run_json));
    if (!settings.is_object()) {
        throw engine::EngineError({engine::ErrorCode::InvalidConfig,
                                   engine::concat(arguments.run_json,
                                                  ": found ",
                                                  settings.type_name(),
                                                  ", wanted an object with the settings of a run"),
                                   "give the run.json of a run folder"});
    }
    settings.update(arguments.settings); // options win over the file
    return settings;
}

// The settings of the file and the options, refused as train refuses them; what the file states is
// told with the file's name.
engine::TrainConfig checked_config(const EstimateArguments& arguments)
{
    try {
        engine::TrainConfig config = settings_to_config(all_settings(arguments));
        check_settings(config, DataFile::Optional);
        return config;
    } catch (const engine::EngineError& error) {
        const engine::Error& found = error.error();
        const bool settings = found.code == engine::ErrorCode::InvalidConfig
                              || found.code == engine::ErrorCode::Unsupported;
        if (arguments.run_json.empty() || !settings
            || found.message.starts_with(arguments.run_json)) {
            throw;
        }
        throw engine::EngineError(
            {found.code, engine::concat(arguments.run_json, ": ", found.message), found.hint});
    }
}

} // namespace

int run(const EstimateArguments& arguments)
{
    const engine::TrainConfig config = checked_config(arguments);
    const engine::Json answer = engine::value_or_throw(engine::estimate_run(config, {}));
    if (arguments.json) {
        print_json(answer);
        return 0;
    }
    for (const engine::Json& term : answer["terms"]) {
        std::cout.width(12);
        std::cout << bytes_text(term["bytes"].get<std::int64_t>()) << "  "
                  << term["name"].get<std::string>() << "\n";
    }
    std::cout.width(12);
    std::cout << bytes_text(answer["total_bytes"].get<std::int64_t>()) << "  total, "
              << bytes_text(answer["available_bytes"].get<std::int64_t>())
              << " can be used: " << (answer["fits"].get<bool>() ? "fits" : "does not fit")
              << "\n  micro_batch_size " << answer["micro_batch_size"] << ", grad_accum_steps "
              << answer["grad_accum_steps"] << ", seq_len " << answer["seq_len"] << ", "
              << answer["max_steps"] << " steps\n";
    return 0;
}

} // namespace cli
