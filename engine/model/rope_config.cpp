// rope_scaling, rope_theta and rope_parameters to RopeConfig.
#include "engine/model/rope_config.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace engine {

namespace {

constexpr double kMaxTheta = 1e15;
constexpr double kMaxFactor = 1e6;
constexpr double kMaxRotations = 1e6;
constexpr std::string_view kSupported =
    "\"default\", \"linear\", \"llama3\" and \"yarn\" are computed";

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

// What multiplies cos and sin: the value stated, or 0.1 ln(factor) + 1 (arXiv 2309.00071, section
// 3.4), or, where both mscale are stated, the ratio of two such.
double attention_factor(ConfigReader& reader, double factor)
{
    const auto scale = [factor](double mscale) {
        return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
    };
    const double mscale = reader.number("mscale", 0.0, 0.0, kMaxFactor);
    const double mscale_all_dim = reader.number("mscale_all_dim", 0.0, 0.0, kMaxFactor);
    const double usual =
        mscale != 0.0 && mscale_all_dim != 0.0 ? scale(mscale) / scale(mscale_all_dim) : scale(1.0);
    return reader.number("attention_factor", usual, 1e-6, kMaxFactor);
}

void read_llama3(ConfigReader& reader, RopeConfig& rope)
{
    rope.low_freq_factor = required_factor(reader, "low_freq_factor");
    rope.high_freq_factor = required_factor(reader, "high_freq_factor");
    if (reader.ok() && !(rope.high_freq_factor > rope.low_freq_factor)) {
        reader.fail(ErrorCode::InvalidConfig,
                    "high_freq_factor",
                    concat("is ",
                           rope.high_freq_factor,
                           ", wanted more than low_freq_factor ",
                           rope.low_freq_factor));
    }
}

void read_yarn(ConfigReader& reader, RopeConfig& rope)
{
    rope.attention_factor = attention_factor(reader, rope.factor);
    rope.beta_fast = reader.number("beta_fast", rope.beta_fast, 1e-6, kMaxRotations);
    rope.beta_slow = reader.number("beta_slow", rope.beta_slow, 1e-6, kMaxRotations);
    rope.truncate = reader.boolean("truncate", rope.truncate);
    if (reader.ok() && !(rope.theta > 1.0)) {
        reader.fail(ErrorCode::InvalidConfig,
                    "rope_theta",
                    concat("is ", rope.theta, ", wanted more than 1 for \"yarn\""));
    }
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
    } else if (type == "yarn") {
        rope.type = RopeType::Yarn;
        refuse_unknown_keys(reader,
                            *object,
                            where,
                            {"factor",
                             "original_max_position_embeddings",
                             "attention_factor",
                             "mscale",
                             "mscale_all_dim",
                             "beta_fast",
                             "beta_slow",
                             "truncate"});
    } else {
        reader.fail(ErrorCode::Unsupported,
                    where,
                    concat("has rope_type ", shown(Json(type)), "; ", kSupported));
        return rope;
    }
    rope.factor = required_factor(inner, "factor");
    if (rope.type != RopeType::Linear) {
        // A value at the top level of config.json wins in transformers.
        rope.original_max_position_embeddings = reader.integer(
            "original_max_position_embeddings",
            inner.integer(
                "original_max_position_embeddings", max_position_embeddings, 1, INT32_MAX),
            1,
            INT32_MAX);
    }
    if (rope.type == RopeType::Llama3) {
        read_llama3(inner, rope);
    } else if (rope.type == RopeType::Yarn) {
        read_yarn(inner, rope);
    }
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
        break;
    case RopeType::Linear:
        return {{"rope_type", "linear"}, {"factor", rope.factor}};
    case RopeType::Llama3:
        return {{"rope_type", "llama3"},
                {"factor", rope.factor},
                {"low_freq_factor", rope.low_freq_factor},
                {"high_freq_factor", rope.high_freq_factor},
                {"original_max_position_embeddings", rope.original_max_position_embeddings}};
    case RopeType::Yarn:
        return {{"rope_type", "yarn"},
                {"factor", rope.factor},
                {"original_max_position_embeddings", rope.original_max_position_embeddings},
                {"attention_factor", rope.attention_factor},
                {"beta_fast", rope.beta_fast},
                {"beta_slow", rope.beta_slow},
                {"truncate", rope.truncate}};
    }
    return nullptr;
}

} // namespace engine
