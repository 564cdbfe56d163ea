// The real program with pipes on stdin and stdout, for tests that drive it as the studio does.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/json.h"

namespace tests {

inline constexpr int kKilled = 128 + 9; // what wait() gives after kill()

// Whether programs can be started through a POSIX shell, for limits and redirections.
[[nodiscard]] bool has_shell();

class ChildProcess
{
public:
    // stderr is the test's own, or the file `errors`.
    explicit ChildProcess(const std::vector<std::string>& arguments,
                          const std::filesystem::path& errors = {});
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess();

    void send(const std::string& line);
    void close_input();
    void close_output(); // the reader goes away

    void interrupt(); // Ctrl-C in its terminal; Ctrl-Break on Windows
    void terminate(); // asked to end by another process
    void kill();

    // The next line; nothing when the output ended or nothing came in time.
    std::optional<std::string> line(std::chrono::seconds timeout = std::chrono::seconds(60));

    // Reads events until one is wanted; null when the output ends first. All are kept in events().
    engine::Json wait_for(const std::function<bool(const engine::Json&)>& wanted);
    engine::Json wait_for(const std::string& event);

    [[nodiscard]] const std::vector<engine::Json>& events() const { return m_events; }

    // The exit code; 128 + number after a signal.
    int wait();

private:
    using Clock = std::chrono::steady_clock;

    // Closes what is open.
    static void close_once(std::intptr_t& file);

    // Adds what comes to m_buffer; false when the output ended or nothing came until then.
    bool read_until(Clock::time_point end);

    // Descriptors and a process number, or handles; -1 when closed.
    std::intptr_t m_process = -1;
    std::intptr_t m_input = -1;
    std::intptr_t m_output = -1;
    std::string m_buffer;
    std::vector<engine::Json> m_events;
};

} // namespace tests
