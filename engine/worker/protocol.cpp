// Commands to and from one JSON line: each command lists its fields once, for both directions.
#include "engine/worker/protocol.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

namespace engine {

namespace {

constexpr std::string_view kCommandNames[] = {
    "train",  "resume_run", "pause",        "continue",       "checkpoint", "sample",  "stop",
    "quit",   "load_model", "load_adapter", "unload_adapter", "generate",   "cancel",  "merge",
    "export", "inspect",    "check",        "estimate",       "devices",    "analyze",
};
static_assert(std::size(kCommandNames) == std::variant_size_v<CommandBody>);

// Reads fields out of a JSON object; keeps the first problem.
class FieldReader
{
public:
    FieldReader(const Json& json, std::string_view command)
        : m_json(json)
        , m_command(command)
    {}

    template <typename T>
    void required(const char* key, T& value)
    {
        if (!m_json.contains(key)) {
            fail(concat(m_command, ": \"", key, "\" is missing"));
            return;
        }
        read(key, m_json[key], value);
    }

    template <typename T>
    void optional(const char* key, T& value)
    {
        if (m_json.contains(key)) {
            read(key, m_json[key], value);
        }
    }

    [[nodiscard]] const std::string& problem() const { return m_problem; }

private:
    void fail(std::string problem)
    {
        if (m_problem.empty()) {
            m_problem = std::move(problem);
        }
    }

    void wrong_type(const char* key, const Json& json, std::string_view wanted)
    {
        fail(concat(m_command, ": \"", key, "\" is ", json.type_name(), ", wanted ", wanted));
    }

    void read(const char* key, const Json& json, std::string& value)
    {
        if (json.is_string()) {
            value = json.get<std::string>();
        } else {
            wrong_type(key, json, "a string");
        }
    }

    void read(const char* key, const Json& json, bool& value)
    {
        if (json.is_boolean()) {
            value = json.get<bool>();
        } else {
            wrong_type(key, json, "true or false");
        }
    }

    void read(const char* key, const Json& json, double& value)
    {
        if (json.is_number()) {
            value = json.get<double>();
        } else {
            wrong_type(key, json, "a number");
        }
    }

    template <typename Integer>
    requires std::is_integral_v<Integer>

    void read(const char* key, const Json& json, Integer& value)
    {
        const bool fits =
            json.is_number_unsigned() || (json.is_number_integer() && std::is_signed_v<Integer>);
        if (fits) {
            value = json.get<Integer>();
        } else {
            wrong_type(key, json, "a whole number");
        }
    }

    void read(const char* key, const Json& json, std::vector<std::int64_t>& values)
    {
        if (!json.is_array()) {
            wrong_type(key, json, "an array of whole numbers");
            return;
        }
        values.clear();
        for (const Json& element : json) {
            read(key, element, values.emplace_back());
        }
    }

    void read(const char* key, const Json& json, std::map<std::string, std::string>& values)
    {
        if (!json.is_object()) {
            wrong_type(key, json, "an object of strings");
            return;
        }
        values.clear();
        for (const auto& [name, element] : json.items()) {
            read(key, element, values[name]);
        }
    }

    void
    read(const char* key, const Json& json, std::vector<std::pair<std::string, std::string>>& turns)
    {
        if (!json.is_array()) {
            wrong_type(key, json, "an array of {\"role\", \"content\"}");
            return;
        }
        turns.clear();
        for (const Json& element : json) {
            if (!element.is_object() || !element.contains("role") || !element.contains("content")) {
                wrong_type(key, element, "{\"role\", \"content\"}");
                return;
            }
            auto& turn = turns.emplace_back();
            read("role", element["role"], turn.first);
            read("content", element["content"], turn.second);
        }
    }

    void read(const char* key, const Json& json, Json& value)
    {
        if (json.is_object()) {
            value = json;
        } else {
            wrong_type(key, json, "an object");
        }
    }

    const Json& m_json;
    std::string_view m_command;
    std::string m_problem;
};

// Writes the same fields.
class FieldWriter
{
public:
    explicit FieldWriter(Json& json)
        : m_json(json)
    {}

    template <typename T>
    void required(const char* key, const T& value)
    {
        m_json[key] = value;
    }

    template <typename T>
    void optional(const char* key, const T& value)
    {
        m_json[key] = value;
    }

    void optional(const char* key, const std::vector<std::pair<std::string, std::string>>& turns)
    {
        Json array = Json::array();
        for (const auto& [role, content] : turns) {
            array.push_back({{"role", role}, {"content", content}});
        }
        m_json[key] = std::move(array);
    }

private:
    Json& m_json;
};

// A command without fields.
template <typename Archive, typename C>
requires std::is_empty_v<std::remove_const_t<C>>

void list_fields(Archive& /*archive*/, C& /*command*/) {}

template <typename C, typename T>
concept Same = std::is_same_v<std::remove_const_t<C>, T>;

template <typename Archive, typename C>

requires(Same<C, TrainCommand> || Same<C, ResumeRunCommand>) void list_fields(Archive& archive,
                                                                              C& command)
{
    archive.required("run_dir", command.run_dir);
}

template <typename Archive, Same<StopCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.optional("save", command.save);
}

template <typename Archive, Same<LoadModelCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("base_model", command.base_model);
    archive.optional("dtype", command.dtype);
    archive.optional("base_quant", command.base_quant);
    archive.optional("device", command.device);
}

template <typename Archive, Same<LoadAdapterCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("key", command.key);
    archive.required("path", command.path);
}

template <typename Archive, Same<UnloadAdapterCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("key", command.key);
}

template <typename Archive, Same<GenerateCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.optional("adapter", command.adapter);
    archive.optional("prompt", command.prompt);
    archive.optional("messages", command.messages);
    archive.optional("chat_format", command.chat_format);
    archive.optional("max_new_tokens", command.sampling.max_new_tokens);
    archive.optional("temperature", command.sampling.temperature);
    archive.optional("top_k", command.sampling.top_k);
    archive.optional("top_p", command.sampling.top_p);
    archive.optional("seed", command.sampling.seed);
    archive.optional("stop_token_ids", command.sampling.stop_token_ids);
}

template <typename Archive, Same<MergeCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("base_model", command.base_model);
    archive.required("adapter", command.adapter);
    archive.required("out", command.out);
    archive.optional("dtype", command.dtype);
    archive.optional("max_shard_bytes", command.max_shard_bytes);
}

template <typename Archive, Same<ExportCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("base_model", command.base_model);
    archive.required("adapter", command.adapter);
    archive.required("format", command.format);
    archive.required("out", command.out);
    archive.optional("dtype", command.dtype);
}

template <typename Archive, Same<InspectCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("path", command.path);
}

template <typename Archive, Same<CheckCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.optional("base_model", command.base_model);
    archive.required("dataset", command.dataset);
    archive.optional("eval_data", command.eval_data);
    archive.optional("format", command.format);
    archive.optional("column_map", command.column_map);
    archive.optional("chat_format", command.chat_format);
    archive.optional("preview_rows", command.preview_rows);
    archive.optional("preview_offset", command.preview_offset);
    archive.optional("seq_len", command.seq_len);
    archive.optional("mask_prompt", command.mask_prompt);
}

template <typename Archive, Same<EstimateCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("config", command.config);
}

template <typename Archive, Same<AnalyzeCommand> C>
void list_fields(Archive& archive, C& command)
{
    archive.required("base_model", command.base_model);
    archive.required("adapter", command.adapter);
}

// The alternative of CommandBody at a run-time index, default constructed.
template <std::size_t... Index>
CommandBody make_body(std::size_t index, std::index_sequence<Index...> /*all*/)
{
    CommandBody body;
    (void)((Index == index && (body.emplace<Index>(), true)) || ...);
    return body;
}

} // namespace

std::string_view name_of(const CommandBody& body)
{
    return kCommandNames[body.index()];
}

Result<Command> parse_command(std::string_view line)
{
    Result<Json> json = parse_json(line, "command");
    if (!json) {
        return json.error();
    }
    if (!json->is_object() || !json->contains("command") || !(*json)["command"].is_string()) {
        return Error{ErrorCode::Format,
                     "command: no \"command\" in the line",
                     "send one JSON object a line, for example {\"command\":\"devices\",\"id\":1}"};
    }
    Command command;
    if (json->contains("id")) {
        if (!(*json)["id"].is_number_integer()) {
            return Error{ErrorCode::Format,
                         concat("command: \"id\" is ",
                                (*json)["id"].type_name(),
                                ", wanted a whole number")};
        }
        command.id = (*json)["id"].get<std::int64_t>();
    }
    const std::string name = (*json)["command"].get<std::string>();
    const auto* const found = std::find(std::begin(kCommandNames), std::end(kCommandNames), name);
    if (found == std::end(kCommandNames)) {
        return Error{ErrorCode::InvalidArgument,
                     concat("command: \"",
                            name.substr(0, 60),
                            "\" is not a command of protocol ",
                            kProtocolVersion)};
    }
    command.body = make_body(static_cast<std::size_t>(found - std::begin(kCommandNames)),
                             std::make_index_sequence<std::variant_size_v<CommandBody>>());
    FieldReader reader(*json, name);
    std::visit([&](auto& body) { list_fields(reader, body); }, command.body);
    if (!reader.problem().empty()) {
        return Error{ErrorCode::InvalidArgument, reader.problem()};
    }
    return command;
}

std::int64_t command_id(std::string_view line)
{
    Result<Json> json = parse_json(line, "command");
    const bool stated =
        json && json->is_object() && json->contains("id") && (*json)["id"].is_number_integer();
    return stated ? (*json)["id"].get<std::int64_t>() : 0;
}

std::string to_line(const Command& command)
{
    Json json = {{"command", name_of(command.body)}, {"id", command.id}};
    FieldWriter writer(json);
    std::visit([&](const auto& body) { list_fields(writer, body); }, command.body);
    return to_line(json);
}

} // namespace engine
