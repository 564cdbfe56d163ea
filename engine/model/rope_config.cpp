// rope_scaling, rope_theta and rope_parameters to RopeConfig.
#include "engine/model/rope_config.h"

#include <algorithm>
#include <initializer_list>

namespace engine {

namespace {

constexpr double kMaxTheta = 1e15;
constexpr double kMaxFactor = 1e6;
// rope_table.cpp has formulas for more types; these were compared in whole models.
constexpr std::string_view kSupported = "\"default\", \"linear\" and \"llama3\" are computed";

// Every other key could change the frequencies.
void refuse_unknown_keys(ConfigReader& reader,
                         const Json& object,
                         std::string_view where,
                         std::initializer_list<std::string_view> known)
{
    for (const auto& [key, value] : object.items()) {
        const bool always = key == "rope_type" || key == "type" || key == "rope_theta";
        if (always || value.is_null()
            || std::find(known.begin(), known.end(), key) != known.end()) {
            continue;
        }
        const bool neutral =
            key == "partial_rotary_factor" && value.is_number() && value.get<double>() == 1.0;
        if (!neutral) {
            reader.fail(
                ErrorCode::Unsupported,
                where,
                concat("holds ", shown(Json(key)), ": ", shown(value), ", which is not computed"));
            return;
        }
    }
}

double required_factor(ConfigReader& reader, std::string_view key)
{
    if (reader.find(key) == nullptr) {
        reader.fail(ErrorCode::InvalidConfig, key, "is missing");
    }
    return reader.number(key, 0.0, 1e-6, kMaxFactor);
}

} // namespace

RopeConfig read_rope_config(ConfigReader& reader, std::int64_t max_position_embeddings)
{
    RopeConfig rope;
    rope.theta = reader.number("rope_theta", 10000.0, 1.0, kMaxTheta);
    // transformers lets a rope_scaling that is set win over rope_parameters.
    std::string_view where = "rope_scaling";
    const Json* object = reader.find(where);
    if (object == nullptr || (object->is_object() && object->empty())) {
        where = "rope_parameters";
        object = reader.find(where);
    }
    if (object == nullptr || !reader.ok()) {
        return rope;
    }
    ConfigReader inner(*object, concat(reader.what(), ": ", where));
    rope.theta = inner.number("rope_theta", rope.theta, 1.0, kMaxTheta);
    const std::string type = inner.text("rope_type", inner.text("type", "default"));
    if (!inner.ok()) {
        reader.fail(ErrorCode::InvalidConfig, where, concat("is ", shown(*object)));
        return rope;
    }
    if (type == "default") {
        // A factor beside the default type has no effect in transformers either.
        refuse_unknown_keys(reader, *object, where, {"factor"});
        return rope;
    }
    if (type == "linear") {
        rope.type = RopeType::Linear;
        refuse_unknown_keys(reader, *object, where, {"factor"});
    } else if (type == "llama3") {
        rope.type = RopeType::Llama3;
        refuse_unknown_keys(
            reader,
            *object,
            where,
            {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"});
        rope.low_freq_factor = required_factor(inner, "low_freq_factor");
        rope.high_freq_factor = required_factor(inner, "high_freq_factor");
        rope.original_max_position_embeddings = inner.integer(
            "original_max_position_embeddings", max_position_embeddings, 1, INT32_MAX);
        if (inner.ok() && !(rope.high_freq_factor > rope.low_freq_factor)) {
            inner.fail(ErrorCode::InvalidConfig,
                       "high_freq_factor",
                       concat("is ",
                              rope.high_freq_factor,
                              ", wanted more than low_freq_factor ",
                              rope.low_freq_factor));
        }
        // A value at the top level of config.json wins in transformers.
        rope.original_max_position_embeddings =
            reader.integer("original_max_position_embeddings",
                           rope.original_max_position_embeddings,
                           1,
                           INT32_MAX);
    } else {
        reader.fail(ErrorCode::Unsupported,
                    where,
                    concat("has rope_type ", shown(Json(type)), "; ", kSupported));
        return rope;
    }
    rope.factor = required_factor(inner, "factor");
    if (!inner.ok()) {
        const std::string& message = inner.error().message;
        reader.fail(inner.error().code, where, message.substr(inner.what().size() + 2));
    }
    return rope;
}

Json rope_scaling_json(const RopeConfig& rope)
{
    switch (rope.type) {
    case RopeType::Default:
        return nullptr;
    case RopeType::Linear:
        return {{"rope_type", "linear"}, {"factor", rope.factor}};
    case RopeType::Llama3:
        return {{"rope_type", "llama3"},
                {"factor", rope.factor},
                {"low_freq_factor", rope.low_freq_factor},
                {"high_freq_factor", rope.high_freq_factor},
                {"original_max_position_embeddings", rope.original_max_position_embeddings}};
    case RopeType::Yarn:
    case RopeType::Dynamic:
        break;
    }
    throw EngineError({ErrorCode::Unsupported, "rope_scaling: this type is not written"});
}

} // namespace engine
