// lowrank check: the data gate on the command line.
#include <filesystem>
#include <iostream>
#include <utility>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/worker/check_data.h"

namespace cli {

namespace {

using engine::Json;

void print_gate(const Json& gate)
{
    std::cout << gate["path"].get<std::string>() << ": " << gate["verdict"].get<std::string>()
              << "\n";
    if (gate.contains("error")) {
        return;
    }
    std::cout << "  " << gate["container"].get<std::string>() << ", "
              << gate["format"].get<std::string>() << ": " << gate["rows"] << " rows, "
              << gate["accepted"] << " accepted, " << gate["warned"] << " with a warning, "
              << gate["refused"] << " refused\n";
    if (gate.contains("tokens")) {
        const Json& tokens = gate["tokens"];
        std::cout << "  " << tokens["tokens"] << " tokens, " << tokens["targets"]
                  << " trained; longest " << tokens["longest"] << ", 95th percentile "
                  << tokens["percentile_95"] << ", cut at " << gate["seq_len"] << ": "
                  << tokens["too_long"] << ", nothing to train on " << tokens["fully_masked"]
                  << "\n";
    }
    if (gate.contains("eval_rows")) {
        std::cout << "  " << gate["eval_rows"] << " evaluation rows, " << gate["leaked"]
                  << " of them in the data too\n";
    }
    for (const Json& problem : gate["problems"]) {
        std::cout << "  " << problem["severity"].get<std::string>();
        if (problem["row"].get<std::int64_t>() > 0) {
            std::cout << ", row " << problem["row"];
        }
        std::cout << ": " << problem["message"].get<std::string>() << "\n";
    }
}

// What makes the file unfit: itself as a whole, or its first bad row.
engine::Error error_of(const Json& gate)
{
    const std::string path = gate["path"].get<std::string>();
    if (gate.contains("error")) {
        const Json& error = gate["error"];
        std::string message = error["message"].get<std::string>();
        const std::string name = std::filesystem::path(path).filename().string() + ": ";
        if (message.find(path) == std::string::npos) { // the file's name alone, or not even that
            message = path + ": " + message.substr(message.starts_with(name) ? name.size() : 0);
        }
        std::string hint = error["hint"].get<std::string>();
        const bool missing = error["code"] == to_string(engine::ErrorCode::NotFound);
        return {missing ? engine::ErrorCode::NotFound : engine::ErrorCode::Format,
                std::move(message),
                std::move(hint)};
    }
    std::string first;
    for (const Json& problem : gate["problems"]) {
        if (problem["severity"] == "error") {
            const auto row = problem["row"].get<std::int64_t>();
            first = engine::concat(row > 0 ? engine::concat("; row ", row, ": ") : "; ",
                                   problem["message"].get<std::string>());
            break;
        }
    }
    const bool refused = gate["refused"].get<std::int64_t>() > 0;
    const std::string rows = gate["rows"].dump();
    return {engine::ErrorCode::Format,
            path
                + (refused ? ": " + gate["refused"].dump() + " of " + rows + " rows are refused"
                           : ": none of " + rows + " rows can be used")
                + first,
            "mend or remove the rows listed"};
}

} // namespace

int run(const CheckArguments& arguments)
{
    engine::CheckCommand command = data_command(arguments.data, arguments.base);
    if (!arguments.base.empty()) {
        check_base(arguments.base);
    }
    command.eval_data = arguments.eval_data;
    command.seq_len = arguments.seq_len;
    command.preview_rows = arguments.preview_rows;
    const Json gate = engine::value_or_throw(engine::check_data(command, {}, {}));
    if (arguments.json) {
        print_json(gate);
    } else {
        print_gate(gate);
    }
    return gate["verdict"] == "error" ? report(error_of(gate)) : 0;
}

} // namespace cli
