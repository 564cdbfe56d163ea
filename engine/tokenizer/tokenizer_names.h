// What the files beside a tokenizer.json say: the named tokens and the chat template.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace engine {

struct TokenizerNames
{
    std::string bos_token; // empty when no file states it
    std::string eos_token;
    // Every token that a file calls special. They are control tokens even where their entry in
    // added_tokens does not say so.
    std::vector<std::string> control_tokens;
    std::string chat_template;
};

// From tokenizer_config.json, then special_tokens_map.json, each where it exists; the template from
// chat_template.jinja before both. Errors: Io, Format.
[[nodiscard]] Result<TokenizerNames> read_tokenizer_names(const std::filesystem::path& folder);

} // namespace engine
