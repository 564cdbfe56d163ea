// What is the same on every system: a child's end, and what it says by lines and by events.
#include "tests/support/child_process.h"

namespace tests {

ChildProcess::~ChildProcess()
{
    if (m_process != -1) {
        kill();
        (void)wait();
    }
    close_input();
    close_output();
}

void ChildProcess::close_input()
{
    close_once(m_input);
}

void ChildProcess::close_output()
{
    close_once(m_output);
}

std::optional<std::string> ChildProcess::line(std::chrono::seconds timeout)
{
    const auto end = Clock::now() + timeout;
    while (true) {
        const std::size_t newline = m_buffer.find('\n');
        if (newline != std::string::npos) {
            std::string text = m_buffer.substr(0, newline);
            m_buffer.erase(0, newline + 1);
            return text;
        }
        if (!read_until(end)) {
            return std::nullopt;
        }
    }
}

engine::Json ChildProcess::wait_for(const std::function<bool(const engine::Json&)>& wanted)
{
    while (const std::optional<std::string> text = line()) {
        m_events.push_back(engine::value_or_throw(engine::parse_json(*text, "event")));
        if (wanted(m_events.back())) {
            return m_events.back();
        }
    }
    return nullptr;
}

engine::Json ChildProcess::wait_for(const std::string& event)
{
    return wait_for([&](const engine::Json& json) { return json["event"] == event; });
}

} // namespace tests
