// Child processes on POSIX systems.
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "tests/support/child_process.h"

namespace tests {

bool has_shell()
{
    return true;
}

void ChildProcess::close_once(std::intptr_t& file)
{
    if (file != -1) {
        ::close(static_cast<int>(std::exchange(file, -1)));
    }
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::filesystem::path& errors)
{
    int to_child[2] = {};
    int from_child[2] = {};
    if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe2 failed");
    }
    std::vector<char*> raw;
    raw.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
        raw.push_back(const_cast<char*>(argument.c_str()));
    }
    raw.push_back(nullptr);
    const pid_t process = ::fork();
    if (process == 0) {
        ::dup2(to_child[0], 0);
        ::dup2(from_child[1], 1);
        if (!errors.empty()) {
            ::dup2(::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), 2);
        }
        ::execv(raw[0], raw.data());
        ::_exit(127);
    }
    ::close(to_child[0]);
    ::close(from_child[1]);
    m_process = process;
    m_input = to_child[1];
    m_output = from_child[0];
}

void ChildProcess::send(const std::string& line)
{
    const std::string text = line + "\n";
    if (::write(static_cast<int>(m_input), text.data(), text.size())
        != static_cast<ssize_t>(text.size())) {
        throw std::runtime_error("the child does not read");
    }
}

void ChildProcess::interrupt()
{
    ::kill(static_cast<pid_t>(m_process), SIGINT);
}

void ChildProcess::terminate()
{
    ::kill(static_cast<pid_t>(m_process), SIGTERM);
}

void ChildProcess::kill()
{
    ::kill(static_cast<pid_t>(m_process), SIGKILL);
}

bool ChildProcess::read_until(Clock::time_point end)
{
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    pollfd wait = {static_cast<int>(m_output), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
        return false;
    }
    char bytes[4096];
    const ssize_t count = ::read(static_cast<int>(m_output), bytes, sizeof bytes);
    if (count <= 0) {
        return false;
    }
    m_buffer.append(bytes, static_cast<std::size_t>(count));
    return true;
}

int ChildProcess::wait()
{
    int status = 0;
    ::waitpid(static_cast<pid_t>(std::exchange(m_process, -1)), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace tests
