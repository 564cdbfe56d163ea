// The thread that reads commands from stdin, one line each; the end of the input means that the
// parent is gone.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <thread>

#include "engine/core/error.h"
#include "engine/worker/protocol.h"

namespace engine {

class CommandReader
{
public:
    static constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20U;

    struct Handlers
    {
        std::function<void(Command)> command;
        // A line that is no command; `id` is what it stated, or 0.
        std::function<void(Error, std::int64_t id)> garbage;
        std::function<void()> end;
    };

    // Handlers are called on the reader's thread. It ends after `quit` or the end of the input.
    CommandReader(std::istream& input, Handlers handlers);
    CommandReader(const CommandReader&) = delete;
    CommandReader& operator=(const CommandReader&) = delete;
    ~CommandReader();

private:
    void run();

    std::istream& m_input;
    Handlers m_handlers;
    std::thread m_thread;
};

} // namespace engine
