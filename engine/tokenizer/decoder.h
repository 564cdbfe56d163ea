// The "decoder" of a tokenizer.json: pieces back to text.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/core/json.h"
#include "engine/tokenizer/regex.h"

namespace engine {

class Decoder
{
public:
    // From the "decoder" value, null included. Throws EngineError.
    explicit Decoder(const Json& json);

    [[nodiscard]] std::string apply(std::vector<std::string> pieces, RegexScratch& scratch) const;

private:
    struct Bytes
    {};

    struct ByteFallback
    {};

    struct Fuse
    {};

    struct Strip
    {
        std::string content; // one character
        std::int64_t start;  // how many of it at most
        std::int64_t stop;
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

    struct Metaspace
    {
        std::string mark;
        bool prepended;
    };

    using Step =
        std::variant<Bytes, ByteFallback, Fuse, Strip, ReplaceText, ReplaceRegex, Metaspace>;

    void add(const Json& json);
    static void
    apply_step(const Step& step, std::vector<std::string>& pieces, RegexScratch& scratch);

    std::vector<Step> m_steps;
    bool m_is_null = true; // the pieces are then joined by spaces
};

} // namespace engine
