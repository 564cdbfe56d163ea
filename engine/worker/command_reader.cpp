// Lines to commands; an overlong line is skipped whole and answered once.
#include "engine/worker/command_reader.h"

#include <utility>

namespace engine {

namespace {

enum class Line { Complete, TooLong, End };

Line read_line(std::istream& input, std::string& line, std::size_t max_bytes)
{
    line.clear();
    bool too_long = false;
    std::streambuf& buffer = *input.rdbuf();
    for (int c = buffer.sbumpc(); c != std::char_traits<char>::eof(); c = buffer.sbumpc()) {
        if (c == '\n') {
            return too_long ? Line::TooLong : Line::Complete;
        }
        if (line.size() < max_bytes) {
            line.push_back(static_cast<char>(c));
        } else {
            too_long = true;
        }
    }
    // A line that the end cuts off was not meant to be acted on.
    return Line::End;
}

} // namespace

CommandReader::CommandReader(std::istream& input, Handlers handlers)
    : m_input(input)
    , m_handlers(std::move(handlers))
    , m_thread([this] { run(); })
{}

CommandReader::~CommandReader()
{
    m_thread.join();
}

void CommandReader::run()
{
    std::string line;
    while (true) {
        const Line kind = read_line(m_input, line, kMaxLineBytes);
        if (kind == Line::End) {
            m_handlers.end();
            return;
        }
        if (kind == Line::TooLong) {
            m_handlers.garbage({ErrorCode::InvalidArgument,
                                concat("command: line is longer than ", kMaxLineBytes, " bytes")},
                               0);
            continue;
        }
        if (line.find_first_not_of(" \t\r") == std::string::npos) {
            continue;
        }
        Result<Command> command = parse_command(line);
        if (!command) {
            m_handlers.garbage(command.error(), command_id(line));
            continue;
        }
        const bool quit = std::holds_alternative<QuitCommand>(command->body);
        m_handlers.command(std::move(*command));
        if (quit) {
            return;
        }
    }
}

} // namespace engine
