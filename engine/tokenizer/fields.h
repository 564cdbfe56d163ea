// Typed access to the fields of a tokenizer's JSON; what is wrong is thrown as an EngineError that
// names the field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/json.h"

namespace engine {

// Ids above this are refused: real vocabularies stay below 2^19.
inline constexpr std::int64_t kMaxTokenId = (1 << 22) - 1;

} // namespace engine

namespace engine::fields {

[[noreturn]] inline void fail(ErrorCode code, std::string message, std::string hint = {})
{
    throw EngineError({code, std::move(message), std::move(hint)});
}

// A part of the format that is not implemented, by its name in the file.
[[noreturn]] inline void refuse(std::string_view part, std::string_view name)
{
    fail(ErrorCode::Unsupported,
         concat(part, ": type \"", name, "\" is not supported"),
         "Byte-level and SentencePiece-style BPE tokenizers are supported.");
}

// The field's value; nullptr when it is absent or null.
[[nodiscard]] inline const Json* find(const Json& object, std::string_view key)
{
    if (!object.is_object()) {
        return nullptr;
    }
    const auto found = object.find(std::string(key));
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

[[nodiscard]] inline const Json&
need(const Json& object, std::string_view key, std::string_view part)
{
    const Json* value = find(object, key);
    if (value == nullptr) {
        fail(ErrorCode::Format, concat(part, ": \"", key, "\" is missing"));
    }
    return *value;
}

[[nodiscard]] inline const std::string& text_of(const Json& value, std::string_view part)
{
    if (!value.is_string()) {
        fail(ErrorCode::Format, concat(part, ": is ", value.type_name(), ", a string is wanted"));
    }
    return value.get_ref<const std::string&>();
}

[[nodiscard]] inline bool
get_bool(const Json& object, std::string_view key, bool fallback, std::string_view part)
{
    const Json* value = find(object, key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_boolean()) {
        fail(ErrorCode::Format,
             concat(part, ": \"", key, "\" is ", value->type_name(), ", true or false is wanted"));
    }
    return value->get<bool>();
}

[[nodiscard]] inline std::string get_string(const Json& object,
                                            std::string_view key,
                                            std::string_view fallback,
                                            std::string_view part)
{
    const Json* value = find(object, key);
    return value == nullptr ? std::string(fallback) : text_of(*value, concat(part, ".", key));
}

[[nodiscard]] inline std::int64_t
get_count(const Json& object, std::string_view key, std::int64_t fallback, std::string_view part)
{
    const Json* value = find(object, key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_number_integer() || value->get<std::int64_t>() < 0) {
        fail(ErrorCode::Format, concat(part, ": \"", key, "\" is not a count"));
    }
    return value->get<std::int64_t>();
}

// The "type" of a stage.
[[nodiscard]] inline const std::string& type_of(const Json& object, std::string_view part)
{
    return text_of(need(object, "type", part), concat(part, ".type"));
}

// The parts of a Sequence, under any of the names it goes by.
[[nodiscard]] inline const Json&
parts_of(const Json& object, std::string_view key, std::string_view part)
{
    const Json& parts = need(object, key, part);
    if (!parts.is_array()) {
        fail(ErrorCode::Format,
             concat(part, ": \"", key, "\" is ", parts.type_name(), ", not a list"));
    }
    return parts;
}

} // namespace engine::fields
