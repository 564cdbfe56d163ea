// Reads post-processors for one text; what they say of pairs and offsets does not concern us.
#include "engine/tokenizer/post_processor.h"

#include "engine/tokenizer/fields.h"

namespace engine {

namespace {

constexpr std::string_view kPostProcessorPart = "post_processor";

std::int32_t id_of(const Json& value)
{
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > INT32_MAX) {
        fields::fail(ErrorCode::Format, "post_processor: an id of a special token is no id");
    }
    return value.get<std::int32_t>();
}

} // namespace

PostProcessor::PostProcessor(const Json& json, const TokenToId& token_to_id)
{
    if (!json.is_null()) {
        add(json, token_to_id);
    }
}

void PostProcessor::add(const Json& json, const TokenToId& token_to_id)
{
    const std::string& type = fields::type_of(json, kPostProcessorPart);
    if (type == "Sequence") {
        for (const Json& part : fields::parts_of(json, "processors", kPostProcessorPart)) {
            add(part, token_to_id);
        }
    } else if (type == "TemplateProcessing") {
        add_template(json, token_to_id);
    } else if (type == "RobertaProcessing" || type == "BertProcessing") {
        add_pair(json, type);
    } else if (type != "ByteLevel") { // ByteLevel moves offsets only
        fields::refuse(kPostProcessorPart, type);
    }
}

void PostProcessor::add_template(const Json& json, const TokenToId& token_to_id)
{
    std::vector<std::int32_t> before;
    std::vector<std::int32_t> behind;
    bool seen_text = false;
    const Json* specials = fields::find(json, "special_tokens");
    for (const Json& piece : fields::parts_of(json, "single", kPostProcessorPart)) {
        if (fields::find(piece, "Sequence") != nullptr) {
            if (seen_text) {
                fields::refuse(kPostProcessorPart, "TemplateProcessing with the text twice");
            }
            seen_text = true;
            continue;
        }
        const Json& special = fields::need(piece, "SpecialToken", kPostProcessorPart);
        const std::string& name =
            fields::text_of(fields::need(special, "id", kPostProcessorPart), kPostProcessorPart);
        auto& side = seen_text ? behind : before;
        const Json* entry = specials == nullptr ? nullptr : fields::find(*specials, name);
        if (entry != nullptr) {
            for (const Json& id : fields::parts_of(*entry, "ids", kPostProcessorPart)) {
                side.push_back(id_of(id));
            }
        } else if (const auto id = token_to_id(name)) {
            side.push_back(*id);
        } else {
            fields::fail(ErrorCode::Format, concat("post_processor: \"", name, "\" is no token"));
        }
    }
    m_before.insert(m_before.begin(), before.begin(), before.end());
    m_behind.insert(m_behind.end(), behind.begin(), behind.end());
}

// RobertaProcessing and BertProcessing: [cls] text [sep], each as ["<s>", 0].
void PostProcessor::add_pair(const Json& json, std::string_view type)
{
    const auto read = [&](std::string_view key) {
        const Json& pair = fields::need(json, key, kPostProcessorPart);
        if (!pair.is_array() || pair.size() != 2) {
            fields::fail(ErrorCode::Format,
                         concat("post_processor: ", type, ".", key, " is not [text, id]"));
        }
        return id_of(pair[1]);
    };
    m_before.insert(m_before.begin(), read("cls"));
    m_behind.push_back(read("sep"));
}

} // namespace engine
