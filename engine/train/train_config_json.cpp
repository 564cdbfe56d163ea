// TrainConfig to and from JSON: one overload per kind of setting, one entry per key.
#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include "engine/train/config_text.h"
#include "engine/train/train_config.h"
#include "engine/train/train_config_table.h"

namespace engine {

namespace {

using detail::Entry;

// Spellings of the command line's contract that this build does not compute.
constexpr std::string_view kKnownUnsupported[] = {
    "dora", "lora-pro", "alora", "pissa", "olora", "nf4", "int8"};

std::string joined(const std::vector<std::string_view>& names)
{
    std::string text;
    for (const std::string_view name : names) {
        text += (text.empty() ? "" : ", ") + std::string(name);
    }
    return text;
}

Error wrong_type(const TrainField& field, const Json& json, std::string_view wanted)
{
    return {ErrorCode::InvalidConfig,
            concat(field.key, ": found ", json.type_name(), ", wanted ", wanted)};
}

Result<std::size_t> choice_index(const TrainField& field, const Json& json)
{
    if (!json.is_string()) {
        return wrong_type(field, json, concat("one of ", joined(field.choices)));
    }
    const std::string name = json.get<std::string>();
    const auto found = std::find(field.choices.begin(), field.choices.end(), name);
    if (found != field.choices.end()) {
        return static_cast<std::size_t>(found - field.choices.begin());
    }
    const bool known = std::find(std::begin(kKnownUnsupported), std::end(kKnownUnsupported), name)
                       != std::end(kKnownUnsupported);
    return Error{known ? ErrorCode::Unsupported : ErrorCode::InvalidConfig,
                 concat(field.key,
                        ": ",
                        name.substr(0, 60),
                        known ? " is not supported yet, supported: " : " is not one of: ",
                        joined(field.choices))};
}

// One overload per kind of member: JSON, or the short text of it, to the value.
Result<void> read(const TrainField& field, const Json& json, std::string& value)
{
    if (!field.choices.empty()) {
        const Result<std::size_t> index = choice_index(field, json);
        if (!index) {
            return index.error();
        }
        value = field.choices[*index];
        return {};
    }
    if (field.key == "eval_data" && json.is_number()) {
        value = json.dump(); // a fraction
        return {};
    }
    if (!json.is_string()) {
        return wrong_type(field, json, "text");
    }
    value = json.get<std::string>();
    return {};
}

template <typename Enum>

requires std::is_enum_v<Enum> Result<void>
read(const TrainField& field, const Json& json, Enum& value)
{
    const Result<std::size_t> index = choice_index(field, json);
    if (!index) {
        return index.error();
    }
    value = static_cast<Enum>(*index);
    return {};
}

template <typename Integer>

requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>) Result<void> read(
    const TrainField& field, const Json& json, Integer& value)
{
    std::int64_t number = 0;
    if (json.is_string()) {
        const Result<std::int64_t> parsed = parse_integer(field.key, json.get<std::string>());
        if (!parsed) {
            return parsed.error();
        }
        number = *parsed;
    } else if (json.is_number_integer()) {
        number = json.get<std::int64_t>();
    } else {
        return wrong_type(field, json, "a whole number");
    }
    if (number != static_cast<std::int64_t>(static_cast<Integer>(number))
        || (std::is_unsigned_v<Integer> && number < 0)) {
        return Error{ErrorCode::InvalidConfig, concat(field.key, ": ", number, " is out of range")};
    }
    value = static_cast<Integer>(number);
    return {};
}

// A JSON value of the right type, or its text.
template <typename T, typename Parse>
Result<void>
read_or_parse(const TrainField& field, const Json& json, Parse parse, const char* wanted, T& value)
{
    if (json.is_string()) {
        const Result<T> parsed = parse(field.key, json.get<std::string>());
        if (!parsed) {
            return parsed.error();
        }
        value = *parsed;
        return {};
    }
    if (!(std::is_same_v<T, bool> ? json.is_boolean() : json.is_number())) {
        return wrong_type(field, json, wanted);
    }
    value = json.get<T>();
    return {};
}

Result<void> read(const TrainField& field, const Json& json, double& value)
{
    return read_or_parse(field, json, parse_number, "a number", value);
}

Result<void> read(const TrainField& field, const Json& json, bool& value)
{
    return read_or_parse(field, json, parse_switch, "true or false", value);
}

Result<void> read(const TrainField& field, const Json& json, detail::StringList& values)
{
    values.clear();
    if (json.is_string()) {
        values.push_back(json.get<std::string>());
        return {};
    }
    if (!json.is_array()) {
        return wrong_type(field, json, "an array of texts");
    }
    for (const Json& element : json) {
        if (!element.is_string()) {
            return wrong_type(field, element, "an array of texts");
        }
        values.push_back(element.get<std::string>());
    }
    return {};
}

Result<void> read(const TrainField& field, const Json& json, std::vector<Target>& values)
{
    std::string names;
    if (json.is_string()) {
        names = json.get<std::string>();
    } else if (json.is_array()) {
        for (const Json& element : json) {
            if (!element.is_string()) {
                return wrong_type(field, element, "an array of names");
            }
            names += element.get<std::string>() + ",";
        }
    } else {
        return wrong_type(field, json, "an array of names");
    }
    Result<std::vector<Target>> targets = parse_targets(names);
    if (!targets) {
        return targets.error();
    }
    values = std::move(*targets);
    return {};
}

Result<void> read(const TrainField& field, const Json& json, detail::IntegerList& values)
{
    std::string text;
    if (json.is_string()) {
        text = json.get<std::string>();
    } else if (json.is_array()) {
        for (const Json& element : json) {
            if (!element.is_number_integer()) {
                return wrong_type(field, element, "an array of whole numbers");
            }
            text += element.dump() + ",";
        }
    } else {
        return wrong_type(field, json, "an array of whole numbers");
    }
    Result<std::vector<std::int64_t>> layers = parse_layers(text);
    if (!layers) {
        return layers.error();
    }
    values = std::move(*layers);
    return {};
}

template <typename Value>
Result<void> read(const TrainField& field, const Json& json, std::map<std::string, Value>& values)
{
    Json object = json;
    if (json.is_string()) {
        Result<detail::StringMap> pairs = parse_pairs(field.key, json.get<std::string>());
        if (!pairs) {
            return pairs.error();
        }
        object = *pairs;
    }
    if (!object.is_object()) {
        return wrong_type(field, json, "an object");
    }
    values.clear();
    for (const auto& [name, element] : object.items()) {
        if (Result<void> entry = read(field, element, values[name]); !entry) {
            return entry;
        }
    }
    return {};
}

template <typename T>
Json written(const TrainField& field, const T& value)
{
    if constexpr (std::is_enum_v<T>) {
        return field.choices[static_cast<std::size_t>(value)];
    } else {
        return value;
    }
}

Json written(const TrainField& /*field*/, const std::vector<Target>& targets)
{
    Json names = Json::array();
    for (const Target target : targets) {
        names.push_back(to_string(target));
    }
    return names;
}

template <typename Value>
Json written(const TrainField& /*field*/, const std::map<std::string, Value>& values)
{
    Json object = Json::object();
    for (const auto& [name, value] : values) {
        object[name] = value;
    }
    return object;
}

Result<void> set_field(TrainConfig& config, const std::string& key, const Json& value)
{
    for (const Entry& entry : detail::train_config_table()) {
        if (entry.field.key == key) {
            return std::visit([&](auto member) { return read(entry.field, value, member(config)); },
                              entry.member);
        }
    }
    return Error{ErrorCode::InvalidConfig,
                 concat(key.substr(0, 60), ": not a setting of a run"),
                 "check the spelling, or remove it"};
}

} // namespace

Result<TrainConfig> TrainConfig::from_json(const Json& json)
{
    if (!json.is_object()) {
        return Error{ErrorCode::InvalidConfig,
                     concat("run.json: found ", json.type_name(), ", wanted an object")};
    }
    TrainConfig config;
    for (const auto& [key, value] : json.items()) {
        if (key == "facts") {
            continue;
        }
        if (Result<void> set = set_field(config, key, value); !set) {
            return set.error();
        }
    }
    return config;
}

Json TrainConfig::to_json() const
{
    Json json = Json::object();
    auto& self = const_cast<TrainConfig&>(*this); // members hand out mutable references; only read
    for (const Entry& entry : detail::train_config_table()) {
        std::visit(
            [&](auto member) {
                json[std::string(entry.field.key)] = written(entry.field, member(self));
            },
            entry.member);
    }
    return json;
}

} // namespace engine
