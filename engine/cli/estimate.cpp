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

} // namespace

int run(const EstimateArguments& arguments)
{
    const engine::TrainConfig config = settings_to_config(all_settings(arguments));
    const engine::Json answer = engine::value_or_throw(engine::estimate_run(config, {}));
    for (const engine::Json& problem : answer["problems"]) {
        throw engine::EngineError(
            {engine::ErrorCode::InvalidConfig, problem["message"].get<std::string>()});
    }
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
