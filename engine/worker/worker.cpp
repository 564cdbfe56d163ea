// The worker's queue, its two threads' meeting point, and what ends it.
#include "engine/worker/worker.h"

#include <cstdlib>
#include <new>
#include <utility>

#include "engine/core/log.h"
#include "engine/core/platform.h"
#include "engine/worker/answers.h"
#include "engine/worker/command_reader.h"

namespace engine {

namespace {

constexpr std::chrono::milliseconds kSignalPoll{200};

template <typename... Alternatives>
bool holds_any(const CommandBody& body)
{
    return (std::holds_alternative<Alternatives>(body) || ...);
}

} // namespace

Worker::Worker(std::istream& input, EventWriter::Output output)
    : m_input(input)
    , m_writer([this, write = std::move(output)](std::string_view line) {
        const bool written = write(line);
        if (!written) {
            lose_reader();
        }
        return written;
    })
{}

Worker::~Worker() = default;

int Worker::run()
{
    volunteer_for_out_of_memory();
    stop_on_signals(m_idle_stop);
    m_writer.post(hello_answer(list_devices()), 0);
    CommandReader reader(
        m_input,
        {.command = [this](Command command) { accept(std::move(command)); },
         .garbage = [this](const Error& error, std::int64_t id) { fail(error, id); },
         .end = [this] { end_input(); }});
    Command command;
    while (m_exit_code == 0 && next(command)) {
        answer(command);
    }
    m_writer.flush();
    {
        const std::lock_guard lock(m_mutex);
        if (!m_input_ended) {
            // The reader may wait for input for ever; everything of ours is written and synced.
            std::_Exit(m_exit_code);
        }
    }
    return m_exit_code;
}

void Worker::accept(Command command)
{
    if (act_on_run(command)) {
        return;
    }
    const std::lock_guard lock(m_mutex);
    if (holds_any<TrainCommand, ResumeRunCommand>(command.body)) {
        if (m_run != nullptr) {
            fail({ErrorCode::InvalidArgument,
                  concat(name_of(command.body), ": a run is going on already"),
                  "stop it first, or use another worker"},
                 command.id);
            return;
        }
        m_run = std::make_shared<RunControl>();
    }
    m_input_ended = holds_any<QuitCommand>(command.body); // the reader ends after it
    m_queue.push_back(std::move(command));
    m_changed.notify_one();
}

bool Worker::act_on_run(const Command& command)
{
    const std::lock_guard lock(m_mutex);
    if (holds_any<CancelCommand>(command.body)) {
        if (m_cancel != nullptr) {
            m_cancel->request_stop();
        }
        m_writer.post(done_answer(name_of(command.body)), command.id);
        return true;
    }
    if (holds_any<QuitCommand>(command.body) && m_run != nullptr) {
        m_stop_commanded = true;
        m_run->stop(StopMode::Save);
        return false;
    }
    if (!holds_any<PauseCommand, ContinueCommand, CheckpointCommand, SampleCommand, StopCommand>(
            command.body)) {
        return false;
    }
    if (m_run == nullptr) {
        fail({ErrorCode::InvalidArgument, concat(name_of(command.body), ": no run is going on")},
             command.id);
    } else if (holds_any<PauseCommand>(command.body)) {
        m_run->pause();
    } else if (holds_any<ContinueCommand>(command.body)) {
        m_run->unpause();
    } else if (holds_any<CheckpointCommand>(command.body)) {
        m_run->request_checkpoint();
    } else if (holds_any<SampleCommand>(command.body)) {
        m_run->request_sample();
    } else {
        m_stop_commanded = true;
        m_run->stop(std::get<StopCommand>(command.body).save ? StopMode::Save : StopMode::Discard);
    }
    return true;
}

void Worker::end_input()
{
    const std::lock_guard lock(m_mutex);
    m_input_ended = true;
    if (m_run != nullptr) {
        m_run->stop(StopMode::Save);
    }
    m_changed.notify_one();
}

// Nobody listens any more: a run is saved, anything else is not worth finishing.
void Worker::lose_reader()
{
    const std::lock_guard lock(m_mutex);
    if (m_run != nullptr) {
        m_run->stop(StopMode::Save);
    }
    if (m_cancel != nullptr) {
        m_cancel->request_stop();
    }
}

// False when there is nothing more to do: `quit` came, the input ended and all it held is answered,
// nobody listens, or a signal asked to end.
bool Worker::next(Command& command)
{
    std::unique_lock lock(m_mutex);
    while (m_queue.empty()) {
        if (m_input_ended || m_idle_stop.stop_requested()) {
            return false;
        }
        m_changed.wait_for(lock, kSignalPoll);
    }
    if (m_writer.broken()) {
        return false;
    }
    command = std::move(m_queue.front());
    m_queue.pop_front();
    m_cancel = std::make_shared<StopSource>();
    return !holds_any<QuitCommand>(command.body);
}

void Worker::answer(const Command& command)
{
    try {
        std::visit(
            [&](const auto& body) {
                if constexpr (requires { execute(body, command.id); }) {
                    execute(body, command.id);
                }
            },
            command.body);
    } catch (const EngineError& error) {
        fail(error.error(), command.id);
        if (ends_process(error.error())) {
            m_exit_code = exit_code(error.error().code);
        }
    } catch (const std::bad_alloc&) {
        fail({ErrorCode::OutOfHostMemory,
              concat(name_of(command.body), ": no memory is left in this computer"),
              "close other programs, or choose smaller settings"},
             command.id);
    } catch (const std::exception& error) {
        fail({ErrorCode::Internal, concat(name_of(command.body), ": ", error.what())}, command.id);
    }
    const std::lock_guard lock(m_mutex);
    m_cancel = nullptr;
}

void Worker::fail(const Error& error, std::int64_t id)
{
    m_writer.post(failed_answer(error), id);
}

} // namespace engine
