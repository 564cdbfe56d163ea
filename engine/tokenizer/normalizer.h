// The "normalizer" of a tokenizer.json: text to text, before anything is cut.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/json.h"
#include "engine/tokenizer/regex.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

class Normalizer
{
public:
    // From the "normalizer" value, null included. Throws EngineError.
    explicit Normalizer(const Json& json);

    [[nodiscard]] bool empty() const { return m_steps.empty(); }

    [[nodiscard]] std::string apply(std::string_view text, RegexScratch& scratch) const;

private:
    struct Form
    {
        unicode::NormalForm form;
    };

    struct Lowercase
    {};

    struct StripAccents
    {};

    struct Bytes // the byte alphabet
    {};

    struct Strip
    {
        bool left;
        bool right;
    };

    struct Prepend
    {
        std::string text;
    };

    struct ReplaceText
    {
        std::string from;
        std::string to;
    };

    struct ReplaceRegex
    {
        Regex from;
        std::string to;
    };

    using Step = std::
        variant<Form, Lowercase, StripAccents, Bytes, Strip, Prepend, ReplaceText, ReplaceRegex>;

    void add(const Json& json);

    std::vector<Step> m_steps;
};

// `text` with every occurrence of `from` (not empty) as `to`.
[[nodiscard]] std::string
replace_all(std::string_view text, std::string_view from, std::string_view to);

[[nodiscard]] std::string
replace_all(std::string_view text, const Regex& from, std::string_view to, RegexScratch& scratch);

} // namespace engine
