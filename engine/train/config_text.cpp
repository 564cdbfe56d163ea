// Parsers of the short spellings.
#include "engine/train/config_text.h"

#include <charconv>
#include <set>

#include "engine/core/text.h"

namespace engine {

namespace {

constexpr std::int64_t kMaxLayer =
    100'000; // far above any model; bounds what "0-9999999" expands to

Error invalid(std::string_view subject, std::string_view found, std::string_view wanted)
{
    return {ErrorCode::InvalidConfig, concat(subject, ": \"", found, "\" is not ", wanted)};
}

} // namespace

std::vector<std::string> split_list(std::string_view text)
{
    std::vector<std::string> pieces;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view piece = trimmed(text.substr(0, comma));
        if (!piece.empty()) {
            pieces.emplace_back(piece);
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return pieces;
}

Result<std::vector<Target>> parse_targets(std::string_view text)
{
    if (text == "all-linear") {
        return std::vector<Target>(kAllTargets.begin(), kAllTargets.end());
    }
    if (text == "attention") {
        return std::vector<Target>{Target::QProj, Target::KProj, Target::VProj, Target::OProj};
    }
    std::set<Target> targets;
    for (const std::string& name : split_list(text)) {
        const std::optional<Target> target = parse_target(name);
        if (!target) {
            return invalid("targets",
                           name,
                           "one of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, "
                           "attention, all-linear");
        }
        targets.insert(*target);
    }
    return std::vector<Target>(targets.begin(), targets.end());
}

Result<std::vector<std::int64_t>> parse_layers(std::string_view text)
{
    std::set<std::int64_t> layers;
    for (const std::string& piece : split_list(text)) {
        const std::size_t dash = piece.find('-', 1);
        const std::string first = piece.substr(0, dash);
        const std::string last = dash == std::string::npos ? first : piece.substr(dash + 1);
        const Result<std::int64_t> from = parse_integer("layers", first);
        const Result<std::int64_t> to = parse_integer("layers", last);
        if (!from || !to || *from < 0 || *to < *from || *to > kMaxLayer) {
            return invalid("layers", piece, "a layer number or a range such as 0-3");
        }
        for (std::int64_t layer = *from; layer <= *to; ++layer) {
            layers.insert(layer);
        }
    }
    return std::vector<std::int64_t>(layers.begin(), layers.end());
}

Result<std::map<std::string, std::string>> parse_pairs(std::string_view subject,
                                                       std::string_view text)
{
    std::map<std::string, std::string> pairs;
    for (const std::string& piece : split_list(text)) {
        const std::size_t equals = piece.find('=');
        if (equals == 0 || equals == std::string::npos || equals + 1 == piece.size()) {
            return invalid(subject, piece, "of the form name=value");
        }
        pairs[piece.substr(0, equals)] = piece.substr(equals + 1);
    }
    return pairs;
}

Result<std::int64_t> parse_integer(std::string_view subject, std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size()) {
        return invalid(subject, text, "a whole number");
    }
    return value;
}

Result<double> parse_number(std::string_view subject, std::string_view text)
{
    double value = 0.0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size()) {
        return invalid(subject, text, "a number");
    }
    return value;
}

Result<bool> parse_switch(std::string_view subject, std::string_view text)
{
    if (text == "on" || text == "true") {
        return true;
    }
    if (text == "off" || text == "false") {
        return false;
    }
    return invalid(subject, text, "on or off");
}

} // namespace engine
