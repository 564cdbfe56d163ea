// What a program printed and how it ended, for tests that run one to its end.
#pragma once

#include "tests/support/child_process.h"

namespace tests {

struct Output
{
    int code = -1;    // as ChildProcess::wait
    std::string text; // stdout

    [[nodiscard]] engine::Json json() const
    {
        return engine::value_or_throw(engine::parse_json(text, "output"));
    }
};

// The program meets a closed stdin.
inline Output output_of(std::vector<std::string> arguments)
{
    ChildProcess child(std::move(arguments));
    child.close_input();
    Output output;
    while (const std::optional<std::string> line = child.line()) {
        output.text += *line + "\n";
    }
    output.code = child.wait();
    return output;
}

} // namespace tests
