// Problem and Outcome: what went wrong as sentences a person can act on, and engine errors turned
// into them.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include <QString>

namespace engine {
struct Error;
}

namespace app {

// A failure for people. `message` states the fact with its numbers, `hint` the next step (may be
// empty), `details` what a maintainer needs (the worker's last stderr lines; may be empty). `code`
// is the engine's snake_case name ("not_found", "out_of_host_memory", ...) or one of ours
// ("read_only", "disk_full", "crashed", "catalog").
struct Problem
{
    QString code;
    QString message;
    QString hint = {};
    QString details = {};

    // Message and hint as one text of one or two sentences.
    [[nodiscard]] QString text() const;

    friend bool operator==(const Problem&, const Problem&) = default;
};

// A value or a Problem.
template <typename T>
class [[nodiscard]] Outcome
{
public:
    Outcome(T value)
        : m_state(std::in_place_index<0>, std::move(value))
    {}

    Outcome(Problem problem)
        : m_state(std::in_place_index<1>, std::move(problem))
    {}

    [[nodiscard]] bool hasValue() const { return m_state.index() == 0; }

    explicit operator bool() const { return hasValue(); }

    [[nodiscard]] const T& value() const { return std::get<0>(m_state); }

    [[nodiscard]] T take() { return std::get<0>(std::move(m_state)); }

    [[nodiscard]] const Problem& problem() const { return std::get<1>(m_state); }

    const T& operator*() const { return value(); }

    const T* operator->() const { return &value(); }

private:
    std::variant<T, Problem> m_state;
};

struct Done
{};

// An engine error with its code's advice added when the error brings none.
[[nodiscard]] Problem problemFrom(const engine::Error& error);

// The same for a `failed` event's three fields.
[[nodiscard]] Problem
problemFromEvent(const QString& code, const QString& message, const QString& hint);

// A write to `path` that the system refused: tells a full disk, a read-only place and missing
// rights apart by looking at the folder.
[[nodiscard]] Problem writeProblem(const QString& path, const QString& systemText);

// What keeps a folder from being made at `path` and written in, as far as looking tells; nothing is
// made.
[[nodiscard]] std::optional<Problem> placeProblem(const QString& path);

} // namespace app
