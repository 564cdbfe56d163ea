// The real program with pipes on stdin and stdout, for tests that drive it as the studio does.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "engine/core/json.h"

namespace tests {

class ChildProcess
{
public:
    explicit ChildProcess(std::vector<std::string> arguments)
    {
        int to_child[2] = {};
        int from_child[2] = {};
        if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0) {
            throw std::runtime_error("pipe2 failed");
        }
        std::vector<char*> raw;
        raw.reserve(arguments.size() + 1);
        for (std::string& argument : arguments) {
            raw.push_back(argument.data());
        }
        raw.push_back(nullptr);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::dup2(to_child[0], 0);
            ::dup2(from_child[1], 1);
            ::execv(raw[0], raw.data());
            ::_exit(127);
        }
        ::close(to_child[0]);
        ::close(from_child[1]);
        m_input = to_child[1];
        m_output = from_child[0];
    }

    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    ~ChildProcess()
    {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            (void)wait();
        }
        close_input();
        ::close(m_output);
    }

    void send(const std::string& line)
    {
        const std::string text = line + "\n";
        if (::write(m_input, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
            throw std::runtime_error("the child does not read");
        }
    }

    void close_input()
    {
        if (m_input >= 0) {
            ::close(m_input);
            m_input = -1;
        }
    }

    void signal(int number) { ::kill(m_pid, number); }

    // The next line; nothing when the output ended or nothing came in time.
    std::optional<std::string> line(std::chrono::seconds timeout = std::chrono::seconds(60))
    {
        const auto end = std::chrono::steady_clock::now() + timeout;
        while (true) {
            const std::size_t newline = m_buffer.find('\n');
            if (newline != std::string::npos) {
                std::string text = m_buffer.substr(0, newline);
                m_buffer.erase(0, newline + 1);
                return text;
            }
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                end - std::chrono::steady_clock::now());
            pollfd wait = {m_output, POLLIN, 0};
            if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
                return std::nullopt;
            }
            char bytes[4096];
            const ssize_t count = ::read(m_output, bytes, sizeof bytes);
            if (count <= 0) {
                return std::nullopt;
            }
            m_buffer.append(bytes, static_cast<std::size_t>(count));
        }
    }

    // Reads events until one is wanted; null when the output ends first. All are kept in events().
    engine::Json wait_for(const std::function<bool(const engine::Json&)>& wanted)
    {
        while (const std::optional<std::string> text = line()) {
            m_events.push_back(engine::value_or_throw(engine::parse_json(*text, "event")));
            if (wanted(m_events.back())) {
                return m_events.back();
            }
        }
        return nullptr;
    }

    engine::Json wait_for(const std::string& event)
    {
        return wait_for([&](const engine::Json& json) { return json["event"] == event; });
    }

    [[nodiscard]] const std::vector<engine::Json>& events() const { return m_events; }

    // The exit code; 128 + number after a signal.
    int wait()
    {
        int status = 0;
        ::waitpid(m_pid, &status, 0);
        m_pid = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t m_pid = -1;
    int m_input = -1;
    int m_output = -1;
    std::string m_buffer;
    std::vector<engine::Json> m_events;
};

} // namespace tests
