// A tokenizer.json BPE tokenizer: text to ids and back, token for token as Hugging Face's
// tokenizers library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"

namespace engine {

enum class SpecialTokens {
    Parse,  // control tokens in the text become their ids (template text)
    AsText, // they are encoded as ordinary text (user data: nothing in it can forge a control
            // token)
};

class Tokenizer
{
public:
    // Reads tokenizer.json (and tokenizer_config.json, special_tokens_map.json when present) of a
    // model folder. What is not implemented is refused by name. Errors: NotFound, Io, Format,
    // Unsupported.
    [[nodiscard]] static Result<Tokenizer> load(const std::filesystem::path& folder);

    // From the text of a tokenizer.json alone; for tests and fuzzing.
    [[nodiscard]] static Result<Tokenizer> from_json(std::string_view json, std::string_view what);

    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    // Ids of the text. `add_special_tokens` applies the post-processor (BOS, EOS). Linear in the
    // text's length.
    [[nodiscard]] std::vector<std::int32_t>
    encode(std::string_view text,
           bool add_special_tokens,
           SpecialTokens special = SpecialTokens::Parse) const;

    // Text of the ids; invalid UTF-8 becomes U+FFFD. Ids outside the vocabulary are skipped.
    [[nodiscard]] std::string decode(const std::vector<std::int32_t>& ids,
                                     bool skip_special_tokens) const;

    // The piece as the vocabulary spells it ("Ġhello", "▁hello", "<0x0A>"); empty when unknown.
    [[nodiscard]] std::string id_to_token(std::int32_t id) const;
    [[nodiscard]] std::optional<std::int32_t> token_to_id(std::string_view token) const;

    [[nodiscard]] std::int64_t vocab_size() const; // 1 + the largest id, added tokens included
    [[nodiscard]] std::optional<std::int32_t>
    bos_token_id() const; // from the configs; absent when not stated
    [[nodiscard]] std::optional<std::int32_t> eos_token_id() const;
    [[nodiscard]] std::string bos_token() const; // empty when absent
    [[nodiscard]] std::string eos_token() const;
    [[nodiscard]] bool is_special(std::int32_t id) const;
    // The contents of added tokens that are marked special, longest first; for warnings about data.
    [[nodiscard]] const std::vector<std::string>& special_token_texts() const;
    // tokenizer_config.json's chat_template, or chat_template.jinja; empty when there is none.
    [[nodiscard]] const std::string& chat_template() const;

private:
    struct Impl;
    explicit Tokenizer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace engine
