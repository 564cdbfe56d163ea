// What can go wrong in the engine, and the two ways a function says so: Result and EngineError.
// Return Result for what a user or a file can cause; throw EngineError for what ends a training
// step.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace engine {

enum class ErrorCode {
    InvalidArgument,
    InvalidConfig,
    NotFound,
    Io,
    Format,
    Unsupported,
    OutOfHostMemory,
    OutOfDeviceMemory,
    DeviceLost,
    Cancelled,
    Internal,
};

// The snake_case name used in `failed` events: "invalid_argument", "out_of_host_memory", ...
[[nodiscard]] std::string_view to_string(ErrorCode code);

// The process exit code of the command-line contract: 2 bad input, 3 cancelled, 4 out of memory,
// 5 device lost, 70 a bug of ours.
[[nodiscard]] int exit_code(ErrorCode code);

struct Error
{
    ErrorCode code = ErrorCode::Internal;
    std::string message;   // subject: fact with numbers
    std::string hint = {}; // what to do next; may be empty
};

// A file whose content is not what its format asks for.
[[nodiscard]] Error format_error(std::string message, std::string hint = {});

// True when the process that met the error cannot compute any more.
[[nodiscard]] inline bool ends_process(const Error& error)
{
    return error.code == ErrorCode::DeviceLost;
}

class EngineError final : public std::runtime_error
{
public:
    explicit EngineError(Error error)
        : std::runtime_error(error.message)
        , m_error(std::move(error))
    {}

    [[nodiscard]] const Error& error() const noexcept { return m_error; }

private:
    Error m_error;
};

// Joins its arguments with operator<<; the engine's substitute for <format>.
template <typename... Pieces>
[[nodiscard]] std::string concat(const Pieces&... pieces)
{
    std::ostringstream text;
    (text << ... << pieces);
    return text.str();
}

// A value or an Error, with std::expected's member names.
template <typename T>
class [[nodiscard]] Result
{
public:
    Result(T value)
        : m_state(std::in_place_index<0>, std::move(value))
    {}

    Result(Error error)
        : m_state(std::in_place_index<1>, std::move(error))
    {}

    [[nodiscard]] bool has_value() const { return m_state.index() == 0; }

    explicit operator bool() const { return has_value(); }

    [[nodiscard]] T& value() & { return std::get<0>(m_state); }

    [[nodiscard]] const T& value() const& { return std::get<0>(m_state); }

    [[nodiscard]] T&& value() && { return std::get<0>(std::move(m_state)); }

    [[nodiscard]] const Error& error() const { return std::get<1>(m_state); }

    T& operator*() & { return value(); }

    const T& operator*() const& { return value(); }

    T&& operator*() && { return std::move(*this).value(); }

    T* operator->() { return &value(); }

    const T* operator->() const { return &value(); }

private:
    std::variant<T, Error> m_state;
};

// Success or an Error.
template <>
class [[nodiscard]] Result<void>
{
public:
    Result() = default;

    Result(Error error)
        : m_error(std::move(error))
        , m_failed(true)
    {}

    [[nodiscard]] bool has_value() const { return !m_failed; }

    explicit operator bool() const { return has_value(); }

    [[nodiscard]] const Error& error() const { return m_error; }

private:
    Error m_error;
    bool m_failed = false;
};

// Takes the value out of a Result, or throws its Error: the bridge from loading into a training
// step.
template <typename T>
T value_or_throw(Result<T> result)
{
    if (!result) {
        throw EngineError(result.error());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(result).value();
    }
}

} // namespace engine
