// Typed, range-checked access to the keys of a JSON object; keeps the first error, which names the
// key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/core/json.h"

namespace engine {

class ConfigReader
{
public:
    // `object` must outlive the reader; `what` begins every message.
    ConfigReader(const Json& object, std::string what);

    // The value, or null when the key is absent or its value is null.
    [[nodiscard]] const Json* find(std::string_view key) const;

    // Present, even when null.
    [[nodiscard]] bool contains(std::string_view key) const;

    // An absent or null key gives the fallback; without a fallback it is an error. So is a value
    // of another type or outside [lowest, highest]; the fallback (or 0) is returned then.
    std::int64_t integer(std::string_view key,
                         std::optional<std::int64_t> fallback,
                         std::int64_t lowest,
                         std::int64_t highest);
    double number(std::string_view key, double fallback, double lowest, double highest);
    bool boolean(std::string_view key, bool fallback);
    std::string text(std::string_view key, std::string_view fallback);

    // Keeps the first error only.
    void fail(ErrorCode code, std::string_view key, const std::string& fact);

    [[nodiscard]] bool ok() const { return !m_error.has_value(); }

    [[nodiscard]] const Error& error() const { return *m_error; }

    [[nodiscard]] const Json& object() const { return *m_object; }

    [[nodiscard]] const std::string& what() const { return m_what; }

private:
    const Json* m_object;
    std::string m_what;
    std::optional<Error> m_error;
};

// A JSON value for a message: on one line, cut when long.
[[nodiscard]] std::string shown(const Json& value);

} // namespace engine
