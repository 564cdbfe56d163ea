// Child processes on Windows.
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/core/platform.h"
#include "tests/support/child_process.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

namespace tests {

namespace {

HANDLE handle_of(std::intptr_t file)
{
    return reinterpret_cast<HANDLE>(file);
}

// As the child's runtime takes it apart: quotes around it, backslashes before a quote doubled.
std::wstring quoted(const std::string& argument)
{
    std::wstring text = L"\"";
    std::size_t backslashes = 0;
    for (const wchar_t letter : std::filesystem::path(argument).wstring()) {
        if (letter == L'"') {
            text.append(backslashes + 1, L'\\');
        }
        backslashes = letter == L'\\' ? backslashes + 1 : 0;
        text += letter;
    }
    return text.append(backslashes, L'\\') + L"\" ";
}

// A pipe whose one end the child inherits.
struct Pipe
{
    HANDLE read = nullptr;
    HANDLE write = nullptr;
};

Pipe make_pipe()
{
    Pipe pipe;
    SECURITY_ATTRIBUTES inherited = {sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    if (::CreatePipe(&pipe.read, &pipe.write, &inherited, 1U << 16U) == 0) {
        throw std::runtime_error("CreatePipe failed");
    }
    return pipe;
}

} // namespace

bool has_shell()
{
    return false;
}

void ChildProcess::close_once(std::intptr_t& file)
{
    if (file != -1) {
        ::CloseHandle(handle_of(std::exchange(file, -1)));
    }
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::filesystem::path& errors)
{
    std::wstring command;
    for (const std::string& argument : arguments) {
        command += quoted(argument);
    }
    const Pipe to_child = make_pipe();
    const Pipe from_child = make_pipe();
    ::SetHandleInformation(to_child.write, HANDLE_FLAG_INHERIT, 0);
    ::SetHandleInformation(from_child.read, HANDLE_FLAG_INHERIT, 0);
    SECURITY_ATTRIBUTES inherited = {sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    STARTUPINFOW start = {};
    start.cb = sizeof(start);
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = to_child.read;
    start.hStdOutput = from_child.write;
    start.hStdError = errors.empty() ? ::GetStdHandle(STD_ERROR_HANDLE)
                                     : ::CreateFileW(errors.c_str(),
                                                     GENERIC_WRITE,
                                                     FILE_SHARE_READ,
                                                     &inherited,
                                                     CREATE_ALWAYS,
                                                     FILE_ATTRIBUTE_NORMAL,
                                                     nullptr);
    PROCESS_INFORMATION process = {};
    const bool started = ::CreateProcessW(nullptr,
                                          command.data(),
                                          nullptr,
                                          nullptr,
                                          TRUE,
                                          CREATE_NEW_PROCESS_GROUP,
                                          nullptr,
                                          nullptr,
                                          &start,
                                          &process)
                         != 0;
    ::CloseHandle(to_child.read);
    ::CloseHandle(from_child.write);
    if (!errors.empty()) {
        ::CloseHandle(start.hStdError);
    }
    if (!started) {
        throw std::runtime_error("CreateProcess failed: " + arguments.front());
    }
    ::CloseHandle(process.hThread);
    m_process = reinterpret_cast<std::intptr_t>(process.hProcess);
    m_input = reinterpret_cast<std::intptr_t>(to_child.write);
    m_output = reinterpret_cast<std::intptr_t>(from_child.read);
}

void ChildProcess::send(const std::string& line)
{
    const std::string text = line + "\n";
    DWORD written = 0;
    if (::WriteFile(
            handle_of(m_input), text.data(), static_cast<DWORD>(text.size()), &written, nullptr)
            == 0
        || written != text.size()) {
        throw std::runtime_error("the child does not read");
    }
}

void ChildProcess::interrupt()
{
    if (::GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, ::GetProcessId(handle_of(m_process))) == 0) {
        terminate(); // no console carries it
    }
}

void ChildProcess::terminate()
{
    engine::value_or_throw(engine::interrupt_process(::GetProcessId(handle_of(m_process))));
}

void ChildProcess::kill()
{
    ::TerminateProcess(handle_of(m_process), kKilled);
}

bool ChildProcess::read_until(Clock::time_point end)
{
    DWORD waiting = 0;
    while (::PeekNamedPipe(handle_of(m_output), nullptr, 0, nullptr, &waiting, nullptr) != 0
           && waiting == 0) {
        if (Clock::now() >= end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    char bytes[4096];
    DWORD count = 0;
    if (::ReadFile(handle_of(m_output), bytes, sizeof bytes, &count, nullptr) == 0 || count == 0) {
        return false;
    }
    m_buffer.append(bytes, count);
    return true;
}

int ChildProcess::wait()
{
    DWORD code = 0;
    ::WaitForSingleObject(handle_of(m_process), INFINITE);
    ::GetExitCodeProcess(handle_of(m_process), &code);
    close_once(m_process);
    return static_cast<int>(code);
}

} // namespace tests
