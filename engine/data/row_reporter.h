// Collects what a converter has to say about one row.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/json.h"
#include "engine/data/record.h"

namespace engine {

class RowReporter
{
public:
    explicit RowReporter(std::int64_t row)
        : m_row(row)
    {}

    void error(std::string_view code, std::string message)
    {
        add(Severity::Error, code, std::move(message));
        m_failed = true;
    }

    void warn(std::string_view code, std::string message)
    {
        add(Severity::Warning, code, std::move(message));
    }

    [[nodiscard]] bool failed() const { return m_failed; }

    [[nodiscard]] std::vector<RowProblem> take() { return std::move(m_problems); }

private:
    void add(Severity severity, std::string_view code, std::string message)
    {
        m_problems.push_back({severity, m_row, std::string(code), std::move(message)});
    }

    std::int64_t m_row;
    std::vector<RowProblem> m_problems;
    bool m_failed = false;
};

// "a number (7)", "null", "a list of 3 elements": what a value is, for messages.
[[nodiscard]] std::string describe_value(const Json& value);

// Messages from a list of {role, content} or {from, value}; `where` names the column. Roles of both
// shapes are understood in either. Problems go to the reporter.
[[nodiscard]] std::vector<Message>
convert_messages(const Json& list, std::string_view where, RowReporter& report);

// Orders what the readers of chat rows expect of a conversation and names what is unusual.
void check_conversation(std::vector<Message>& messages, RowReporter& report);

} // namespace engine
