// lowrank check: the data gate on the command line.
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/worker/check_data.h"

namespace cli {

namespace {

using engine::Json;

void print_gate(const Json& gate)
{
    std::cout << gate["path"].get<std::string>() << ": " << gate["verdict"].get<std::string>();
    if (gate.contains("error")) {
        std::cout << "\n  " << gate["error"]["message"].get<std::string>() << "\n";
        return;
    }
    std::cout << "\n  " << gate["container"].get<std::string>() << ", "
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

} // namespace

int run(const CheckArguments& arguments)
{
    engine::CheckCommand command = data_command(arguments.data, arguments.base);
    command.eval_data = arguments.eval_data;
    command.seq_len = arguments.seq_len;
    command.preview_rows = arguments.preview_rows;
    const Json gate = engine::value_or_throw(engine::check_data(command, {}, {}));
    if (arguments.json) {
        print_json(gate);
    } else {
        print_gate(gate);
    }
    return gate["verdict"] == "error" ? engine::exit_code(engine::ErrorCode::Format) : 0;
}

} // namespace cli
