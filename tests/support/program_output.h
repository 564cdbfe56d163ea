// What a program printed and how it ended, for tests that run one to its end.
#pragma once

#include <iostream>

#include "engine/core/platform.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace tests {

struct Output
{
    int code = -1;      // as ChildProcess::wait
    std::string text;   // stdout
    std::string errors; // stderr

    [[nodiscard]] engine::Json json() const
    {
        return engine::value_or_throw(engine::parse_json(text, "output"));
    }
};

// The program meets a closed stdin. What it wrote to stderr is shown in the test's output too.
inline Output output_of(const std::vector<std::string>& arguments)
{
    const TemporaryFolder folder;
    const std::filesystem::path errors = folder.path() / "stderr";
    ChildProcess child(arguments, errors);
    child.close_input();
    Output output;
    while (const std::optional<std::string> line = child.line()) {
        output.text += *line + "\n";
    }
    output.code = child.wait();
    output.errors = engine::value_or_throw(engine::read_file(errors));
    std::cerr << output.errors;
    return output;
}

} // namespace tests
