// The data gate as JSON, for the command line and the worker alike.
#include "engine/data/data_gate.h"

namespace engine {

namespace {

Json to_json(const TokenStatistics& tokens)
{
    return {{"examples", tokens.examples},
            {"tokens", tokens.tokens},
            {"targets", tokens.targets},
            {"too_long", tokens.cut},
            {"fully_masked", tokens.fully_masked},
            {"longest", tokens.longest},
            {"percentile_95", tokens.percentile_95}};
}

template <typename Items>
Json list_json(const Items& items)
{
    Json list = Json::array();
    for (const auto& item : items) {
        list.push_back(to_json(item));
    }
    return list;
}

} // namespace

Json to_json(const RowProblem& problem)
{
    return {{"severity", problem.severity == Severity::Error ? "error" : "warning"},
            {"row", problem.row},
            {"code", problem.code},
            {"message", problem.message}};
}

Json to_json(const PreviewRow& row)
{
    Json parts = Json::array();
    for (const RenderedPart& part : row.parts) {
        parts.push_back(
            {{"text", part.text}, {"control", part.control}, {"trained", part.trained}});
    }
    Json tokens = Json::array();
    for (const PreviewToken& token : row.tokens) {
        tokens.push_back({{"id", token.id},
                          {"token", token.token},
                          {"text", token.text},
                          {"trained", token.trained}});
    }
    return {{"row", row.row},
            {"total_tokens", row.total_tokens},
            {"total_targets", row.total_targets},
            {"parts", std::move(parts)},
            {"tokens", std::move(tokens)}};
}

Json to_json(const DataGate& gate)
{
    Json json = {{"verdict", to_string(gate.verdict)}};
    if (gate.file_error) {
        json["error"] = {{"code", to_string(gate.file_error->code)},
                         {"message", gate.file_error->message},
                         {"hint", gate.file_error->hint}};
    }
    json["container"] = gate.container;
    json["format"] = gate.format;
    json["chat_format"] = gate.chat_format;
    json["fingerprint"] = gate.fingerprint;
    json["columns"] = gate.columns;
    json["rows"] = gate.rows;
    json["accepted"] = gate.accepted;
    json["warned"] = gate.warned;
    json["refused"] = gate.refused;
    json["blank"] = gate.blank;
    json["duplicates"] = gate.duplicates;
    json["leaked"] = gate.leaked;
    json["problems"] = list_json(gate.problems);
    if (gate.tokens) {
        json["tokens"] = to_json(*gate.tokens);
        json["seq_len"] = gate.seq_len;
        json["histogram"] = {{"bin_width", gate.bin_width}, {"counts", gate.histogram}};
    }
    json["preview"] = list_json(gate.preview);
    return json;
}

} // namespace engine
