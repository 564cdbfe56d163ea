// Reading JSON keys with their type and range.
#include "engine/model/config_reader.h"

#include <cmath>
#include <utility>

namespace engine {

ConfigReader::ConfigReader(const Json& object, std::string what)
    : m_object(&object)
    , m_what(std::move(what))
{
    if (!object.is_object()) {
        m_error = Error{ErrorCode::InvalidConfig,
                        concat(m_what, ": is ", object.type_name(), ", wanted a JSON object")};
    }
}

const Json* ConfigReader::find(std::string_view key) const
{
    if (!m_object->is_object()) {
        return nullptr;
    }
    const auto found = m_object->find(std::string(key));
    return found == m_object->end() || found->is_null() ? nullptr : &*found;
}

bool ConfigReader::contains(std::string_view key) const
{
    return m_object->is_object() && m_object->contains(std::string(key));
}

std::int64_t ConfigReader::integer(std::string_view key,
                                   std::optional<std::int64_t> fallback,
                                   std::int64_t lowest,
                                   std::int64_t highest)
{
    const Json* value = find(key);
    if (value == nullptr) {
        if (!fallback) {
            fail(ErrorCode::InvalidConfig, key, "is missing");
        }
        return fallback.value_or(0);
    }
    const bool fits = value->is_number_unsigned()
                          ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)
                          : value->is_number_integer();
    const std::int64_t number = fits ? value->get<std::int64_t>() : 0;
    if (!fits || number < lowest || number > highest) {
        fail(ErrorCode::InvalidConfig,
             key,
             concat("is ", shown(*value), ", wanted an integer from ", lowest, " to ", highest));
        return fallback.value_or(0);
    }
    return number;
}

double ConfigReader::number(std::string_view key, double fallback, double lowest, double highest)
{
    const Json* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (!(number >= lowest && number <= highest)) {
        fail(ErrorCode::InvalidConfig,
             key,
             concat("is ", shown(*value), ", wanted a number from ", lowest, " to ", highest));
        return fallback;
    }
    return number;
}

bool ConfigReader::boolean(std::string_view key, bool fallback)
{
    const Json* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_boolean()) {
        fail(ErrorCode::InvalidConfig, key, concat("is ", shown(*value), ", wanted true or false"));
        return fallback;
    }
    return value->get<bool>();
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback)
{
    const Json* value = find(key);
    if (value == nullptr) {
        return std::string(fallback);
    }
    if (!value->is_string()) {
        fail(ErrorCode::InvalidConfig, key, concat("is ", shown(*value), ", wanted a string"));
        return std::string(fallback);
    }
    return value->get<std::string>();
}

void ConfigReader::fail(ErrorCode code, std::string_view key, const std::string& fact)
{
    if (!m_error) {
        m_error = Error{code, concat(m_what, ": ", key, ' ', fact)};
    }
}

std::string shown(const Json& value)
{
    constexpr std::size_t kShown = 80;
    if (value.is_structured() && value.size() > kShown) {
        return concat(value.type_name(), " of ", value.size(), " values");
    }
    std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > kShown) {
        text.resize(kShown);
        text += "...";
    }
    return text;
}

} // namespace engine
