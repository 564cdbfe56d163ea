// Reads tokenizer_config.json, special_tokens_map.json and chat_template.jinja.
#include "engine/tokenizer/tokenizer_names.h"

#include <utility>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/tokenizer/fields.h"

namespace engine {

namespace {

// The text of a special token, which is a string or an AddedToken object; empty when absent.
std::string special_text(const Json& config, std::string_view key)
{
    const Json* value = fields::find(config, key);
    if (value != nullptr && value->is_object()) {
        value = fields::find(*value, "content");
    }
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

// A config's chat template; of a list of named ones that called "default".
std::string chat_template_of(const Json& config)
{
    const Json* value = fields::find(config, "chat_template");
    if (value == nullptr || !value->is_array()) {
        return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
    }
    for (const Json& entry : *value) {
        if (special_text(entry, "name") == "default") {
            return special_text(entry, "template");
        }
    }
    return {};
}

void add_names(const Json& config, TokenizerNames& names)
{
    const auto take = [](std::string& field, std::string value) {
        if (field.empty()) {
            field = std::move(value);
        }
    };
    take(names.bos_token, special_text(config, "bos_token"));
    take(names.eos_token, special_text(config, "eos_token"));
    take(names.chat_template, chat_template_of(config));
    for (const std::string_view key : {"bos_token", "eos_token", "pad_token", "unk_token"}) {
        names.control_tokens.push_back(special_text(config, key));
    }
}

} // namespace

Result<TokenizerNames> read_tokenizer_names(const std::filesystem::path& folder)
{
    TokenizerNames names;
    Result<std::string> separate = read_file(folder / "chat_template.jinja");
    if (!separate && separate.error().code != ErrorCode::NotFound) {
        return separate.error();
    }
    if (separate) {
        names.chat_template = std::move(*separate);
    }
    for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
        const Result<Json> config = read_json_file(folder / name);
        if (config) {
            add_names(*config, names);
        } else if (config.error().code != ErrorCode::NotFound) {
            return config.error();
        }
    }
    return names;
}

} // namespace engine
